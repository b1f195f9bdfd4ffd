/** What a download or an extraction would do. Nothing is requested and nothing written. */
import * as Selection from "@scenario-assets/core/Selection"
import { Transfer } from "@scenario-assets/core/transfer/Transfer"
import type * as ArchiveReader from "@scenario-assets/node/archive/ArchiveReader"
import {
  Extraction,
  type Options as ExtractionOptions,
  type PreviewedFile
} from "@scenario-assets/node/extraction/Extraction"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ArchiveFile from "./ArchiveFile.ts"
import * as EntryFields from "./EntryFields.ts"
import * as EntryFilter from "./EntryFilter.ts"
import * as Extracting from "./Extracting.ts"
import * as Format from "./Format.ts"
import * as JobArchive from "./JobArchive.ts"
import * as Keeping from "./Keeping.ts"
import { transferOptions } from "./Options.ts"
import { Output } from "./Output.ts"
import type * as Request from "./Request.ts"
import * as Scenario from "./Scenario.ts"

/** Of a selection, what would be requested; of jobs, what would be saved. */
export const ofDownload = Effect.fnUntraced(function* (request: Request.Request) {
  const { archive: kept, directory, wanted } = request
  const names = Option.map(kept, (archive) => ({ directory, archive }))
  if (Option.isSome(names)) yield* Keeping.check(names.value, request)
  const options = yield* Extracting.check({ ...request, json: false })
  if (!("jobIds" in wanted)) return yield* ofSelection(wanted, names)
  return yield* Effect.gen(function* () {
    const archives = yield* Effect.forEach(wanted.jobIds, (jobId) =>
      Effect.map(JobArchive.locate(jobId), (location) => ({ origin: { jobId }, location }))
    )
    return yield* Option.match(names, {
      onNone: () => ofExtraction(archives, options, transferOptions(request)),
      onSome: (names) => ofArchives(archives, { ...names, force: request.force })
    })
  }).pipe(Effect.provide(Scenario.layer(request)))
})

const ofSelection = Effect.fnUntraced(function* (
  { selection, ...options }: Request.OfSelection,
  names: Option.Option<ArchiveFile.Names>
) {
  const { line, result } = yield* Output
  const batches = Selection.batches(selection)
  const paths = batches.map((_, index) => Option.map(names, (names) => ArchiveFile.path(names, batches.length, index)))
  const rows = batches.map((batch, index) => {
    const path = Option.match(paths[index] ?? Option.none(), { onNone: () => "", onSome: (path) => `: ${path}` })
    return `batch ${index + 1}: ${Format.count(batch.size, "id")}${path}`
  })
  yield* line(rows.join("\n"))
  yield* result({
    dryRun: true,
    ids: selection.size,
    batches,
    ...(Option.isSome(names) ? { archives: paths.flatMap(Option.toArray) } : {}),
    ...options
  })
})

interface Located<E, R, O extends Extracting.Origin = Extracting.Origin> {
  readonly origin: O
  readonly location: ArchiveReader.ArchiveLocation<E, R>
}

/** What would become of each file. */
export const ofExtraction = Effect.fnUntraced(function* <E = never, R = never>(
  located: ReadonlyArray<Located<E, R>>,
  options: Extracting.Options,
  transfer?: ExtractionOptions
) {
  const { directory } = options
  const { line, note, result, warn } = yield* Output
  const { preview } = yield* Extraction
  const { archives, free, toWrite } = yield* preview(
    located.map(({ location }) => location),
    directory,
    { ...transfer, ...Extracting.rules(options) }
  )
  const files = archives.flatMap(({ files }) => files)
  const width = Math.max(...files.map(({ entry }) => String(entry.size).length), 1)
  if (files.length > 0) yield* line(files.map((file) => row(file, width)).join("\n"))

  const bytes = files.reduce((sum, { entry }) => sum + entry.size, 0)
  const written = files.filter(({ action }) => action !== "skip").length
  yield* note(
    `${Format.count(files.length, "file")}, ${Format.bytes(bytes)}: ${written} to be written (${Format.bytes(toWrite)}), ` +
      `${files.length - written} there already; ${Format.bytes(free)} are free`
  )
  const fits = toWrite <= free
  if (!fits) yield* warn(`there is not enough room in ${directory}`)
  if (files.length === 0 && EntryFilter.isGiven(options)) {
    yield* warn("no file matches --include and --exclude")
  }
  yield* result({
    dryRun: true,
    directory,
    archives: archives.map(({ files, toRead }, index) => ({
      ...located[index]?.origin,
      toRead,
      files: files.map(({ action, entry, path, why }) => ({ path, ...EntryFields.ofFile(entry), action, why }))
    })),
    files: files.length,
    bytes,
    toWrite,
    free,
    fits
  })
})

const row = ({ action, entry, path, why }: PreviewedFile, width: number): string => {
  const was = why.length === 0 ? "" : `  ("${Format.name(entry.name)}": ${why.join(", ")})`
  return `${action.padEnd(7)}  ${String(entry.size).padStart(width)}  ${Format.name(path)}${was}`
}

/** Where each archive would be kept, and how large it is. */
const ofArchives = Effect.fnUntraced(function* <E, R>(
  located: ReadonlyArray<Located<E, R>>,
  { force, ...names }: ArchiveFile.Names & { readonly force: boolean }
) {
  const { line, note, result } = yield* Output
  const { events } = yield* Transfer
  const fs = yield* FileSystem.FileSystem
  const archives = yield* Effect.forEach(located, ({ location, origin }, index) =>
    Effect.gen(function* () {
      const path = ArchiveFile.path(names, located.length, index)
      const isTaken = yield* Effect.orElseSucceed(fs.exists(path), () => false)
      const action: "write" | "replace" | "refuse" = !isTaken ? "write" : force ? "replace" : "refuse"
      if ("file" in location) return { ...origin, path, size: null, action }
      const opened = yield* events(location.source, { expect: "zip" }).pipe(
        Stream.filter((event) => event._tag === "Opened"),
        Stream.runHead
      )
      const size = Option.match(opened, { onNone: () => null, onSome: ({ object }) => object.size ?? null })
      return { ...origin, path, size, action }
    })
  )
  yield* line(archives.map(({ action, path, size }) => `${action.padEnd(7)}  ${size ?? "?"}  ${path}`).join("\n"))
  yield* note(Format.count(archives.length, "archive"))
  yield* result({ dryRun: true, archives })
})
