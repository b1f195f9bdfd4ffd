/** `asset`: single assets, each in its own format or another. */
import { join } from "node:path"
import type { AssetId, TargetFormat } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import type { StoredObject } from "@scenario-assets/core/transfer/StoredObject"
import { FileDownload, type Options as FileOptions } from "@scenario-assets/node/file/FileDownload"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Extension from "../Extension.ts"
import { type Connection, type Transfer, transferOptions } from "../Options.ts"
import * as Output from "../Output.ts"
import * as Saved from "../Saved.ts"
import * as Scenario from "../Scenario.ts"

interface Values extends Connection, Transfer, Output.Mode {
  readonly ids: ReadonlyArray<AssetId>
  readonly format: Option.Option<TargetFormat>
  readonly directory: string
  readonly force: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { progress, whenInterrupted } = yield* Output.Output
    const ids = [...new Set(values.ids)]
    progress.expect(ids.length)
    const outcomes = yield* Effect.forEach(
      ids,
      (assetId) =>
        Saved.outcome(
          assetId,
          Effect.map(save(values, assetId), (file) => ({ assetId, ...file }))
        ),
      { concurrency: values.concurrency }
    ).pipe(whenInterrupted("Run the same command again to go on where it stopped."))
    yield* Saved.tell({ kind: "assets", one: "asset", total: ids.length, outcomes })
  }).pipe(Effect.provide(Layer.provideMerge(Scenario.layer(values), Output.layer(values))))

const save = Effect.fnUntraced(function* (values: Values, assetId: AssetId) {
  const { request } = yield* AssetDownload
  const { events } = yield* FileDownload
  const base = join(values.directory, assetId)
  const targetFormat = Option.getOrUndefined(values.format)
  const source = { refresh: request(assetId, { targetFormat }) }
  const options: FileOptions = {
    ifExists: values.force ? "replace" : "fail",
    ...transferOptions(values)
  }
  return yield* Saved.file(
    assetId,
    targetFormat === undefined
      ? events(source, base, { ...options, rename: (object: StoredObject) => base + Extension.of(object.contentType) })
      : events(source, `${base}.${targetFormat}`, options)
  )
})
