/** Archives that are extracted into one directory: what is told meanwhile, and of all in the end. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import type { Archive } from "@scenario-assets/core/Archives"
import type { JobId } from "@scenario-assets/core/Asset"
import type { JobError } from "@scenario-assets/core/JobError"
import type { ArchiveError } from "@scenario-assets/node/archive/ArchiveError"
import * as ArchiveLimits from "@scenario-assets/node/archive/ArchiveLimits"
import type * as ArchiveReader from "@scenario-assets/node/archive/ArchiveReader"
import type { ZipEntry } from "@scenario-assets/node/archive/ZipEntry"
import {
  type ArchiveEvent,
  type Extracted,
  type ExtractedFile,
  Extraction,
  type Options as ExtractionOptions
} from "@scenario-assets/node/extraction/Extraction"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Destination } from "./Archiving.ts"
import { CurrentRun } from "./CurrentRun.ts"
import * as EntryFields from "./EntryFields.ts"
import * as EntryFilter from "./EntryFilter.ts"
import * as Failures from "./Failures.ts"
import * as Format from "./Format.ts"
import type * as JsonShapes from "./JsonShapes.ts"
import * as Manifest from "./Manifest.ts"
import { Output } from "./Output.ts"
import * as Saved from "./Saved.ts"
import * as Watch from "./Watch.ts"

/** What was given on the command line. */
export interface Values extends EntryFilter.Patterns {
  readonly directory: string
  readonly force: boolean
  readonly manifest: Option.Option<string>
  readonly maxSize: Option.Option<number>
  readonly json: boolean
}

/** The same, checked. */
export interface Options extends Values {
  readonly filter: EntryFilter.EntryFilter
}

export const check = Effect.fnUntraced(function* <A extends Values>(values: A) {
  return { ...values, filter: yield* EntryFilter.make(values) }
})

/** Which files, and what becomes of them. */
export const rules = ({ filter, force, maxSize }: Options): ExtractionOptions => ({
  select: filter,
  ifDiffers: force ? "replace" : "keep",
  limits: Option.match(maxSize, { onNone: () => undefined, onSome: limitsOf })
})

/** Where an archive comes from, as it is told. */
export type Origin = { readonly jobId: JobId } | { readonly file: string }

/** A file, and the archive it comes from. */
interface Found {
  readonly index: number
  readonly origin: Origin
  readonly file: ExtractedFile
}

interface Refused {
  readonly origin: Origin
  readonly entry: ZipEntry
  readonly error: ArchiveError
}

/** An archive on its way, and who listens to what becomes of it. */
type Incoming<E> = ArchiveReader.ArchiveLocation<E> & {
  readonly take: (event: ArchiveEvent<unknown, E>["event"]) => Effect.Effect<void>
}

