/**
 * @title One asset, in another format
 *
 * `request` gives a link to one asset, converted where a format is given. `Transfer.bytes` streams it: to a response, an
 * object store, an image pipeline. Here it is counted and hashed without being kept.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/04_asset-to-format.ts asset_… webp
 */
import { createHash } from "node:crypto"
import { NodeRuntime } from "@effect/platform-node"
import { Asset, AssetDownload, Transfer } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { Console, Effect, Schema, Stream } from "effect"

const decode = Schema.decodeUnknownEffect(Schema.Struct({ assetId: Asset.AssetId, targetFormat: Asset.TargetFormat }))

export const program = Effect.fn("assetToFormat")(function* (input: {
  readonly assetId: string
  readonly targetFormat: string
}) {
  const { assetId, targetFormat } = yield* decode(input)
  const assets = yield* AssetDownload.AssetDownload
  const transfer = yield* Transfer.Transfer

  const hash = createHash("sha256")
  let size = 0
  yield* transfer.bytes({ refresh: assets.request(assetId, { targetFormat }) }).pipe(
    Stream.runForEach((bytes) =>
      Effect.sync(() => {
        hash.update(bytes)
        size += bytes.length
      })
    )
  )
  const sha256 = hash.digest("hex")
  yield* Console.log(`${assetId}.${targetFormat}: ${size} bytes, SHA-256 ${sha256}`)
  return { size, sha256 }
})

if (import.meta.main) {
  const [assetId = "", targetFormat = "png"] = process.argv.slice(2)
  NodeRuntime.runMain(program({ assetId, targetFormat }).pipe(Effect.provide(NodeScenario.layerConfig)))
}
