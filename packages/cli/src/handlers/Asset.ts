/** `asset`: single assets, each in its own format or another. */
import { join } from "node:path"
import type { AssetId, TargetFormat } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import type { StoredObject } from "@scenario-assets/core/transfer/StoredObject"
import type { ReadOptions } from "@scenario-assets/core/transfer/Transfer"
import * as TransferPool from "@scenario-assets/core/transfer/TransferPool"
import { FileDownload, type Options as FileOptions } from "@scenario-assets/node/file/FileDownload"
import * as MediaType from "@scenario-assets/node/file/MediaType"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Scenario from "../access/Scenario.ts"
import * as SavedFiles from "../download/SavedFiles.ts"
import * as TimeLimit from "../download/TimeLimit.ts"
import * as CommandError from "../errors/CommandError.ts"
import * as Ids from "../ids/Ids.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import { type Connection, type Transfer, transferOptions } from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"

interface Values extends Connection, Transfer, Output.Mode {
  readonly ids: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
  readonly format: Option.Option<TargetFormat>
  readonly directory: string
  readonly force: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const ids = yield* whenInterrupted(() => "Nothing was started; run the same command again.")(Ids.readAssets(values))
    yield* saveAll(ids, values).pipe(
      TimeLimit.of(values),
      whenInterrupted(() => "Run the same command again to resume."),
      Effect.provide(Scenario.layer(values))
    )
  }).pipe(Effect.provide(Output.layer(values)))

const saveAll = Effect.fnUntraced(function* (ids: ReadonlyArray<AssetId>, values: Values) {
  const { note, progress, result } = yield* Output.Output
  const { limitRate, timeLimit: _ofAll, ...options } = transferOptions(values)
  const { connections = usualConnections } = options
  const pool = yield* TransferPool.make({ connections, limitRate })
  progress.expect(ids.length)
  // One that fails does not stop the others.
  const outcomes = yield* Effect.forEach(
    ids,
    (assetId) =>
      Effect.result(Effect.mapError(save(values, assetId, { ...options, pool }), (error) => ({ of: assetId, error }))),
    { concurrency: Math.min(values.concurrency, connections) }
  )
  const [assets, [first, ...others]] = Arr.partition(outcomes, (outcome) => outcome)
  if (assets.length > 0) yield* note(SavedFiles.summary(assets, "asset"))
  if (first === undefined) return yield* result({ assets })
  return yield* new CommandError.Failures({
    failed: [first, ...others],
    total: ids.length,
    what: "assets could not be downloaded",
    done: { assets }
  })
})

const usualConnections = Number(Settings.connections.otherwise)

const save = Effect.fnUntraced(function* (values: Values, assetId: AssetId, transfer: ReadOptions) {
  const { line } = yield* Output.Output
  const { request } = yield* AssetDownload
  const { events } = yield* FileDownload
  const watch = yield* Watch.make
  const base = join(values.directory, assetId)
  const targetFormat = Option.getOrUndefined(values.format)
  const source = { refresh: request(assetId, { targetFormat }) }
  const options: FileOptions = {
    ifExists: values.force ? "replace" : "keep",
    ...transfer,
    ...(targetFormat === undefined ? { rename: (object: StoredObject) => base + extensionOf(object.contentType) } : {})
  }
  const target = targetFormat === undefined ? base : `${base}.${targetFormat}`
  const last = yield* events(source, target, options).pipe(
    Stream.tap(watch.file(assetId)),
    Stream.runLast,
    watch.task(assetId)
  )
  const completed = yield* Effect.orDie(Effect.fromOption(last))
  if (completed._tag !== "Completed") return yield* Effect.die(completed)
  yield* line(completed.file.path)
  return { assetId, ...completed.file }
})

/** With its dot; nothing for a type that is not known. */
const extensionOf = (contentType: string | undefined): string => {
  const extension = MediaType.extension(contentType)
  return extension === undefined ? "" : `.${extension}`
}
