/** What a download or an extraction would do. Nothing is requested and nothing written. */
import { defaultTemplate } from "@scenario-assets/core/FileNameTemplate"
import { Downloads, type DownloadPreview } from "@scenario-assets/node/download/Downloads"
import * as Batches from "@scenario-assets/node/engine/runs/Batches"
import * as Place from "@scenario-assets/node/engine/runs/Place"
import type { Preview, PreviewedArchive, PreviewedFile } from "@scenario-assets/node/extraction/Extraction"
import type * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import * as Effect from "effect/Effect"
import * as Scenario from "../access/Scenario.ts"
import * as Fields from "../json/Fields.ts"
import * as Listing from "../output/Listing.ts"
import { Output } from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"
import * as Destination from "./Destination.ts"
import type * as Extracted from "./Extracted.ts"
import * as SavedFiles from "./SavedFiles.ts"

/** Of a selection, what would be requested; of jobs, what would be saved. */
export const ofDownload = Effect.fnUntraced(function* (
  request: DownloadRequest.DownloadRequest,
  connection: Connection,
  bytes?: number
) {
  const { destination, wanted } = request
  // For this nobody is asked, so that it takes no credentials.
  if (wanted._tag === "Assets") return yield* ofAssets(request, wanted, bytes)
  const preview = yield* Effect.provide(
    Effect.flatMap(Downloads, (downloads) => downloads.preview(request)),
    Scenario.layer(connection)
  )
  if (preview._tag === "ArchiveFiles") return yield* ofArchives(request, preview)
  if (preview._tag === "Batches" || destination._tag === "ArchiveFiles") return undefined
  return yield* ofExtraction(preview, {
    directory: Place.of(request),
    origins: preview.jobIds.map((jobId) => ({ jobId })),
    isFiltered: Destination.isGiven(destination)
  })
})

const ofAssets = Effect.fnUntraced(function* (
  request: DownloadRequest.DownloadRequest,
  { fileNameTemplate = defaultTemplate, flat = false }: DownloadRequest.Assets,
  bytes: number | undefined
) {
  const { line, result } = yield* Output
  const { destination } = request
  const batches = Batches.of(request)
  const paths =
    destination._tag !== "ArchiveFiles"
      ? undefined
      : batches.map((_, batch) => Place.archivePath(destination.file, batches.length, batch))
  const rows = batches.map(({ selection }, batch) => {
    const path = paths?.[batch]
    return `batch ${batch + 1}: ${Format.count(selection.size, "id")}${path === undefined ? "" : `: ${path}`}`
  })
  yield* line(rows.join("\n"))
  yield* result({
    dryRun: true,
    ids: Batches.idCount(request),
    ...(bytes === undefined ? {} : { bytes }),
    batches: batches.map(({ selection }) => selection),
    ...(paths === undefined ? {} : { archives: paths }),
    fileNameTemplate,
    flat
  })
})

/** What would become of each file. */
export const ofExtraction = Effect.fnUntraced(function* (
  { archives, bytesToWrite, free }: Preview,
  {
    directory: given,
    isFiltered,
    origins
  }: {
    readonly directory: string
    /** Where each archive is from. */
    readonly origins: ReadonlyArray<Extracted.Origin>
    readonly isFiltered: boolean
  }
) {
  const { note, result, warn } = yield* Output
  const directory = SavedFiles.shownDirectory(given)
  // A store does not say.
  const isKnown = Number.isFinite(free)
  const files = archives.flatMap(({ files }) => files)
  const refused = archives.flatMap(({ refused }) => refused)
  yield* Listing.print([...files.map(row), ...refused.map(refusedRow)])

  const bytes = files.reduce((sum, { entry }) => sum + entry.size, 0)
  const written = files.filter(({ action }) => action !== "skip").length
  yield* note(
    `${Format.count(files.length, "file")}, ${Format.bytes(bytes)}: ${written} to be written (${Format.bytes(bytesToWrite)}), ` +
      `${files.length - written} already exist${isKnown ? `; ${Format.bytes(free)} free on the disk` : ""}`
  )
  const fits = bytesToWrite <= free
  if (refused.length > 0) {
    yield* warn(`${Format.count(refused.length, "entry", "entries")} would be skipped, and the exit code would be 7`)
  }
  if (!fits) yield* warn(`not enough free space in ${directory}`)
  if (files.length + refused.length === 0 && isFiltered) yield* warn("no file matches --include and --exclude")
  yield* result({
    dryRun: true,
    directory,
    archives: archives.map(({ bytesToRead, files, refused }, index) => ({
      ...origins[index],
      toRead: bytesToRead,
      files: files.map(({ action, entry, path, why }) => ({ path, ...Fields.ofFile(entry), action, why })),
      refused: refused.map(({ entry, error }) => ({
        ...Fields.ofFile(entry),
        why: Fields.whyRefused(error.reason)
      }))
    })),
    files: files.length,
    bytes,
    toWrite: bytesToWrite,
    free: isKnown ? free : null,
    fits
  })
})

const row = ({ action, entry, path, why }: PreviewedFile): Listing.Row => ({
  action,
  size: entry.size,
  path,
  ...(why.length === 0 ? {} : { more: `("${Format.shortName(entry.name)}": ${why.join(", ")})` })
})

const refusedRow = ({ entry, error }: PreviewedArchive["refused"][number]): Listing.Row => ({
  action: "refuse",
  size: entry.size,
  name: entry.name,
  more: `(${Fields.whyRefused(error.reason)})`
})

/** Where each archive would be kept, and how large it is. */
const ofArchives = Effect.fnUntraced(function* (
  request: DownloadRequest.DownloadRequest,
  preview: Extract<DownloadPreview, { readonly _tag: "ArchiveFiles" }>
) {
  const { note, result } = yield* Output
  const archives = preview.archives.map(({ path, size = null, ...archive }) => ({
    ...archive,
    path: SavedFiles.shownPath(request, path),
    size
  }))
  yield* Listing.print(archives.map(({ action, path, size }) => ({ action, size: size ?? undefined, path })))
  yield* note(Format.count(archives.length, "archive"))
  yield* result({ dryRun: true, archives })
})
