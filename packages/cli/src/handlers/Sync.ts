/** `sync`: a directory that is to hold everything that flags choose. */
import { resolve as resolvePath } from "node:path"
import type { TargetFormat } from "@scenario-assets/core/Asset"
import type { SyncRequest } from "@scenario-assets/node/runs/SyncRequest"
import * as NodeSync from "@scenario-assets/node/sync/Sync"
import * as SyncTemplate from "@scenario-assets/node/sync/SyncTemplate"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scenario from "../access/Scenario.ts"
import * as Chosen from "../catalogue/Chosen.ts"
import * as SavedFiles from "../download/SavedFiles.ts"
import * as TimeLimit from "../download/TimeLimit.ts"
import * as CommandError from "../errors/CommandError.ts"
import * as WholeFile from "../files/WholeFile.ts"
import * as Output from "../output/Output.ts"
import type { Choice } from "../settings/CatalogueFlags.ts"
import { type Connection, type Transfer, transferOptions } from "../settings/Options.ts"
import * as Syncing from "../sync/Syncing.ts"
import * as Format from "../text/Format.ts"
import * as Shell from "../text/Shell.ts"

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
      values.dryRun
        ? preview(values)
        : Option.isSome(values.watch)
          ? Syncing.again(requestOf(values), values.watch.value)
          : Effect.flatMap(requestOf(values), Syncing.once)
    ).pipe(TimeLimit.of(values))
  }).pipe(Effect.provide(Layer.provideMerge(Scenario.layer(values), Output.layer(values))))

/** Reckoned anew each time, for `--since 7d` means another time then. */
const requestOf = Effect.fnUntraced(function* (values: Values) {
  const { concurrency, directory, format, limit, model, names, repair } = values
  const { timeLimit: _ofAll, ...transfer } = transferOptions(values)
  const { resolve } = yield* Chosen.filter(values)
  const filter = yield* resolve
  const words = [...Option.toArray(model).flatMap((id) => Shell.flag("--model", id)), ...Chosen.flags(values)]
  const request: SyncRequest = {
    ...transfer,
    ...Syncing.annotations(Shell.command(words), {
      ...values,
      metadata: Option.map(values.metadata, (file) => resolvePath(file))
    }),
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
