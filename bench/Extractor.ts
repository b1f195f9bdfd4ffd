/** The programs that bring the files of an archive to a directory, while it arrives or afterwards. */
import { mkdirSync, rmSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import { BenchError } from "./BenchError.ts"
import * as Content from "./Content.ts"
import type { Ours } from "./Ours.ts"
import * as Process from "./Process.ts"
import { credentials, type Place } from "./Server.ts"
import * as Tree from "./Tree.ts"
import type { Contender, Sample } from "./Work.ts"
import type { Written } from "./ZipWriter.ts"

export interface Extractor {
  readonly name: string
  /** `spare` is a path for whoever needs the archive as a file. */
  readonly command: (place: Place, directory: string, spare: string) => Process.Command
  /** Seconds that the program itself has counted, without its start-up. */
  readonly inner?: (stdout: string) => number
  /** It keeps the archive at `spare`, and extracts nothing. */
  readonly isKept?: true
}

/** `Extraction.run` in a program of a few lines. */
export const library = (ours: Ours, cert: string): Extractor => ({
  name: "library",
  command: ({ url }, directory) => ({
    ...ours.worker("extract", [url, directory]),
    env: { NODE_EXTRA_CA_CERTS: cert }
  }),
  inner: (stdout) => {
    const { seconds }: { readonly seconds: number } = JSON.parse(stdout)
    return seconds
  }
})

/** `scenario-assets download --job`, which first asks the API where the archive is. */
export const binary = (ours: Ours, cert: string): Extractor => ({
  name: "scenario-assets",
  command: ({ apiUrl, jobId }, directory) => ({
    ...ours.binary(["download", "--job", jobId, "--base-url", apiUrl, "--quiet", "--output", directory]),
    env: {
      NODE_EXTRA_CA_CERTS: cert,
      SCENARIO_SDK_API_KEY: credentials.apiKey,
      SCENARIO_SDK_API_SECRET: credentials.apiSecret
    }
  })
})

/** The archive as a file, by the library: what the way there costs alone. */
export const archiveFile = (ours: Ours, cert: string): Extractor => ({
  ...library(ours, cert),
  name: archiveFileName,
  command: ({ url }, _directory, spare) => ({
    ...ours.worker("download", [url, spare]),
    env: { NODE_EXTRA_CA_CERTS: cert }
  }),
  isKept: true
})
export const archiveFileName = "library, the archive as a file"

/** `-q` keeps the machine's own settings out. */
const curl = `curl -q -sS --fail --cacert "$1"`

/** bsdtar reads the archive from front to back, so that it need not wait for its end. */
export const bsdtar = (cert: string): Extractor => ({
  name: bsdtarName,
  command: ({ url }, directory) => Process.shell(`${curl} "$2" | bsdtar -x -f - -C "$3"`, [cert, url, directory])
})
export const bsdtarName = "curl | bsdtar"

/** unzip begins with the directory of the archive, which stands at its end. */
export const unzip = (cert: string): Extractor => ({
  name: unzipName,
  command: ({ url }, directory, spare) =>
    Process.shell(`${curl} --output "$4" "$2" && unzip -q "$4" -d "$3"`, [cert, url, directory, spare])
})
export const unzipName = "curl, then unzip"

/** The extractions of one archive by one program, each into a new directory below `parent`, where it is left empty. */
export const contender = (extractor: Extractor, archive: Place & Written, parent: string): Contender => {
  const { inner, isKept, name } = extractor
  let runs = 0
  return {
    name,
    run: Effect.fnUntraced(function* (first): Effect.fn.Return<Sample, BenchError> {
      const directory = path.join(parent, `${name.replace(/\W+/g, "-")}-${runs++}`)
      const spare = `${directory}.zip`
      yield* Content.makeSureOfSpace(directory, spaceOf(archive), archive.files)
      return yield* Effect.gen(function* () {
        mkdirSync(directory)
        yield* Tree.settle(parent)
        const control = yield* Tree.secondsPerFile(`${directory}-control`)
        const { stdout, ...cost } = yield* Process.run(extractor.command(archive, directory, spare))
        if (isKept === undefined) yield* examine(name, directory, archive, first)
        else if (Content.size(spare) !== archive.length) {
          return yield* new BenchError({ message: `${name} left another archive than the one that was served.` })
        }
        return { ...cost, inner: inner?.(stdout), control }
      }).pipe(
        Effect.ensuring(Effect.sync(() => rmSync(spare, { force: true }))),
        Effect.ensuring(Effect.ignore(Tree.empty(directory)))
      )
    })
  }
}

/** Files take up whole blocks; and once there is also the archive itself. */
const spaceOf = ({ bytes, files, length }: Written): number => bytes + files * 4096 + length

/** The number of files and bytes each time; every name and every byte the first time. */
const examine = Effect.fnUntraced(function* (name: string, directory: string, due: Tree.Tree, first: boolean) {
  const { bytes, files } = yield* Tree.measure(directory)
  if (files !== due.files || bytes !== due.bytes) {
    return yield* new BenchError({
      message: `${name} left ${files} files with ${bytes} bytes where ${due.files} with ${due.bytes} were due.`
    })
  }
  if (first && (yield* Tree.sha256(directory)) !== due.sha256) {
    return yield* new BenchError({ message: `${name} left other files than those that were served.` })
  }
})
