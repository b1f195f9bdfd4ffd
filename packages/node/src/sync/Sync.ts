/**
 * A directory that holds everything a filter selects: each run fetches what is new, and nothing twice.
 *
 * @since 0.1.0
 */
import { access } from "node:fs/promises"
import { join, resolve } from "node:path"
import type { ApiError } from "@scenario-assets/core/ApiError"
import { AssetId, type TargetFormat } from "@scenario-assets/core/Asset"
import * as AssetCatalog from "@scenario-assets/core/AssetCatalog"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import type { AssetRecord } from "@scenario-assets/core/AssetRecord"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import type { ReadOptions } from "@scenario-assets/core/transfer/Transfer"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import * as TransferPool from "@scenario-assets/core/transfer/TransferPool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as EntryPath from "../archive/internal/EntryPath.ts"
import { type DownloadedFile, FileDownload, type FileEvent } from "../file/FileDownload.ts"
import type { FileError } from "../file/FileError.ts"
import * as Files from "../file/internal/Files.ts"
import * as Lock from "../file/internal/Lock.ts"
import * as MediaType from "../file/MediaType.ts"
import * as SyncBounds from "./internal/SyncBounds.ts"
import * as SyncIndex from "./internal/SyncIndex.ts"
import * as SyncTemplate from "./SyncTemplate.ts"

/**
 * What a directory is to hold.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request extends Pick<ReadOptions, "idleTimeout" | "retries"> {
  readonly directory: string
  /** Default: everything in the project. */
  readonly filter?: AssetCatalog.Filter | undefined
  /** See `SyncTemplate.make`. Default `SyncTemplate.defaultTemplate`. */
  readonly template?: string | undefined
  /** Every file in this format. Default: each as it is stored. */
  readonly format?: TargetFormat | undefined
  /** Also fetches files that the index knows and the directory no longer has. Default `false`. */
  readonly repair?: boolean | undefined
  /** At most so many new assets. Default: no limit. */
  readonly limit?: number | undefined
  /** Files at once. Default 8. */
  readonly concurrency?: number | undefined
  /** Connections to storage hosts at once. Default 16. */
  readonly connections?: number | undefined
  /** The most bytes a second. Default: no limit. */
  readonly limitRate?: number | undefined
}

/**
 * What one run has done.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  /** Assets that were new, or whose files were missing and wanted. */
  readonly wanted: number
  readonly saved: number
  /** Of those, files that were in the directory already, though not in the index. */
  readonly alreadyThere: number
  readonly bytes: number
  /** Assets in the index, from this run and earlier ones. */
  readonly total: number
  readonly failures: ReadonlyArray<Failure>
}

/**
 * What a run would fetch.
 *
 * @category models
 * @since 0.1.0
 */
export interface Preview {
  readonly assets: number
  /** As they are stored, of those whose size is known. */
  readonly bytes: number
  /** How many have no known size. */
  readonly ofUnknownSize: number
  /** Bytes that there is room for. */
  readonly free: number
}

/**
 * An asset whose file did not come; the others do.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure {
  readonly assetId: AssetId
  readonly error: ApiError | TransferError | FileError
}

/**
 * What happens in a run. The last event is `Ended`.
 *
 * @category models
 * @since 0.1.0
 */
export type SyncEvent =
  /** An asset that is not there is fetched to this path, relative to the directory. */
  | { readonly _tag: "Fetching"; readonly record: AssetRecord; readonly path: string }
  | { readonly _tag: "File"; readonly assetId: AssetId; readonly event: FileEvent }
  /** The file is there, whole, and the index says so. */
  | {
      readonly _tag: "Saved"
      readonly record: AssetRecord
      readonly path: string
      readonly bytes: number
      readonly alreadyThere: boolean
    }
  | ({ readonly _tag: "Failed" } & Failure)
  | { readonly _tag: "Ended"; readonly report: Report }

