/** Runs as folders: `head.json`, `request.json`, and `jobs.jsonl`, to which a line is added for each job. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import * as BatchKeys from "@scenario-assets/core/engine/BatchKeys"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Locked } from "../../file/internal/FileReason.ts"
import * as Files from "../../file/internal/Files.ts"
import * as Lock from "../../file/internal/Lock.ts"
import * as DownloadRequest from "../DownloadRequest.ts"
import * as RunRecord from "../RunRecord.ts"
import { SyncRequest } from "../SyncRequest.ts"
import * as Batches from "./Batches.ts"
import * as Place from "./Place.ts"
import * as RunIds from "./RunIds.ts"
import * as RunJobs from "./RunJobs.ts"
import * as RunProcess from "./RunProcess.ts"
import { isSync, RunRequest } from "./RunRequest.ts"

const Head = Schema.fromJsonString(RunRecord.RunHead)
const decodeHead = Schema.decodeOption(Head)
const encodeHead = Schema.encodeSync(Head)
const Request = Schema.fromJsonString(RunRequest)
const decodeRequest = Schema.decodeOption(Request)
const encodeRequest = Schema.encodeSync(Request)
const encodeWanted = Schema.encodeSync(Schema.fromJsonString(DownloadRequest.DownloadRequest.fields.wanted))
const encodeDestination = Schema.encodeSync(Schema.fromJsonString(DownloadRequest.Destination))
const encodeSync = Schema.encodeSync(Schema.fromJsonString(SyncRequest))

/** Complete runs are of use to those who look back, and nobody looks back further. */
const keptComplete = 100

/** How often the files of a run are counted in its head. In milliseconds. */
const countingPause = 2000

const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

/** Which files a run is for: what is recorded of that in its head. */
const identify = (request: RunRequest, account: RunRecord.Account) =>
  isSync(request) ? identifySync(request, account) : identifyDownload(request, account)

const kinds = { Directory: "directory", ArchiveFiles: "archive", Store: "store" } as const

const identifyDownload = (request: DownloadRequest.DownloadRequest, { baseUrl, projectId }: RunRecord.Account) => {
  const { destination, wanted } = request
  const place = Place.of(request)
  const kind = destination._tag === "Directory" && destination.folders === true ? "Folders" : destination._tag
  const selection = digest(JSON.stringify([baseUrl, projectId, place, kind, encodeWanted(wanted)]))
  const { exclude = [], include = [] } = destination._tag === "ArchiveFiles" ? {} : destination
  const hasPatterns = exclude.length + include.length > 0
  return {
    place,
    destination: kinds[destination._tag],
    selection,
    ...(hasPatterns ? { patterns: digest(JSON.stringify([include, exclude])) } : {}),
    key: digest(JSON.stringify([selection, encodeDestination(destination)]))
  }
}

/** A directory is kept in step by one filter, again and again. Bounds in time, and a limit, make it a part of that. */
const identifySync = (request: SyncRequest, { baseUrl, projectId }: RunRecord.Account) => {
  const { directory: place, filter = {}, format, limit, template } = request
  const { createdAfter, createdBefore, updatedAfter, updatedBefore, ...always } = filter
  const part = encodeSync({
    directory: place,
    filter: { createdAfter, createdBefore, updatedAfter, updatedBefore },
    limit
  })
  const whole = encodeSync({ directory: place, filter: always, format, template })
  const selection = digest(JSON.stringify([baseUrl, projectId, "sync", whole]))
  const isPart = [createdAfter, createdBefore, updatedAfter, updatedBefore, limit].some((bound) => bound !== undefined)
  return {
    place,
    destination: "directory" as const,
    selection,
    ...(isPart ? { patterns: digest(part) } : {}),
    key: digest(JSON.stringify([selection, part]))
  }
}

