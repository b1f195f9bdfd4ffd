/** What is measured of transfers, with the bars of the project. Each work begins by having its objects served. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BenchError } from "./BenchError.ts"
import type { Certificate } from "./Certificate.ts"
import * as Downloader from "./Downloader.ts"
import * as FarProxy from "./FarProxy.ts"
import { costs, show, showSeconds, timeRatio } from "./Figures.ts"
import type { Peers } from "./Machine.ts"
import type { Ours } from "./Ours.ts"
import * as Process from "./Process.ts"
import { type Served, type Server, slowRate } from "./Server.ts"
import * as Units from "./Units.ts"
import { type Column, type Contender, type Medians, ratio, type Sample, type Verdict, type Work } from "./Work.ts"

export interface Settings {
  readonly directory: string
  readonly rounds: number
  /** Bytes of the works a and b; c has a quarter of it, d an eighth. */
  readonly size: number
  readonly ours: Ours
  readonly server: Server
  readonly certificate: Certificate
  readonly peers: Peers
}

type Make = (settings: Settings) => Effect.Effect<Work, BenchError, Scope.Scope>

const gibibyte = 1024 * Units.mebibyte

/** Milliseconds from here to the far server and back. */
const roundTrip = 50

const programs = ({ certificate: { cert }, ours, peers }: Settings, connections: 1 | 8) => {
  const present = [
    Downloader.library(ours, cert),
    Downloader.binary(ours, cert),
    ...(peers.curl === undefined ? [] : [Downloader.curl(cert), Downloader.curlAndSync(cert)]),
    ...(peers.aria2c === undefined ? [] : [Downloader.aria2(cert, connections)])
  ]
  const missing = [
    ...(peers.curl === undefined ? ["curl"] : []),
    ...(peers.aria2c === undefined ? [Downloader.aria2Name(connections)] : [])
  ]
  return { present, missing: missing.map((name) => `${name} is missing on this machine and is not compared with`) }
}

const toFile =
  (id: string, scheme: "HTTPS" | "HTTP", limit: number): Make =>
  (settings) =>
    Effect.gen(function* () {
      const served = yield* settings.server.serve({ bytes: settings.size, tls: scheme === "HTTPS" })
      const { missing, present } = programs(settings, 1)
      const { certificate, ours } = settings
      const all = [Downloader.library(ours, certificate.cert, 1), ...present]
      const bar = { relation: "≤", limit } as const
      const note = settings.size === 2 * gibibyte ? undefined : "the bar is meant for 2 GiB"
      return {
        id,
        title: `${Units.formatSize(settings.size)} to a file, ${scheme}`,
        rounds: settings.rounds,
        contenders: all.map((program) => Downloader.contender(program, served, settings.directory)),
        columns: columnsOf(served),
        judge: (median) => [
          timeRatio(median, "library", "curl", "wall", { bar, note }),
          timeRatio(median, "library", "curl", "inner"),
          timeRatio(median, Downloader.oneConnection, "curl", "wall"),
          timeRatio(median, Downloader.oneConnection, "curl", "inner"),
          timeRatio(median, "scenario-assets", "curl", "wall", { bar, note }),
          timeRatio(median, "library", Downloader.aria2Name(1), "wall")
        ],
        missing
      }
    })

const slowConnections: Make = (settings) =>
  Effect.gen(function* () {
    const served = yield* settings.server.serve({ bytes: Math.floor(settings.size / 4), tls: true, slow: true })
    const { missing, present } = programs(settings, 8)
    const aria2 = Downloader.aria2Name(8)
    const throughput = (median: Medians, name: string): Verdict => ({
      what: `throughput of ${name} ÷ ${aria2}`,
      value: ratio(median(aria2, "wall"), median(name, "wall")),
      bar: { relation: "≥", limit: 0.95 },
      note: settings.size === 2 * gibibyte ? undefined : "the bar is meant for 512 MiB"
    })
    return {
      id: "c",
      title: `${Units.formatSize(served.bytes)} from a server that gives each connection ${slowRate / 1e6} MB/s, HTTPS`,
      rounds: settings.rounds,
      contenders: present.map((program) => Downloader.contender(program, served, settings.directory)),
      columns: columnsOf(served),
      judge: (median) => [throughput(median, "library"), throughput(median, "scenario-assets")],
      missing
    }
  })

