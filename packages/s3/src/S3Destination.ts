/**
 * S3, and stores that speak its language, as a destination: files of archives go straight into a bucket.
 *
 * @since 0.1.0
 */
import * as Destination from "@scenario-assets/node/download/Destination"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Options } from "./internal/Options.ts"

/** @category models @since 0.1.0 */
export type { Credentials, Options } from "./internal/Options.ts"

/**
 * Finds the destination for an address such as `s3://bucket/folder`, for `Destinations.layer({ "s3:": … })` beside others. All share
 * one client, as long as the scope is open. The address is a URL: what is no letter in it may be percent-encoded.
 *
 * @category constructors
 * @since 0.1.0
 */
export const finder = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<Destination.Finder, Config.ConfigError, Scope.Scope> {
  const endpoint = options.endpoint ?? Option.getOrUndefined(yield* endpointConfig)
  const forcePathStyle = options.forcePathStyle ?? endpoint !== undefined
  const scope = yield* Effect.scope
  // The SDK is large: it is loaded when somebody stores something.
  const client = yield* Effect.cached(
    Effect.flatMap(
      Effect.promise(() => import("./internal/Client.ts")),
      ({ make }) => Scope.provide(make({ ...options, endpoint, forcePathStyle }), scope)
    )
  )
  return Effect.fnUntraced(function* (url) {
    const bucket = url.hostname
    if (bucket === "") return yield* noBucket(url.href)
    const { make } = yield* Effect.promise(() => import("./internal/Bucket.ts"))
    return make(yield* client, { bucket, prefix: prefixOf(url.pathname) }, options)
  })
})

/**
 * The destination for one address, for a program that needs no `Destinations`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  url: string,
  options: Options = {}
): Effect.Effect<Destination.Destination, Destination.DestinationError | Config.ConfigError, Scope.Scope> =>
  Effect.flatMap(finder(options), (find) => (URL.canParse(url) ? find(new URL(url)) : Effect.fail(noBucket(url))))

/**
 * The service `Destinations` for addresses such as `s3://bucket/folder`, and for no others.
 *
 * **Example** (A download into a bucket)
 *
 * ```ts
 * import { DownloadRequest, Downloads, NodeScenario } from "@scenario-assets/node"
 * import { ScenarioConfig, Selection } from "@scenario-assets/core"
 * import { S3Destination } from "@scenario-assets/s3"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const downloads = yield* Downloads.Downloads
 *   const selection = yield* Selection.make({ modelIds: ["model_castle"] })
 *   return yield* downloads.run({
 *     wanted: { _tag: "Assets", selection },
 *     destination: DownloadRequest.store("s3://bucket/renders")
 *   })
 * }).pipe(
 *   Effect.provide(
 *     NodeScenario.layerServices({ destinations: S3Destination.layer() }).pipe(Layer.provide(ScenarioConfig.layerConfig))
 *   )
 * )
 * ```
 *
 * **Gotchas**
 *
 * Give each download a folder of its own: an object of the folder that has the name of a file and another content is replaced.
 * A process that is killed cannot abort the upload of a large file: let a lifecycle rule of the bucket remove what is left of it
 * (`AbortIncompleteMultipartUpload`).
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Destination.Destinations, Config.ConfigError> =>
  Layer.unwrap(Effect.map(finder(options), (s3) => Destination.Destinations.layer({ "s3:": s3 })))

const noBucket = (place: string) =>
  Destination.DestinationError.of({
    operation: "store files in",
    place,
    description: "the address names no bucket; one looks like s3://bucket/folder",
    isFatal: true
  })

const endpointConfig = Config.option(
  Config.orElse(Config.String("AWS_ENDPOINT_URL_S3"), () => Config.String("AWS_ENDPOINT_URL"))
)

/** Without a slash at either end. */
const prefixOf = (pathname: string): string =>
  Option.getOrElse(
    Option.liftThrowable(decodeURIComponent)(pathname),
    // What is not encoded well is taken as it is.
    () => pathname
  ).replace(/^\/+|\/+$/g, "")
