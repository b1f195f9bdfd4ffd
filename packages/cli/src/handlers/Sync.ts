/** `sync`: a directory that is to hold everything that flags choose. */
import type { TargetFormat } from "@scenario-assets/core/Asset"
import * as NodeSync from "@scenario-assets/node/sync/Sync"
import type { Report, Request } from "@scenario-assets/node/sync/SyncRun"
import * as SyncTemplate from "@scenario-assets/node/sync/SyncTemplate"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Scenario from "../access/Scenario.ts"
import * as Chosen from "../catalogue/Chosen.ts"
import * as Metadata from "../catalogue/Metadata.ts"
import * as Page from "../catalogue/Page.ts"
import * as SavedFiles from "../download/SavedFiles.ts"
import * as TimeLimit from "../download/TimeLimit.ts"
import * as CommandError from "../errors/CommandError.ts"
import * as WholeFile from "../files/WholeFile.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import type { Choice } from "../settings/CatalogueFlags.ts"
import { type Connection, type Transfer, transferOptions } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface Values extends Choice, Transfer, Connection, Output.Mode {
  readonly directory: string
  readonly model: Option.Option<string>
  readonly names: Option.Option<string>
  readonly format: Option.Option<TargetFormat>
  readonly repair: boolean
  readonly watch: Option.Option<Duration.Duration>
  readonly metadata: Option.Option<string>
  readonly gallery: boolean
  readonly dryRun: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    // What cannot be meant is told before anybody is asked.
    yield* Chosen.filter(values)
    if (Option.isSome(values.names)) {
      yield* Effect.mapError(
        SyncTemplate.make(values.names.value),
        ({ message }) => new CommandError.UsageError({ message: `--names: ${message}` })
      )
    }
    if (Option.isSome(values.metadata)) yield* WholeFile.checkName("--metadata", values.metadata.value)
    yield* (
      values.dryRun ? preview(values) : Option.isSome(values.watch) ? again(values, values.watch.value) : once(values)
    ).pipe(
      TimeLimit.of(values),
      whenInterrupted(() => "Run the same command again to resume.")
    )
  }).pipe(Effect.provide(Layer.provideMerge(Scenario.layer(values), Output.layer(values))))

/** Reckoned anew each time, for `--since 7d` means another time then. */
const requestOf = Effect.fnUntraced(function* (values: Values) {
  const { concurrency, directory, format, limit, model, names, repair } = values
  const { timeLimit: _ofAll, ...transfer } = transferOptions(values)
  const { resolve } = yield* Chosen.filter(values)
  const filter = yield* resolve
  const request: Request = {
    ...transfer,
    directory,
    filter: { ...filter, modelId: Option.getOrUndefined(model) },
    template: Option.getOrUndefined(names),
    format: Option.getOrUndefined(format),
    limit: Option.getOrUndefined(limit),
    concurrency,
    repair
  }
  return request
})

const preview = Effect.fnUntraced(function* (values: Values) {
  const { line, result, warn } = yield* Output.Output
  const { preview } = yield* NodeSync.Sync
  const { assets, bytes, free, ofUnknownSize } = yield* preview(yield* requestOf(values))
  const unknown = ofUnknownSize === 0 ? "" : ` (${ofUnknownSize} more of unknown size)`
  yield* line(
    `${Format.count(assets, "new asset")}, ${Format.bytes(bytes)}${unknown}; ${Format.bytes(free)} free on the disk`
  )
  const directory = SavedFiles.shownDirectory(values.directory)
  const fits = bytes <= free
  if (!fits) yield* warn(`not enough free space in ${directory}`)
  yield* result({ dryRun: true, directory, assets, bytes, free, fits })
})

/** One round, told as it goes. */
const round = (values: Values) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { events } = yield* NodeSync.Sync
      const { event: tell, note, progress } = yield* Output.Output
      const watch = yield* Watch.make
      /** What was told of each file that is on its way. */
      const files = new Map<string, ReturnType<typeof watch.file>>()
      yield* note("Looking for new assets…")
      return Stream.tap(events(yield* requestOf(values)), (event) => {
        switch (event._tag) {
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

/** What a round has done, in words. */
const summary = Effect.fnUntraced(function* (
  values: Values,
  since: number,
  { alreadyThere, bytes, saved, total }: Report
) {
  const { note } = yield* Output.Output
  const took = Format.time((yield* Clock.currentTimeMillis) - since)
  const known = alreadyThere === 0 ? "" : ` (${alreadyThere} of them already existed)`
  const what = saved === 0 ? "Nothing new" : `${Format.count(saved, "new asset")}, ${Format.bytes(bytes)}${known}`
  yield* note(`${what} in ${took}; ${Format.count(total, "asset")} in the index`)
  if (Option.isSome(values.metadata)) yield* Metadata.write(values.metadata.value, NodeSync.index(values.directory))
  if (values.gallery && total > 0) yield* Page.write(values.directory)
})

const fieldsOf = (values: Values, { alreadyThere, bytes, saved }: Report) => ({
  directory: SavedFiles.shownDirectory(values.directory),
  saved,
  alreadyThere,
  bytes
})

const once = Effect.fnUntraced(function* (values: Values) {
  const { line, result } = yield* Output.Output
  const since = yield* Clock.currentTimeMillis
  const last = yield* Effect.orDie(Effect.fromOption(yield* Stream.runLast(round(values))))
  if (last._tag !== "Ended") return yield* Effect.die(last)
  const { report } = last
  yield* summary(values, since, report)
  const done = fieldsOf(values, report)
  if (report.total > 0) yield* line(done.directory)
  const [first, ...others] = report.failures.map(({ assetId, error }) => ({ of: assetId, error }))
  if (first === undefined) return yield* result({ ...done, assets: report.total })
  return yield* new CommandError.Failures({
    failed: [first, ...others],
    total: report.wanted,
    what: "assets could not be downloaded; the next run tries them again",
    done
  })
})

/** Round after round; what goes wrong in one is told, and the next one comes. */
const again = Effect.fnUntraced(function* (values: Values, pause: Duration.Duration) {
  const { event: tell, note, warn } = yield* Output.Output
  const rounds = Stream.unwrap(
    Effect.map(Clock.currentTimeMillis, (since) =>
      Stream.tap(round(values), (event) => {
        if (event._tag !== "Ended") return Effect.void
        const { report } = event
        return Effect.forEach(report.failures, ({ assetId, error }) => warn(`${assetId}: ${error.message}`), {
          discard: true
        }).pipe(
          Effect.andThen(summary(values, since, report)),
          Effect.andThen(tell({ type: "synced", ...fieldsOf(values, report), assets: report.total }))
        )
      })
    )
  )
  yield* NodeSync.watch(rounds, Schedule.spaced(pause), (error) =>
    Effect.andThen(warn(error.message), note(`Looking again in ${Format.time(Duration.toMillis(pause))}`))
  ).pipe(Stream.runDrain)
})
