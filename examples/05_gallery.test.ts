/**
 * @title A layer of one's own in a test
 *
 * `AssetDownload.layerTest` takes the operations a test needs. No HTTP, no emulator, no key.
 */
import { assert, describe, it } from "@effect/vitest"
import { ApiError, Asset, AssetDownload, SignedUrl } from "@scenario-assets/core"
import { Effect, Layer } from "effect"
import { Gallery } from "./05_gallery.ts"

const picture = Asset.AssetId.make("asset_picture")
const song = Asset.AssetId.make("asset_song")

const AssetDownloadTest = AssetDownload.layerTest({
  request: (assetId, options) =>
    assetId === picture
      ? Effect.orDie(Effect.fromResult(SignedUrl.make(`https://cdn.test/${assetId}.${options?.targetFormat}`)))
      : Effect.fail(
          new ApiError.ApiError({
            operation: "request",
            subject: assetId,
            reason: new ApiError.Reason.cases.Rejected({
              response: { status: 400, headers: {}, body: "Invalid target format" }
            })
          })
        )
})

describe("Gallery", () => {
  it.effect("shows pictures, and nothing of songs", () =>
    Effect.gen(function* () {
      const { thumbnail } = yield* Gallery
      assert.strictEqual((yield* thumbnail(picture))?.href, "https://cdn.test/asset_picture.webp")
      assert.isUndefined(yield* thumbnail(song))
    }).pipe(Effect.provide(Layer.provide(Gallery.layer, AssetDownloadTest)))
  )
})
