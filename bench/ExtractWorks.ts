/** What is measured of extractions, with the bars of the project. Each work begins by writing its archive. */
import { mkdirSync, rmSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BenchError } from "./BenchError.ts"
import type { Certificate } from "./Certificate.ts"
import * as Content from "./Content.ts"
import * as Entries from "./Entries.ts"
import * as Extractor from "./Extractor.ts"
import { costs, show, showSeconds, timeRatio } from "./Figures.ts"
import type { Peers } from "./Machine.ts"
import type { Nginx } from "./Nginx.ts"
import type { Ours } from "./Ours.ts"
import { slowRate } from "./Server.ts"
import * as Tree from "./Tree.ts"
import * as Units from "./Units.ts"
import { type Column, type Medians, ratio, type Verdict, type Work } from "./Work.ts"
import * as ZipWriter from "./ZipWriter.ts"

export interface Settings {
  readonly directory: string
  readonly rounds: number
  /** Bytes that the archives of the works g and h hold. */
  readonly size: number
  readonly ours: Ours
  readonly server: Nginx
  readonly certificate: Certificate
  readonly peers: Peers
}

type Make = (settings: Settings) => Effect.Effect<Work, BenchError, Scope.Scope>

/** What distinguishes the works. */
interface Kind {
  readonly id: string
  /** Of the archive, for the server. */
  readonly name: string
  readonly title: (written: ZipWriter.Written) => string
  /** About so many bytes are in the entries. */
  readonly bytes: number
  readonly entries: Iterable<Entries.Entry>
  /** Each connection gets `slowRate`. */
  readonly isSlow?: true
  /** The most that ours may take, in times of the peer. */
  readonly bars: { readonly bsdtar?: number; readonly unzip?: number; readonly archiveFile?: number }
  readonly note?: string | undefined
}

const smallFiles = 50_000

const kinds: Readonly<Record<string, (settings: Settings) => Kind>> = {
  g: ({ size }) => ({
    id: "g",
    name: "images",
    title: ({ files }) => `${Units.formatSize(size)} of images to a directory, ${files} files, HTTPS`,
    bytes: size,
    entries: Entries.images(size),
    bars: { bsdtar: 1, unzip: 0.5 },
    note: size === 1024 * Units.mebibyte ? undefined : "the bar is meant for 1 GiB"
  }),
  h: ({ size }) => ({
    id: "h",
    name: "models",
    title: ({ bytes, files, length }) =>
      `${Units.formatSize(size)} of models as text to a directory, ${files} files, ${(bytes / length).toFixed(1)}:1, HTTPS`,
    bytes: size,
    entries: Entries.models(size),
    bars: {}
  }),
  i: () => ({
    id: "i",
    name: "small",
    title: ({ bytes, files }) => `${files} small files to a directory, ${Units.formatSize(bytes)}, HTTPS`,
    bytes: smallFiles * 4096,
    entries: Entries.smallFiles(smallFiles),
    bars: { bsdtar: 1.2 },
    note: "the bar is meant for a disk; in RAM, where the peers wait for nothing, it is 1.8"
  }),
  l: ({ size }) => ({
    id: "l",
    name: "slow",
    title: ({ files }) =>
      `${Units.formatSize(size / 2)} of images to a directory, ${files} files, from a server that gives each connection ${slowRate / 1e6} MB/s, HTTPS`,
    bytes: size / 2,
    entries: Entries.images(size / 2),
    isSlow: true,
    bars: { archiveFile: 1.3 },
    note: size === 1024 * Units.mebibyte ? undefined : "the bar is meant for 512 MiB"
  })
}

const programs = ({ certificate: { cert }, ours, peers }: Settings, { isSlow }: Kind) => {
  const candidates = [
    { extractor: Extractor.bsdtar(cert), needs: ["curl", "bsdtar"] },
    { extractor: Extractor.unzip(cert), needs: ["curl", "unzip"] }
  ] as const
  const lacking = candidates.map(({ extractor, needs }) => ({
    extractor,
    lacks: needs.filter((name) => peers[name] === undefined)
  }))
  return {
    present: [
      Extractor.library(ours, cert),
      Extractor.binary(ours, cert),
      ...(isSlow === undefined ? [] : [Extractor.archiveFile(ours, cert)]),
      ...lacking.flatMap(({ extractor, lacks }) => (lacks.length === 0 ? [extractor] : []))
    ],
    missing: lacking.flatMap(({ extractor, lacks }) =>
      lacks.length === 0
        ? []
        : [`"${extractor.name}" is not compared with, for want of ${lacks.join(" and ")} on this machine`]
    )
  }
}

const make =
  (kindOf: (settings: Settings) => Kind): Make =>
  (settings) =>
    Effect.gen(function* () {
      const kind = kindOf(settings)
      const { bars, bytes, entries, id, isSlow, name, note, title } = kind
      const archive = yield* settings.server.serveFile(name, isSlow === undefined ? "full" : "slow", (file) =>
        Effect.andThen(Content.makeSureOfSpace(file, bytes), ZipWriter.write(file, entries))
      )
      const { missing, present } = programs(settings, kind)
      const parent = yield* directoryOfAll(path.join(settings.directory, name))
      // All files stay, although empty, until the work is done.
      const inodes = (archive.files + Tree.controlFiles) * present.length * (settings.rounds + 1)
      yield* Content.makeSureOfSpace(path.join(parent, name), 0, inodes)

      const against = (median: Medians, peer: string, limit: number | undefined): ReadonlyArray<Verdict> => {
        const bar = limit === undefined ? undefined : ({ relation: "≤", limit } as const)
        return ["library", "scenario-assets"].map((ours) =>
          timeRatio(median, ours, peer, "wall", { bar, note: bar === undefined ? undefined : note })
        )
      }
      return {
        id,
        title: title(archive),
        rounds: settings.rounds,
        contenders: present.map((extractor) => Extractor.contender(extractor, archive, parent)),
        columns: columnsOf(archive),
        judge: (median) => [
          ...against(median, Extractor.bsdtarName, bars.bsdtar),
          ...against(median, Extractor.unzipName, bars.unzip),
          ...(isSlow === undefined ? [] : against(median, Extractor.archiveFileName, bars.archiveFile))
        ],
        missing
      }
    })

/** Removed only when nothing more is measured in it. */
const directoryOfAll = (directory: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      mkdirSync(directory)
      return directory
    }),
    () => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  )

const columnsOf = ({ bytes, files }: ZipWriter.Written): ReadonlyArray<Column> => [
  ...costs.slice(0, 1),
  { title: "MB/s", show: ({ wall }) => show(ratio(bytes / 1e6, wall), 0) },
  { title: "files/s", show: ({ wall }) => show(ratio(files, wall), 0) },
  { title: "without start-up", show: ({ inner }) => showSeconds(inner) },
  ...costs.slice(1),
  { title: "control", show: ({ control }) => (control === undefined ? "–" : `${show(control * 1e6, 0)} µs`) }
]

/** All works, by the letter that asks for them. */
export const all: Readonly<Record<string, Make>> = Object.fromEntries(
  Object.entries(kinds).map(([id, kind]) => [id, make(kind)])
)