/** The runs in a directory. */
export const make = (root: string) => {
  const folder = (runId: string) => join(root, runId)
  const jobsOf = ({ runId }: Pick<RunRecord.RunHead, "runId">) => join(folder(runId), "jobs.jsonl")

  const writeHead = (head: RunRecord.RunHead) =>
    Files.writeWhole(join(folder(head.runId), "head.json"), encodeHead(head))

  /** None where there is no such run, or its head cannot be read. */
  const readHead = (runId: string) =>
    Effect.map(Files.readText(join(folder(runId), "head.json")), (text) =>
      text === undefined ? Option.none() : decodeHead(text)
    )

  const list = Effect.gen(function* () {
    const names = yield* Files.orMissing(Files.attempt("read the runs in", root, () => Fs.readdir(root)))
    const heads = yield* Effect.forEach(
      (names ?? []).filter(RunIds.isRunId),
      (name) => Effect.orElseSucceed(readHead(name), () => Option.none<RunRecord.RunHead>()),
      { concurrency: 16 }
    )
    return heads.flatMap(Option.toArray).toSorted((a, b) => since(b) - since(a))
  })

  const get = Effect.fnUntraced(function* (runId: string) {
    // Not a path of somebody's choice.
    const head = RunIds.isRunId(runId) ? yield* readHead(runId) : Option.none<RunRecord.RunHead>()
    return yield* Option.match(head, {
      onNone: () => Effect.fail(new RunRecord.RunNotFound({ runId })),
      onSome: Effect.succeed
    })
  })

  const asked = Effect.fnUntraced(function* (runId: RunRecord.RunId) {
    const text = yield* Files.readText(join(folder(runId), "request.json"))
    const found = text === undefined ? Option.none() : decodeRequest(text)
    return Option.isSome(found) ? found.value : yield* new RunRecord.RunNotFound({ runId })
  })

  const request = Effect.fnUntraced(function* (runId: RunRecord.RunId) {
    const found = yield* asked(runId)
    return isSync(found) ? yield* new RunRecord.OtherKindOfRun({ runId, kind: "sync" }) : found
  })

  const syncRequest = Effect.fnUntraced(function* (runId: RunRecord.RunId) {
    const found = yield* asked(runId)
    return isSync(found)
      ? found
      : yield* new RunRecord.OtherKindOfRun({ runId, kind: found.wanted._tag === "Jobs" ? "jobs" : "assets" })
  })

  const remove = (runId: string) =>
    Effect.asVoid(Files.attempt("remove", folder(runId), () => Fs.rm(folder(runId), { recursive: true, force: true })))

  const prune = (heads: ReadonlyArray<RunRecord.RunHead>) =>
    Effect.forEach(
      heads.filter((head) => RunRecord.state(head) === "complete").slice(keptComplete),
      ({ runId }) => Effect.ignore(remove(runId)),
      { discard: true }
    )

  const begin = Effect.fnUntraced(function* (given: RunRequest, account: RunRecord.Account) {
    const request = Place.absolute(given)
    const identity = identify(request, account)
    const { key, place } = identity
    yield* Files.makePrivateDirectory(root)
    yield* Effect.mapError(Lock.acquire(join(root, `${digest(place).slice(0, 32)}.lock`), place), (error) =>
      error.reason._tag === "Locked" ? busy(place, error.reason) : error
    )
    const heads = yield* list
    yield* prune(heads)
    yield* checkElsewhere(heads, identity)
    const unfinished = unfinishedOf(heads, place, account)
    // A directory that was brought in step is brought in step again: that is the same run.
    const candidates = isSync(request) ? heads.filter(isOf(place, account)) : unfinished
    const before = candidates.find((head) => head.key === key)
    const own = yield* RunProcess.own
    const isFree = (id: RunRecord.RunId) => heads.every(({ runId }) => runId !== id)
    let head: RunRecord.RunHead = {
      version: 3,
      runId: before?.runId ?? (yield* Effect.repeat(RunIds.make, { until: isFree })),
      started: before?.started ?? own.since,
      cwd: before?.cwd ?? process.cwd(),
      process: own,
      baseUrl: account.baseUrl,
      ...(account.projectId === undefined ? {} : { projectId: account.projectId }),
      ...identity,
      wanted: summary(request),
      ...(before?.files === undefined ? {} : { files: before.files })
    }
    const path = folder(head.runId)
    yield* Files.makePrivateDirectory(path)
    yield* Files.writeWhole(join(path, "request.json"), encodeRequest(request))
    // The head comes last: a folder without one is no run.
    yield* writeHead(head)
    const jobs = yield* RunJobs.open(
      { path: jobsOf(head), isWritable: true },
      [...(yield* finishedOf(heads, request, account)), ...unfinished.filter(({ runId }) => runId !== head.runId)].map(
        jobsOf
      ),
      batchKeys(account, request)
    )
    let counted = DateTime.toEpochMillis(own.since)
    return {
      runId: head.runId,
      resumed: before !== undefined && RunRecord.state(before) !== "complete",
      isNew: before === undefined,
      journal: jobs.journal,
      jobs: Effect.sync(() => jobsIn(request, jobs)),
      mayStartAnew: jobs.mayStartAnew,
      jobEnded: jobs.ended,
      discard: remove(head.runId),
      saved: Effect.fnUntraced(function* (files: number) {
        const now = yield* Clock.currentTimeMillis
        if (files === head.files || now - counted < countingPause) return
        counted = now
        yield* writeHead((head = { ...head, files }))
      }),
      end: ({ files, ...end }: Pick<RunRecord.End, "state" | "message"> & { readonly files?: number | undefined }) =>
        Effect.flatMap(DateTime.now, (at) => {
          head = { ...head, ...(files === undefined ? {} : { files }), end: { ...end, at } }
          return Effect.andThen(Effect.ignore(jobs.catchUp), writeHead(head))
        })
    }
  })

  const recall = Effect.fnUntraced(function* (given: DownloadRequest.DownloadRequest, account: RunRecord.Account) {
    const request = Place.absolute(given)
    const identity = identify(request, account)
    const heads = yield* Effect.catch(list, (error) =>
      wasNeverWritten.has(error.reason._tag) ? Effect.succeed([]) : Effect.fail(error)
    )
    yield* checkElsewhere(heads, identity)
    const unfinished = unfinishedOf(heads, identity.place, account)
    const before = unfinished.find((head) => head.key === identity.key)
    return yield* RunJobs.open(
      { path: before === undefined ? undefined : jobsOf(before), isWritable: false },
      [...(yield* finishedOf(heads, request, account)), ...unfinished.filter((head) => head !== before)].map(jobsOf),
      batchKeys(account, request)
    )
  })

  return {
    list,
    get,
    request,
    syncRequest,
    jobs: Effect.fnUntraced(function* (runId: RunRecord.RunId, options: { readonly withUseless?: boolean } = {}) {
      const wanted = yield* asked(runId)
      const { baseUrl, projectId } = yield* get(runId)
      const recorded = yield* RunJobs.read(jobsOf({ runId }), batchKeys({ baseUrl, projectId }, wanted))
      return jobsIn(wanted, options.withUseless === true ? { ...recorded, all: recorded.ever } : recorded)
    }),
    forget: Effect.fnUntraced(function* (runId: RunRecord.RunId) {
      const head = yield* get(runId)
      yield* checkIdle(head)
      if (RunRecord.mayRunElsewhere(head)) return yield* elsewhere(head)
      return yield* remove(runId)
    }),
    release: Effect.fnUntraced(function* (runId: RunRecord.RunId) {
      const head = yield* get(runId)
      yield* checkIdle(head)
      if (!RunRecord.mayRunElsewhere(head)) return
      yield* writeHead({ ...head, end: { state: "interrupted", at: yield* DateTime.now } })
    }),
    begin,
    recall
  }
}

