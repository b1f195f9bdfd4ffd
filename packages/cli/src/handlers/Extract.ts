/** `extract`: archives in files, into a directory. */
import * as ArchiveLimits from "@scenario-assets/node/archive/ArchiveLimits"
import type { SavedFile } from "@scenario-assets/node/download/DownloadEvent"
import { type ArchiveEvent, type ExtractedFile, Extraction } from "@scenario-assets/node/extraction/Extraction"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Scenario from "../access/Scenario.ts"
import * as Destination from "../download/Destination.ts"
import * as DryRun from "../download/DryRun.ts"
import * as Extracted from "../download/Extracted.ts"
import type * as CommandError from "../errors/CommandError.ts"
import * as InputFile from "../files/InputFile.ts"
import type * as JsonShapes from "../json/JsonShapes.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import type * as Options from "../settings/Options.ts"

interface Values extends Options.Extraction, Output.Mode {
  readonly files: ReadonlyArray<string>
  readonly dryRun: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { directory, dryRun } = values
    const { whenInterrupted } = yield* Output.Output
    const { eventsAll, preview } = yield* Extraction
    const archives = [...new Set(values.files)].map((file, index) => ({ file, index }))
    yield* Effect.forEach(archives, ({ file }) => InputFile.checkArchive(file))
    yield* Destination.checkInputs("--manifest", values.manifest, values.files)
    const isFiltered = Destination.isGiven(values)
    const options = {
      select: yield* Destination.filter(values),
      ifDiffers: values.force ? ("replace" as const) : ("keep" as const),
      limits: Option.getOrUndefined(Option.map(values.maxSize, ArchiveLimits.ofSize))
    }
    if (dryRun) {
      const origins = archives.map(({ file }) => ({ file }))
      return yield* DryRun.ofExtraction(yield* preview(archives, directory, options), {
        directory,
        origins,
        isFiltered
      })
    }
    const telling = yield* tell(archives, yield* Extracted.make({ ...values, isFiltered }))
    // One after the other: files of the same name are numbered in the order of the archives.
    const extracting = eventsAll(Stream.fromIterable(archives), directory, { ...options, concurrency: 1 }).pipe(
      Stream.runForEach(telling.hear),
      Effect.andThen(telling.end)
    )
    return yield* whenInterrupted(() => "Run the same command again to resume.")(extracting)
  }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(Scenario.layerFiles, Output.layer(values))))

interface Archive {
  readonly file: string
  readonly index: number
}

/** Tells each event, and what came of all. */
const tell = Effect.fnUntraced(function* (all: ReadonlyArray<Archive>, extracted: Extracted.Extracted) {
  const { progress } = yield* Output.Output
  const watch = yield* Watch.make
  const archives: Array<JsonShapes.ExtractedArchive> = []
  const failed: Array<CommandError.Failed> = []
  let bytesToRead = 0

  const hear = ({ archive: { file, index }, event }: ArchiveEvent<Archive>): Effect.Effect<void> => {
    switch (event._tag) {
      case "Planned":
        bytesToRead = event.bytesToRead
        progress.bytes(file, 0, bytesToRead)
        return watch.planned(file, event)
      case "Read":
        return watch.bytes(file, event.bytes, bytesToRead)
      case "Started":
        return Effect.void
      case "Extracted": {
        const files = event.files.map(savedFile)
        return Effect.andThen(extracted.saved(index, { file }, files), watch.saved(file, files))
      }
      case "Refused":
        extracted.refused(index, event.error)
        return watch.refused(file, event.entry.name, event.error.message)
      case "Completed": {
        const { alreadyThere, bytes, files, read } = event.extracted
        const archive = { files, bytes, alreadyThere, read }
        archives.push({ file, ...archive })
        progress.ended(file)
        return watch.extracted(file, archive)
      }
      case "Failed":
        failed.push({ of: file, error: event.error })
        progress.ended(file)
        return Effect.void
      // Of archives on a storage host.
      case "Spooling":
      case "Retrying":
      case "Refreshed":
        return Effect.void
    }
  }
  return { hear, end: Effect.suspend(() => extracted.end({ total: all.length, archives, failed })) }
})

const savedFile = ({ alreadyThere, entry: { crc32, name, size }, path, why }: ExtractedFile): SavedFile => ({
  path,
  name,
  size,
  crc32,
  alreadyThere,
  why
})
