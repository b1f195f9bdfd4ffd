import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, ScenarioConfig, StorageClient, Transfer } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { NodeScenario } from "@scenario-assets/node"
import { EmulatorServer } from "@scenario-assets/node/testing"
import { Effect, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"

const credentials = { key: "key", secret: "secret" }

const services = (choices: NodeScenario.Choices) =>
  NodeScenario.layerServices(choices).pipe(
    Layer.provideMerge(
      Layer.unwrap(
        Effect.map(Emulator.Emulator, ({ config }) =>
          ScenarioConfig.layer({
            baseUrl: config.apiUrl,
            apiKey: Redacted.make(credentials.key),
            apiSecret: Redacted.make(credentials.secret)
          })
        )
      )
    ),
    Layer.provideMerge(EmulatorServer.layer({ credentials }))
  )

/** A client that tells of the paths it is sent to. */
const telling = (told: Array<string>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.tapRequest((request) => Effect.sync(() => told.push(new URL(request.url).pathname)))
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

const link = Effect.gen(function* () {
  const { catalogue } = yield* Emulator.Emulator
  const { request } = yield* AssetDownload.AssetDownload
  return yield* request(Asset.AssetId.make(catalogue.assets[0]?.id ?? ""))
})

describe("NodeScenario.layerServices", () => {
  const api: Array<string> = []
  const storage: Array<string> = []
  const clients = services({
    apiClient: telling(api),
    storageClient: StorageClient.layerHttpClient.pipe(Layer.provide(telling(storage)))
  })

  it.live("takes clients of one's own, one for the API and one for storage hosts", () =>
    Effect.gen(function* () {
      const url = yield* link
      const { bytes } = yield* Transfer.Transfer
      yield* Stream.runDrain(bytes({ url, refresh: Effect.succeed(url) }))
      assert.lengthOf(api, 1)
      assert.match(api[0] ?? "", /\/assets\/[^/]+\/download$/)
      assert.lengthOf(storage, 1)
    }).pipe(Effect.provide(clients))
  )

  it.live("takes limits for every call", () =>
    Effect.gen(function* () {
      const { inject, requests } = yield* Emulator.Emulator
      yield* inject(Fault.status("request", 503, { times: "always" }))
      const error = yield* Effect.flip(link)
      assert.strictEqual(error._tag, "ApiError")
      assert.lengthOf(yield* requests, 2)
    }).pipe(Effect.provide(services({ assetDownload: { retries: 1, backoffBase: 0 } })))
  )
})