const farServer: Make = (settings) =>
  Effect.gen(function* () {
    const near = yield* settings.server.serve({ bytes: Math.floor(settings.size / 8), tls: true })
    const far = new URL(near.url)
    far.port = String(yield* FarProxy.make(Number(far.port), roundTrip))
    const served = { ...near, url: far.href }
    const { missing, present } = programs(settings, 8)
    return {
      id: "d",
      title: `${Units.formatSize(served.bytes)} from a server ${roundTrip} ms away, HTTPS`,
      rounds: settings.rounds,
      // The binary learns the link from the API, which knows nothing of the way there.
      contenders: present
        .filter(({ name }) => name !== "scenario-assets")
        .map((program) => Downloader.contender(program, served, settings.directory)),
      columns: columnsOf(served),
      judge: (median) => [
        timeRatio(median, "library", "curl", "wall"),
        timeRatio(median, "library", "curl", "inner"),
        timeRatio(median, "library", Downloader.aria2Name(8), "wall")
      ],
      missing
    }
  })

const memory: Make = (settings) =>
  Effect.gen(function* () {
    const library = Downloader.library(settings.ours, settings.certificate.cert)
    const contenders = yield* Effect.forEach([gibibyte / 2, 8 * gibibyte], (bytes) =>
      Effect.map(settings.server.serve({ bytes, tls: true, sparse: true }), (served) => ({
        ...Downloader.contender(library, served, settings.directory),
        name: `library, ${Units.formatSize(bytes)}`
      }))
    )
    const peak = (median: Medians, size: string) => median(`library, ${size}`, "peak")
    return {
      id: "e",
      title: "peak memory of a download to a file, HTTPS",
      rounds: Math.min(settings.rounds, 3),
      contenders,
      columns: costs,
      judge: (median) => [
        {
          what: "peak of library at 8 GiB",
          value: ratio(peak(median, "8 GiB"), Units.mebibyte),
          unit: "MiB",
          bar: { relation: "≤", limit: 200 }
        },
        {
          what: "peak of library, 8 GiB ÷ 512 MiB",
          value: ratio(peak(median, "8 GiB"), peak(median, "512 MiB")),
          bar: { relation: "≤", limit: 1.1 }
        }
      ],
      missing: []
    }
  })

/** The calls of a fresh process, and as many again, when the program is warm. */
const statusCalls: Make = (settings) =>
  Effect.gen(function* () {
    const { apiUrl, jobId } = yield* settings.server.serve({ bytes: Units.mebibyte, tls: true })
    const caller = (name: string, worker: string): Contender => ({
      name,
      run: () =>
        Effect.map(
          Process.run({
            ...settings.ours.worker(worker, [apiUrl, jobId, "2", "16"]),
            env: { NODE_EXTRA_CA_CERTS: settings.certificate.cert }
          }),
          ({ stdout, ...cost }): Sample => {
            const { seconds }: { readonly seconds: ReadonlyArray<number> } = JSON.parse(stdout)
            return { ...cost, first: seconds[0], second: seconds[1] }
          }
        )
    })
    const rate = (median: Medians, figure: string) => ratio(median("undici", figure), median("library", figure))
    return {
      id: "f",
      title: "1000 getStatus calls, 16 at a time, HTTPS",
      rounds: settings.rounds,
      contenders: [caller("library", "getStatus"), caller("undici", "undici")],
      columns: [
        { title: "first 1000", show: ({ first }) => showSeconds(first) },
        { title: "second 1000", show: ({ second }) => showSeconds(second) },
        { title: "calls/s", show: ({ first }) => show(ratio(1000, first), 0) },
        ...costs.slice(1)
      ],
      judge: (median) => [
        { what: "calls/s of library ÷ undici", value: rate(median, "first") },
        { what: "the same for the second thousand", value: rate(median, "second") }
      ],
      missing: []
    }
  })

/** All works, by the letter that asks for them. */
export const all: Readonly<Record<string, Make>> = {
  a: toFile("a", "HTTPS", 1),
  b: toFile("b", "HTTP", 1.3),
  c: slowConnections,
  d: farServer,
  e: memory,
  f: statusCalls
}

const columnsOf = ({ bytes }: Served): ReadonlyArray<Column> => [
  ...costs.slice(0, 1),
  { title: "MB/s", show: ({ wall }) => show(ratio(bytes / 1e6, wall), 0) },
  { title: "without start-up", show: ({ inner }) => showSeconds(inner) },
  ...costs.slice(1)
]
