/**
 * A service of somebody's app that uses `AssetDownload`; 05_gallery.test.ts tests it with a layer of its own.
 */
import { type Asset, AssetDownload, SignedUrl } from "@scenario-assets/core"
import { Context, Effect, Layer } from "effect"

export class Gallery extends Context.Service<
  Gallery,
  {
    /** Where a browser finds a thumbnail; nothing for assets that cannot be shown. */
    readonly thumbnail: (assetId: Asset.AssetId) => Effect.Effect<URL | undefined>
  }
>()("examples/Gallery") {
  static readonly layer = Layer.effect(
    Gallery,
    Effect.gen(function* () {
      const assets = yield* AssetDownload.AssetDownload
      return Gallery.of({
        thumbnail: (assetId) =>
          assets.request(assetId, { targetFormat: "webp" }).pipe(
            // A browser needs the whole link; revealing it is a step of its own.
            Effect.map(SignedUrl.reveal),
            Effect.catchReason("ApiError", "Rejected", () => Effect.succeed(undefined)),
            Effect.orDie
          )
      })
    })
  )
}