/** Why no run can have been recorded in a directory. */
const wasNeverWritten: ReadonlySet<string> = new Set(["NotFound", "NotADirectory", "PermissionDenied"])

const unfinishedOf = (
  heads: ReadonlyArray<RunRecord.RunHead>,
  place: string,
  account: RunRecord.Account
): ReadonlyArray<RunRecord.RunHead> =>
  heads.filter((head) => RunRecord.state(head) !== "complete" && isOf(place, account)(head))

const isOf =
  (place: string, { baseUrl, projectId }: RunRecord.Account) =>
  (head: RunRecord.RunHead): boolean =>
    head.place === place && head.baseUrl === baseUrl && head.projectId === projectId

/** Fails where another machine may be carrying out a run for the same selection to the same place: its jobs would be resumed. */
const checkElsewhere = (
  heads: ReadonlyArray<RunRecord.RunHead>,
  { selection }: Pick<RunRecord.RunHead, "selection">
): Effect.Effect<void, RunRecord.RunBusyElsewhere> => {
  const other = heads.find((head) => head.selection === selection && RunRecord.mayRunElsewhere(head))
  return other === undefined ? Effect.void : Effect.fail(elsewhere(other))
}

const elsewhere = ({ place, process: { host }, runId }: RunRecord.RunHead): RunRecord.RunBusyElsewhere =>
  new RunRecord.RunBusyElsewhere({ place, runId, host })