/** What ends a run. */
type Error = ApiError | FileError | SyncTemplate.InvalidSyncTemplate

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
    /** One run. A file that does not come is a failure of its own, told in the end; the run goes on. One run at a time for a directory. */
    readonly events: (request: Request) => Stream.Stream<SyncEvent, Error>
    /** What a run would fetch. Nothing is written. */
    readonly preview: (request: Request) => Effect.Effect<Preview, Error>
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
  const account = yield* ScenarioConfig

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
  const wanted = Effect.fnUntraced(function* (request: Request, paths: ReadonlyMap<string, string>, indexed: number) {
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

  const run = Effect.fnUntraced(function* (request: Request) {
    const { concurrency = 8, connections = 16, directory, filter = {}, format, limitRate } = request
    const template = yield* SyncTemplate.make(request.template ?? SyncTemplate.defaultTemplate)
    yield* Files.makeDirectory(directory)
    yield* Lock.acquire(join(directory, lockName), directory)
    const index = yield* SyncIndex.open(directory)
    const { complete, records } = yield* wanted(request, index.paths, index.size())
    const collectionOf = yield* collectionNames(filter, template)
    const pool = yield* TransferPool.make({ connections, limitRate })
    const options = {
      connections,
      pool,
      idleTimeout: request.idleTimeout,
      retries: request.retries,
      ifExists: "keep"
    } as const
    const claimed = new Set(
      [SyncIndex.fileName, SyncBounds.fileName, lockName, pageName, ...index.paths.values()].map(EntryPath.fold)
    )
    const failures: Array<Failure> = []
    const counts = { wanted: 0, saved: 0, alreadyThere: 0, bytes: 0 }

    /** The first name that no other asset has, from the `n`-th on. */
    const claim = (name: string, n: number): { readonly path: string; readonly n: number } => {
      for (let next = n; ; next++) {
        const path = EntryPath.candidate(name, next)
        const key = EntryPath.fold(path)
        if (claimed.has(key)) continue
        claimed.add(key)
        return { path, n: next }
      }
    }

    const attempt = (record: AssetRecord, path: string) => {
      const { id, link } = record
      const refresh = assets.request(id, { targetFormat: format })
      return files.events(
        format === undefined && link !== undefined ? { url: link, refresh } : { refresh },
        join(directory, path),
        options
      )
    }

    /** To a name that nobody has; a file of somebody else that stands there is left alone. */
    const fetchTo = (
      record: AssetRecord,
      name: string,
      from: number
    ): Stream.Stream<SyncEvent, ApiError | TransferError | FileError> =>
      Stream.suspend(() => {
        const { n, path } = claim(name, from)
        const saved = ({ alreadyThere, bytes }: DownloadedFile) =>
          Effect.map(index.add(record, { path, bytes }), (): SyncEvent => {
            counts.saved++
            counts.bytes += bytes
            if (alreadyThere) counts.alreadyThere++
            return { _tag: "Saved", record, path, bytes, alreadyThere }
          })
        let file: DownloadedFile | undefined
        const told = Stream.map(attempt(record, path), (event): SyncEvent => {
          if (event._tag === "Completed") file = event.file
          return { _tag: "File", assetId: record.id, event }
        })
        // What the download has beside its file is gone by then.
        const last = Stream.suspend(() => (file === undefined ? Stream.empty : Stream.fromEffect(saved(file))))
        return Stream.concat(told, last).pipe(Stream.catchIf(isTaken, () => fetchTo(record, name, n + 1)))
      })

    /** To where the index says that it was. */
    const repairTo = (
      record: AssetRecord,
      path: string
    ): Stream.Stream<SyncEvent, ApiError | TransferError | FileError> =>
      Stream.map(attempt(record, path), (event): SyncEvent => {
        if (event._tag !== "Completed") return { _tag: "File", assetId: record.id, event }
        counts.saved++
        counts.bytes += event.file.bytes
        return { _tag: "Saved", record, path, bytes: event.file.bytes, alreadyThere: event.file.alreadyThere }
      })

    const fetched = (record: AssetRecord): Stream.Stream<SyncEvent, ApiError | FileError> =>
      Stream.suspend(() => {
        counts.wanted++
        const before = index.paths.get(record.id)
        const collection = collectionOf(record)
        const extension = format ?? MediaType.extension(record.mimeType)
        const path = template.path(record, {
          ...(extension === undefined ? {} : { extension }),
          ...(collection === undefined ? {} : { collection })
        })
        return Stream.concat(
          Stream.succeed<SyncEvent>({ _tag: "Fetching", record, path: before ?? path }),
          before === undefined ? fetchTo(record, path, 1) : repairTo(record, before)
        ).pipe(
          Stream.catch((error): Stream.Stream<SyncEvent, ApiError | FileError> => {
            const fatal = ofAll(error)
            if (fatal !== undefined) return Stream.fail(fatal)
            const failure: Failure = { assetId: record.id, error }
            failures.push(failure)
            return Stream.succeed<SyncEvent>({ _tag: "Failed", ...failure })
          })
        )
      })

    const ended = Effect.gen(function* () {
      // What was left out is looked for again.
      if (failures.length === 0) yield* complete(index.size())
      const report: Report = { ...counts, total: index.paths.size, failures }
      const event: SyncEvent = { _tag: "Ended", report }
      return event
    })
    return Stream.concat(Stream.flatMap(records, fetched, { concurrency }), Stream.fromEffect(ended))
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
  AssetCatalog.AssetCatalog | AssetDownload | FileDownload | ScenarioConfig
> = Layer.effect(Sync, make)

/** Another file has the name. */
const isTaken = (error: ApiError | TransferError | FileError): error is FileError =>
  error._tag === "FileError" && (error.reason._tag === "Exists" || error.reason._tag === "IsDirectory")

/** What the other assets would meet as well, so that it ends the run; none where it is a matter of one asset. */
const ofAll = (error: ApiError | TransferError | FileError): ApiError | FileError | undefined => {
  switch (error._tag) {
    case "TransferError":
      return undefined
    case "ApiError":
      return ["NotFound", "Rejected", "InvalidResponse", "ServerError"].includes(error.reason._tag) ? undefined : error
    case "FileError":
      return ["Exists", "IsDirectory", "Locked", "NotADirectory"].includes(error.reason._tag) ? undefined : error
  }
}

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
