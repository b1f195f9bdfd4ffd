/**
 * A directory that holds everything a filter selects: each run fetches what is new, and nothing twice.
 *
 * @since 0.1.0
 */
import { access } from "node:fs/promises"
import { join, resolve } from "node:path"
import type { ApiError } from "@scenario-assets/core/ApiError"
import { AssetId } from "@scenario-assets/core/Asset"
import * as AssetCatalog from "@scenario-assets/core/AssetCatalog"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import type { AssetRecord } from "@scenario-assets/core/AssetRecord"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import * as TransferPool from "@scenario-assets/core/transfer/TransferPool"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { FileDownload } from "../file/FileDownload.ts"
import type { FileError } from "../file/FileError.ts"
import * as Files from "../file/internal/Files.ts"
import * as Lock from "../file/internal/Lock.ts"
import * as Place from "../runs/internal/Place.ts"
import * as RunEnd from "../runs/internal/RunEnd.ts"
import type { RunBusy, RunBusyElsewhere, RunId } from "../runs/RunRecord.ts"
import { Runs } from "../runs/Runs.ts"
import type { SyncRequest } from "../runs/SyncRequest.ts"
import * as SyncBounds from "./internal/SyncBounds.ts"
import * as SyncFetch from "./internal/SyncFetch.ts"
import * as SyncIndex from "./internal/SyncIndex.ts"
import type { Failure, Preview, Report, SyncEvent } from "./SyncRun.ts"
import * as SyncTemplate from "./SyncTemplate.ts"

/** What keeps a run from beginning, or ends it as a whole. */
type Error = ApiError | FileError | RunBusy | RunBusyElsewhere | SyncTemplate.InvalidSyncTemplate

/**
 * Keeps directories in step with the catalogue. What is new is decided by id, against an index in the directory
 * (`scenario-assets.jsonl`); what was deleted at Scenario is kept, and what a person has removed or renamed is not fetched again, unless
 * that is asked for.
 *
 * @category services
 * @since 0.1.0
 */
export class Sync extends Context.Service<
  Sync,
  {
    /**
     * One run. A file that does not come is a failure of its own, told in the end; the run goes on. One run at a time for a directory.
     * It is recorded in `Runs`, where one that found nothing new leaves no entry of its own.
     */
    readonly events: (request: SyncRequest) => Stream.Stream<SyncEvent, Error>
    /** What a run would fetch. Nothing is written. */
    readonly preview: (
      request: SyncRequest
    ) => Effect.Effect<Preview, ApiError | FileError | SyncTemplate.InvalidSyncTemplate>
  }
>()("@scenario-assets/node/sync/Sync") {}

/**
 * Runs again and again, with a pause after each, whatever became of it: an outage passes, and a key is renewed. Only a template that
 * cannot be used ends it.
 *
 * @category combinators
 * @since 0.1.0
 */
export const watch = <A, E extends { readonly _tag: string }, R, E2, R2>(
  events: Stream.Stream<A, E | SyncTemplate.InvalidSyncTemplate, R>,
  pause: Schedule.Schedule<unknown, void, E2, R2>,
  onError: (error: E) => Effect.Effect<void, never, R>
): Stream.Stream<A, SyncTemplate.InvalidSyncTemplate | E2, R | R2> =>
  Stream.repeat(
    Stream.catch(events, (error) => (isInvalid(error) ? Stream.fail(error) : Stream.fromEffectDrain(onError(error)))),
    pause
  )

const isInvalid = (error: { readonly _tag: string }): error is SyncTemplate.InvalidSyncTemplate =>
  error._tag === "InvalidSyncTemplate"

/** Keeps everybody out who would do the same. */
const lockName = ".scenario-assets-sync.lock"

/** The name of the page that shows the directory. */
const pageName = "index.html"

/**
 * The name of the index in a synchronized directory.
 *
 * @category constants
 * @since 0.1.0
 */
