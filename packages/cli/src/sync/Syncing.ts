/** A directory brought in step, once or again and again: what happens is told, and in the end what came of it. */
import type { RunId } from "@scenario-assets/node/runs/RunRecord"
import type { SyncRequest } from "@scenario-assets/node/runs/SyncRequest"
import * as NodeSync from "@scenario-assets/node/sync/Sync"
import type { Report } from "@scenario-assets/node/sync/SyncRun"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Metadata from "../catalogue/Metadata.ts"
import * as Page from "../catalogue/Page.ts"
import * as SavedFiles from "../download/SavedFiles.ts"
import * as CommandError from "../errors/CommandError.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import * as Recorded from "../runs/Recorded.ts"
import * as Format from "../text/Format.ts"

/** Notes of a request, for whoever resumes it: what was chosen, where the metadata goes, and whether a page is written. */
export const annotations = (
  words: string,
  { gallery, metadata }: { readonly metadata: Option.Option<string>; readonly gallery: boolean }
): Pick<SyncRequest, "annotations"> => ({
  annotations: {
    ...(words === "" ? {} : { [Recorded.filter]: words }),
    ...(Option.isSome(metadata) ? { [Recorded.metadata]: metadata.value } : {}),
    ...(gallery ? { [Recorded.gallery]: "true" } : {})
  }
})

/** One run, told as it goes. */
const round = (request: SyncRequest) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { events } = yield* NodeSync.Sync
      const { event: tell, note, progress, warn } = yield* Output.Output
      const watch = yield* Watch.make
      /** What was told of each file that is on its way. */
      const files = new Map<string, ReturnType<typeof watch.file>>()
      yield* note("Looking for new assets…")
      return Stream.tap(events(request), (event) => {
        switch (event._tag) {
          case "Started":
            return event.runId === undefined ? Effect.void : tell({ type: "run", runId: event.runId })
          case "NotRecorded":
            return Effect.andThen(
              tell({ type: "notRecorded", message: event.error.message }),
              warn(Recorded.isNot(event.error))
            )
          case "Fetching":
            progress.expect(1)
            files.set(event.record.id, watch.file(event.record.id))
            return tell({ type: "fetching", assetId: event.record.id, path: event.path })
          case "File":
            // What exists already is no news here: it is what the directory is to hold.
            return event.event._tag === "Completed"
              ? watch.completedFile(event.assetId, event.event.file, undefined)
              : (files.get(event.assetId)?.(event.event) ?? Effect.void)
          case "Saved":
            files.delete(event.record.id)
            progress.ended(event.record.id)
            return Effect.void
          case "Failed":
            files.delete(event.assetId)
            progress.ended(event.assetId)
            return tell({ type: "assetFailed", assetId: event.assetId, message: event.error.message })
          case "Ended":
            return Effect.void
        }
      })
    })
  )

/** What a run has done, in words. */
const summary = Effect.fnUntraced(function* (
  { annotations = {}, directory }: SyncRequest,
  since: number,
  { alreadyThere, bytes, saved, total }: Report
) {
  const { note } = yield* Output.Output
  const took = Format.time((yield* Clock.currentTimeMillis) - since)
  const known = alreadyThere === 0 ? "" : ` (${alreadyThere} of them already existed)`
  const what = saved === 0 ? "Nothing new" : `${Format.count(saved, "new asset")}, ${Format.bytes(bytes)}${known}`
  yield* note(`${what} in ${took}; ${Format.count(total, "asset")} in the index`)
  const metadata = annotations[Recorded.metadata]
  if (metadata !== undefined) yield* Metadata.write(metadata, NodeSync.index(directory))
  if (annotations[Recorded.gallery] !== undefined && total > 0) yield* Page.write(directory)
})

const fieldsOf = ({ directory }: SyncRequest, { alreadyThere, bytes, saved }: Report) => ({
  directory: SavedFiles.shownDirectory(directory),
  saved,
  alreadyThere,
  bytes
})

const resumable = (runId: RunId): CommandError.Resumable => ({
  runId,
  beginsJobs: false,
  isResumed: false,
  command: Recorded.resume(runId)
})

/** One run, and its result. */
export const once = Effect.fnUntraced(function* (request: SyncRequest) {
  const { line, result, whenInterrupted } = yield* Output.Output
  const since = yield* Clock.currentTimeMillis
  let runId: RunId | undefined
  const run = () => (runId === undefined ? undefined : resumable(runId))
  const ended = Stream.tap(round(request), (event) =>
    Effect.sync(() => {
      if (event._tag === "Started") runId = event.runId
    })
  ).pipe(
    Stream.runLast,
    Effect.mapError((error) => (runId === undefined ? error : CommandError.single(error, run()))),
    whenInterrupted(() => (runId === undefined ? sameAgain : `To resume: ${Recorded.resume(runId)}`))
  )
  const last = yield* Effect.orDie(Effect.fromOption(yield* ended))
  if (last._tag !== "Ended") return yield* Effect.die(last)
  const { report } = last
  yield* summary(request, since, report)
  const done = fieldsOf(request, report)
  if (report.total > 0) yield* line(done.directory)
  const [first, ...others] = report.failures.map(({ assetId, error }) => ({ of: assetId, error }))
  if (first === undefined) return yield* result({ ...done, assets: report.total })
  return yield* new CommandError.Failures({
    failed: [first, ...others],
    total: report.wanted,
    what: "assets could not be downloaded; the next run tries them again",
    done,
    run: run()
  })
})

const sameAgain = "Run the same command again to resume."

/** Run after run, each asked for anew; what goes wrong in one is told, and the next one comes. */
export const again = Effect.fnUntraced(function* <E extends CommandError.Failure, R>(
  ask: Effect.Effect<SyncRequest, E, R>,
  pause: Duration.Duration
) {
  const { event: tell, note, warn, whenInterrupted } = yield* Output.Output
  const rounds = Stream.unwrap(
    Effect.map(Effect.all([ask, Clock.currentTimeMillis]), ([request, since]) =>
      Stream.tap(round(request), (event) => {
        if (event._tag !== "Ended") return Effect.void
        const { report } = event
        return Effect.forEach(report.failures, ({ assetId, error }) => warn(`${assetId}: ${error.message}`), {
          discard: true
        }).pipe(
          Effect.andThen(summary(request, since, report)),
          Effect.andThen(tell({ type: "synced", ...fieldsOf(request, report), assets: report.total }))
        )
      })
    )
  )
  yield* NodeSync.watch(rounds, Schedule.spaced(pause), (error) =>
    Effect.andThen(warn(error.message), note(`Looking again in ${Format.time(Duration.toMillis(pause))}`))
  ).pipe(
    Stream.runDrain,
    whenInterrupted(() => sameAgain)
  )
})