/** A directory for so many archives. */
export const open = Effect.fnUntraced(function* <E = never>(
  options: Options,
  total: number,
  transfer?: ExtractionOptions
) {
  const { directory } = options
  const output = yield* Output
  const extraction = yield* Extraction
  const since = yield* Clock.currentTimeMillis
  const manifest = yield* Effect.transposeOption(
    Option.map(options.manifest, (file) => Manifest.open(file, directory, options))
  )
  const incoming = yield* Queue.unbounded<Incoming<E>>()
  const opened = yield* Deferred.make<void>()
  const archives = Stream.unwrap(Effect.as(Deferred.succeed(opened, undefined), Stream.fromQueue(incoming)))
  const running = yield* extraction
    .eventsAll(archives, directory, { ...transfer, ...rules(options), concurrency: Math.max(1, total) })
    .pipe(
      Stream.runForEach(({ archive, event }) => archive.take(event)),
      Effect.andThen(Effect.never),
      Effect.forkScoped
    )
  yield* Effect.raceFirst(Deferred.await(opened), Fiber.join(running))
  const found: Array<Found> = []
  const refused: Array<Refused> = []

  const extract = Effect.fnUntraced(function* <O extends Origin>(
    index: number,
    origin: O,
    location: ArchiveReader.ArchiveLocation<E>
  ) {
    const id = "jobId" in origin ? origin.jobId : origin.file
    const watch = Watch.extraction(id)
    const done = yield* Deferred.make<Extracted, ArchiveReader.ReadError | E>()
    const take: Incoming<E>["take"] = Effect.fnUntraced(function* (event) {
      if (event._tag === "Failed") return yield* Effect.asVoid(Deferred.fail(done, event.error))
      yield* Effect.provideService(watch(event), Output, output)
      if (event._tag === "Extracted") for (const file of event.files) found.push({ index, origin, file })
      if (event._tag === "Refused") refused.push({ origin, entry: event.entry, error: event.error })
      if (event._tag === "Completed") yield* Deferred.succeed(done, event.extracted)
    })
    yield* Queue.offer(incoming, { ...location, take })
    const extracted = yield* Effect.raceFirst(Deferred.await(done), Fiber.join(running)).pipe(Watch.task(id))
    const { alreadyThere, bytes, files, read } = extracted
    return { ...origin, files, bytes, alreadyThere, read }
  })

  const tell = Effect.fnUntraced(function* <A extends JsonShapes.ExtractedArchive, E extends Failures.Failure>(
    outcomes: ReadonlyArray<Saved.Outcome<A, E>>
  ) {
    const { line, note, result, warn } = output
    found.sort((a, b) => a.index - b.index || a.file.entry.index - b.file.entry.index)
    const renamed = found.filter(({ file }) => file.why.length > 0)
    const [archives, failures] = Arr.partition(outcomes, (outcome) => outcome)

    yield* some(renamed, ({ file }) =>
      note(`"${Format.name(file.entry.name)}" is now "${Format.name(file.path)}" (${file.why.join(", ")})`)
    )
    yield* some(refused.length > 1 ? refused : [], ({ error }) => warn(`not extracted: ${error.message}`))
    if (archives.length > 0 || found.length > 0) {
      yield* note(`${summary(found)} in ${Format.time((yield* Clock.currentTimeMillis) - since)}`)
    }
    if (failures.length === 0 && found.length === 0 && EntryFilter.isGiven(options)) {
      yield* warn("no file matches --include and --exclude")
    }

    const fields = {
      directory,
      archives,
      renamed: renamed.map(({ file, origin }) => ({
        ...origin,
        name: file.entry.name,
        path: file.path,
        why: file.why
      }))
    }
    const toStdout = Option.contains(options.manifest, "-")
    const [only] = failures
    if (only === undefined) {
      if (Option.isSome(manifest)) yield* manifest.value.write(found.map(manifestLine))
      if (!toStdout) yield* line(directory)
      return yield* result(fields)
    }
    if (archives.length > 0 && !toStdout) yield* line(directory)
    const wrong = {
      ...fields,
      refused: refused.map(({ entry, error, origin }) => ({ ...origin, name: entry.name, message: error.message }))
    }
    const run = yield* CurrentRun
    if (total === 1) return yield* Failures.single(only.error, { ...wrong, ...Saved.jobOf(only) }, run)
    return yield* Failures.make({
      summary: `${failures.length} of ${Format.count(total, "archive")} could not be extracted`,
      failures,
      run,
      fields: {
        ...wrong,
        failed: failures.map(({ error, of }) => ({ of, error: error._tag, message: error.message }))
      }
    })

    /** So many of them as a person reads. */
    function some<B>(all: ReadonlyArray<B>, tell: (one: B) => Effect.Effect<void>) {
      const more = all.length - most
      return Effect.andThen(
        Effect.forEach(all.slice(0, most), tell, { discard: true }),
        more > 0 ? note(`… and ${more} more; --json tells all of them`) : Effect.void
      )
    }
  })

  return {
    extract: <O extends Origin>(index: number, origin: O, location: ArchiveReader.ArchiveLocation<E>) =>
      Effect.provideService(extract(index, origin, location), Output, output),
    tell
  }
})

/** For archives of jobs. */
export const destination = Effect.fnUntraced(function* (options: Options, total: number, transfer: ExtractionOptions) {
  const { extract, tell } = yield* open<ApiError | JobError>(options, total, transfer)
  const save = ({ index, jobId, source }: Archive) => extract(index, { jobId }, { name: jobId, source })
  const destination: Destination<Effect.Success<ReturnType<typeof save>>> = {
    check: () => Effect.void,
    save,
    tell
  }
  return destination
})

/** Lines about single files, before they become too many. */
const most = 20

/** Who says how much is meant need not say at what ratio. */
const limitsOf = (size: number): ArchiveLimits.ArchiveLimits => ({
  ...ArchiveLimits.defaults,
  totalSize: size,
  entrySize: size,
  ratio: Number.POSITIVE_INFINITY
})

const summary = (found: ReadonlyArray<Found>): string => {
  const there = found.filter(({ file }) => file.alreadyThere).length
  const bytes = found.reduce((sum, { file }) => sum + file.entry.size, 0)
  const some = there === 0 ? "" : ` (${there === found.length ? "all" : there} there already)`
  return `${Format.count(found.length, "file")}, ${Format.bytes(bytes)}${some}`
}

const manifestLine = ({ file, origin }: Found) => ({
  path: file.path,
  ...EntryFields.ofFile(file.entry),
  ...origin,
  alreadyThere: file.alreadyThere,
  why: file.why
})
