/** The programs that bring an object to a file, each with the flags that make it comparable. */
import { rmSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import { BenchError } from "./BenchError.ts"
import * as Content from "./Content.ts"
import type { Ours } from "./Ours.ts"
import * as Process from "./Process.ts"
import { credentials, type Served } from "./Server.ts"
import type { Contender, Sample } from "./Work.ts"

export interface Downloader {
  readonly name: string
  readonly command: (served: Served, target: string) => Process.Command
  /** Seconds that the program itself has counted, without its start-up. */
  readonly inner?: (stdout: string) => number
}

/** `FileDownload` in a program of a few lines, with as many connections as it finds to pay, or with one. */
export const library = (ours: Ours, cert: string, connections?: 1): Downloader => ({
  name: connections === undefined ? "library" : oneConnection,
  command: ({ url }, target) => ({
    ...ours.worker("download", [url, target, ...(connections === undefined ? [] : [String(connections)])]),
    env: { NODE_EXTRA_CA_CERTS: cert }
  }),
  inner: (stdout) => {
    const { seconds }: { readonly seconds: number } = JSON.parse(stdout)
    return seconds
  }
})

export const oneConnection = "library, 1 connection"

/** `scenario-assets download --job`, which first asks the API where the archive is. */
export const binary = (ours: Ours, cert: string): Downloader => ({
  name: "scenario-assets",
  command: ({ apiUrl, jobId }, target) => ({
    ...ours.binary([
      "download",
      "--job",
      jobId,
      "--base-url",
      apiUrl,
      "--quiet",
      "--output",
      path.dirname(target),
      "--archive",
      path.basename(target)
    ]),
    env: {
      NODE_EXTRA_CA_CERTS: cert,
      SCENARIO_SDK_API_KEY: credentials.apiKey,
      SCENARIO_SDK_API_SECRET: credentials.apiSecret
    }
  })
})

/** `-q` keeps the machine's own settings out. */
export const curl = (cert: string): Downloader => ({
  name: "curl",
  command: ({ url }, target) => ({
    file: "curl",
    args: ["-q", "-sS", "--fail", "--cacert", cert, "--write-out", "%{time_total}", "--output", target, url]
  }),
  inner: Number
})

/** curl, and what it wrote on the disk: what ours promise. */
export const curlAndSync = (cert: string): Downloader => ({
  name: "curl && sync",
  command: (served, target) => {
    const { args, file } = curl(cert).command(served, target)
    return { file: "sh", args: ["-c", '"$@" && sync "$0"', target, file, ...args] }
  }
})

/** aria2 with so many connections. Allocating the file beforehand would be work that the others do not do. */
export const aria2 = (cert: string, connections: 1 | 8): Downloader => ({
  name: aria2Name(connections),
  command: ({ url }, target) => ({
    file: "aria2c",
    args: [
      "--no-conf=true",
      "--quiet=true",
      "--file-allocation=none",
      "--allow-overwrite=true",
      `--ca-certificate=${cert}`,
      `-x${connections}`,
      `-s${connections}`,
      "--min-split-size=1M",
      `--dir=${path.dirname(target)}`,
      `--out=${path.basename(target)}`,
      url
    ]
  })
})

export const aria2Name = (connections: 1 | 8): string => `aria2c -x${connections} -s${connections}`

/** The downloads of one object by one program, each to a new file that is gone afterwards. */
export const contender = (downloader: Downloader, served: Served, directory: string): Contender => {
  const target = path.join(directory, "downloaded.zip")
  const { inner, name } = downloader
  return {
    name,
    run: Effect.fnUntraced(
      function* (first): Effect.fn.Return<Sample, BenchError> {
        yield* Content.makeSureOfSpace(target, served.bytes)
        const { stdout, ...cost } = yield* Process.run(downloader.command(served, target))
        yield* examine(name, target, served, first)
        return { ...cost, inner: inner?.(stdout) }
      },
      Effect.ensuring(Effect.sync(() => rmSync(target, { force: true })))
    )
  }
}

/** The length each time; every byte the first time. */
const examine = Effect.fnUntraced(function* (name: string, target: string, served: Served, first: boolean) {
  const bytes = Content.size(target)
  if (bytes !== served.bytes) {
    return yield* new BenchError({ message: `${name} left ${bytes} bytes where ${served.bytes} were due.` })
  }
  if (first && (yield* Content.sha256(target)) !== served.sha256) {
    return yield* new BenchError({ message: `${name} left other bytes than those that were served.` })
  }
})