export const indexName: string = SyncIndex.fileName

/**
 * What the index of a directory says of each file that it holds: its `path`, relative to the directory, its `bytes`, and what Scenario knows
 * of the asset. Nothing for a directory that was never synchronized.
 *
 * **Example** (The prompts of what there is)
 *
 * ```ts
 * yield* Sync.index("renders").pipe(Stream.runForEach(({ path, prompt }) => Console.log(`${path}: ${prompt}`)))
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const index = (directory: string): Stream.Stream<Schema.JsonObject, FileError> => SyncIndex.lines(directory)

/**
 * Builds the service.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.gen(function* () {
  const catalog = yield* AssetCatalog.AssetCatalog
  const assets = yield* AssetDownload
  const files = yield* FileDownload
  const runs = yield* Runs
  const { baseUrl, projectId } = yield* ScenarioConfig
  const account = { baseUrl, projectId }

  /** The names of collections, where names of files need them. */
  const collectionNames = (filter: AssetCatalog.Filter, template: SyncTemplate.SyncTemplate) =>
    template.usesCollection
      ? Effect.map(Stream.runCollect(catalog.collections), (all) => {
          const names = new Map(all.map(({ id, name }) => [id, name]))
          return ({ collectionIds }: AssetRecord) =>
            names.get([filter.collectionId, ...collectionIds].find((id) => id !== undefined && names.has(id)) ?? "")
        })
      : Effect.succeed(() => undefined)

  /** The records that are wanted: of what is not in the index, and of files that are to be repaired. */
  const wanted = Effect.fnUntraced(function* (
    request: SyncRequest,
    paths: ReadonlyMap<string, string>,
    indexed: number
  ) {
    const { directory, filter = {}, limit, repair = false } = request
    const listing = yield* SyncBounds.begin({ directory, account, filter, indexed, anew: repair })
    const seen = new Set<string>()
    const isNew = ({ id }: AssetRecord) => !paths.has(id) && !seen.has(id) && seen.add(id) === seen
    const missing = repair ? yield* missingOf(directory, paths) : []
    const records = Stream.concat(
      Stream.filter(catalog.get(missing), AssetCatalog.fits(filter)),
      Stream.filter(catalog.list(listing.filter), isNew)
    )
    return {
      records: limit === undefined ? records : Stream.take(records, limit),
      complete: limit === undefined ? listing.complete : () => Effect.void
    }
  })

  /** Records a run for as long as the scope is open, and then how it ended; where it cannot be recorded, it goes on without. */
  const record = Effect.fnUntraced(function* (request: SyncRequest, progress: Progress) {
    const begun = yield* Effect.result(runs.begin(request, account))
    if (Result.isFailure(begun)) {
      const error = begun.failure
      if (error._tag !== "FileError") return yield* error
      return Arr.make<[SyncEvent, SyncEvent]>(
        { _tag: "Started", runId: undefined, resumed: false },
        { _tag: "NotRecorded", error }
      )
    }
    const run = begun.success
    progress.runId = run.runId
    yield* Effect.addFinalizer((exit) => {
      const { files, report } = progress
      // What was looked for and not found is nothing to look back at.
      if (run.isNew && report?.wanted === 0) return Effect.ignore(run.discard)
      return Effect.ignore(run.end({ ...(report === undefined ? RunEnd.ofExit(exit) : endOf(report)), files }))
    })
    return Arr.make<[SyncEvent]>({ _tag: "Started", runId: run.runId, resumed: run.resumed })
  })

  const run = Effect.fnUntraced(function* (given: SyncRequest) {
    const request = Place.absolute(given)
    const { concurrency = 8, connections = 16, directory, filter = {}, limitRate } = request
    const template = yield* SyncTemplate.make(request.template ?? SyncTemplate.defaultTemplate)
    const progress: Progress = { runId: undefined, files: undefined, report: undefined }
    const started = yield* record(request, progress)
    yield* Files.makeDirectory(directory)
    yield* Lock.acquire(join(directory, lockName), directory)
    const index = yield* SyncIndex.open(directory)
    const { complete, records } = yield* wanted(request, index.paths, index.size())
    const collectionOf = yield* collectionNames(filter, template)
    const pool = yield* TransferPool.make({ connections, limitRate })
    const fetch = SyncFetch.make({
      assets,
      files,
      request,
      template,
      index,
      reserved: [SyncIndex.fileName, SyncBounds.fileName, lockName, pageName],
      collectionOf,
      transfer: { connections, pool, idleTimeout: request.idleTimeout, retries: request.retries, ifExists: "keep" }
    })
    const counts = { wanted: 0, saved: 0, alreadyThere: 0, bytes: 0 }
    const failures: Array<Failure> = []
    const count = (event: SyncEvent): void => {
      if (event._tag === "Fetching") counts.wanted++
      if (event._tag === "Failed") failures.push({ assetId: event.assetId, error: event.error })
      if (event._tag !== "Saved") return
      progress.files = index.paths.size
      counts.saved++
      counts.bytes += event.bytes
      if (event.alreadyThere) counts.alreadyThere++
    }
    const ended = Effect.gen(function* () {
      // What was left out is looked for again.
      if (failures.length === 0) yield* complete(index.size())
      const { runId } = progress
      const report: Report = { runId, ...counts, total: index.paths.size, failures }
      Object.assign(progress, { files: report.total, report })
      const event: SyncEvent = { _tag: "Ended", report }
      return event
    })
    const fetched = Stream.flatMap(records, fetch, { concurrency })
    return Stream.fromArray<SyncEvent>(started).pipe(
      Stream.concat(Stream.tap(fetched, (event) => Effect.sync(() => count(event)))),
      Stream.concat(Stream.fromEffect(ended))
    )
  })

  return Sync.of({
    events: (request) =>
      Stream.unwrap(run(request)).pipe(
        Stream.withSpan("Sync.run", { attributes: { "scenario.directory": request.directory } })
      ),
    preview: Effect.fnUntraced(function* (request) {
      yield* SyncTemplate.make(request.template ?? SyncTemplate.defaultTemplate)
      const { end, paths } = yield* SyncIndex.read(request.directory)
      const { records } = yield* wanted(request, paths, end)
      const free = yield* Files.freeSpace(resolve(request.directory))
      return yield* Stream.runFold(
        records,
        (): Preview => ({ assets: 0, bytes: 0, ofUnknownSize: 0, free }),
        (sum, { size }) => ({
          ...sum,
          assets: sum.assets + 1,
          bytes: sum.bytes + (size ?? 0),
          ofUnknownSize: sum.ofUnknownSize + (size === undefined ? 1 : 0)
        })
      )
    })
  })
})

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  Sync,
  never,
  AssetCatalog.AssetCatalog | AssetDownload | FileDownload | Runs | ScenarioConfig
> = Layer.effect(Sync, make)

/** What is recorded of a run, as far as it has come. */
interface Progress {
  runId: RunId | undefined
  /** In the index; none before there is one. */
  files: number | undefined
  /** None before it has ended. */
  report: Report | undefined
}

const endOf = ({ failures: [first] }: Report) =>
  first === undefined
    ? { state: "complete" as const }
    : { state: "incomplete" as const, message: `${first.assetId}: ${first.error.message}` }

/** The assets in the index whose files are not there. */
const missingOf = Effect.fnUntraced(function* (directory: string, paths: ReadonlyMap<string, string>) {
  const isThere = (path: string) =>
    Effect.promise(() =>
      access(join(directory, path)).then(
        () => true,
        () => false
      )
    )
  const looked = yield* Effect.forEach(
    paths,
    ([id, path]) => Effect.map(isThere(path), (there) => (there ? [] : [AssetId.make(id)])),
    {
      concurrency: 16
    }
  )
  return looked.flat()
})