/** Fails where a process of this machine carries out a run. */
const checkIdle = (head: RunRecord.RunHead): Effect.Effect<void, RunRecord.RunBusy> => {
  const { place, process, runId } = head
  return RunProcess.isBusy(head) ? Effect.fail(new RunRecord.RunBusy({ place, runId, pid: process.pid })) : Effect.void
}
/**
 * The last run that was finished and kept the same archives, of which some are there still: its jobs are those of these
 * archives, so that nothing is requested again to find out that everything is there.
 */
const finishedOf = Effect.fnUntraced(function* (
  heads: ReadonlyArray<RunRecord.RunHead>,
  request: RunRequest,
  account: RunRecord.Account
) {
  if (isSync(request)) return []
  const { destination } = request
  if (destination._tag !== "ArchiveFiles" || destination.replace === true) return []
  const { baseUrl, projectId } = account
  const { key } = identify(request, account)
  const finished = heads.find(
    (head) =>
      RunRecord.state(head) === "complete" &&
      head.key === key &&
      head.baseUrl === baseUrl &&
      head.projectId === projectId
  )
  if (finished === undefined) return []
  const total = Batches.archiveCount(request)
  const paths = Array.from({ length: total }, (_, batch) => Place.archivePath(destination.file, total, batch))
  const existing = yield* Effect.filter(paths, (path) => Effect.orElseSucceed(Files.exists(path), () => false))
  return existing.length === 0 ? [] : [finished]
})

const batchKeys = (account: RunRecord.Account, request: RunRequest) =>
  isSync(request) ? [] : Batches.of(request).map((batch) => BatchKeys.of(account, batch))

const since = ({ process }: RunRecord.RunHead): number => DateTime.toEpochMillis(process.since)

const busy = (place: string, { holder }: Locked): RunRecord.RunBusy =>
  new RunRecord.RunBusy({
    place,
    ...(holder === undefined ? {} : { pid: holder.pid }),
    ...(holder?.host === undefined ? {} : { host: holder.host })
  })

/** The jobs that a run has begun, or was asked for. */
const jobsIn = (request: RunRequest, { all, stateOf }: RunJobs.Recorded) =>
  !isSync(request) && request.wanted._tag === "Jobs"
    ? request.wanted.jobIds.map((jobId, batch): RunRecord.RunJob => ({ batch, jobId, state: stateOf(jobId) }))
    : all()

const summary = (request: RunRequest): RunRecord.RunHead["wanted"] => {
  if (isSync(request)) return { kind: "sync", count: 0, first: "" }
  const { wanted } = request
  const ids =
    wanted._tag === "Jobs"
      ? wanted.jobIds
      : [...wanted.selection.assetIds, ...wanted.selection.inferenceIds, ...wanted.selection.modelIds]
  return { kind: wanted._tag === "Jobs" ? "jobs" : "assets", count: ids.length, first: ids[0] ?? "" }
}
