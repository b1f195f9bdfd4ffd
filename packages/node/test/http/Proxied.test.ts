/** Through a real proxy, to the emulator on this machine. */
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, ScenarioConfig, Transfer } from "@scenario-assets/core"
import { Emulator } from "@scenario-assets/core/testing"
import { NodeScenario } from "@scenario-assets/node"
import { EmulatorServer } from "@scenario-assets/node/testing"
import { ConfigProvider, Effect, Layer, Redacted, Stream } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import { cert, key } from "../support/certificate.ts"
import * as Tinyproxy from "../support/Tinyproxy.ts"
import * as Trust from "../support/Trust.ts"

Trust.certificate()

const credentials = { key: "key", secret: "secret" }
const quick = { backoffBase: "1 millis", retries: 1 } as const

/** All services, for an emulator and an environment. */
const services = (env: Readonly<Record<string, string>>) =>
  NodeScenario.layerServices({ assetDownload: quick, transfer: quick }).pipe(
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
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
  )

/** Asks the API for a link, and reads the asset behind it. */
const fetchOne = Effect.gen(function* () {
  const { catalogue } = yield* Emulator.Emulator
  const { request } = yield* AssetDownload.AssetDownload
  const { bytes } = yield* Transfer.Transfer
  const url = yield* request(Asset.AssetId.make(catalogue.assets[0]?.id ?? ""))
  return Buffer.concat(yield* Stream.runCollect(bytes({ url, refresh: Effect.succeed(url) }))).length
})

const plain = EmulatorServer.layer({ credentials })
const secure = EmulatorServer.layer({ credentials, tls: { key, cert } })

/** Loopback is not sent to a proxy unless that is asked for. */
const loopback = { NO_PROXY: "<-loopback>" }

describe.runIf(Tinyproxy.isInstalled)("through a proxy", () => {
  it.live("https goes by CONNECT, for the API and for storage", () =>
    Effect.gen(function* () {
      const proxy = yield* Tinyproxy.make()
      const env = { ...loopback, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
      assert.isAbove(yield* Effect.provide(fetchOne, services(env)), 0)
      const requests = proxy.requests()
      assert.lengthOf(requests, 2)
      for (const request of requests) assert.match(request, /^CONNECT 127\.0\.0\.1:\d+ HTTP\/1\.1/)
    }).pipe(Effect.scoped, Effect.provide(secure))
  )

  it.live("http is sent on by the proxy", () =>
    Effect.gen(function* () {
      const proxy = yield* Tinyproxy.make()
      const env = { ...loopback, http_proxy: `127.0.0.1:${proxy.port}` }
      assert.isAbove(yield* Effect.provide(fetchOne, services(env)), 0)
      const [post, get, ...others] = proxy.requests()
      assert.match(post ?? "", /^POST http:\/\/127\.0\.0\.1:\d+\/v1\/assets\//)
      assert.match(get ?? "", /^GET http:\/\/127\.0\.0\.1:\d+\//)
      assert.isEmpty(others)
    }).pipe(Effect.scoped, Effect.provide(plain))
  )

  it.live("this machine itself is reached directly unless the proxy is asked for", () =>
    Effect.gen(function* () {
      const proxy = yield* Tinyproxy.make()
      const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, http_proxy: `127.0.0.1:${proxy.port}` }
      assert.isAbove(yield* Effect.provide(fetchOne, services(env)), 0)
      assert.isEmpty(proxy.requests())
    }).pipe(Effect.scoped, Effect.provide(secure))
  )

  for (const [scheme, emulator] of [
    ["http", plain],
    ["https", secure]
  ] as const) {
    it.live(`a name and a password are sent to the proxy, and to nobody else: ${scheme}`, () =>
      Effect.gen(function* () {
        const proxy = yield* Tinyproxy.make({ name: "someone", password: "wordword" })
        const env = { ...loopback, [`${scheme}_proxy`]: `http://someone:wordword@127.0.0.1:${proxy.port}` }
        assert.isAbove(yield* Effect.provide(fetchOne, services(env)), 0)
        const { requests } = yield* Emulator.Emulator
        for (const { headers } of yield* requests) assert.notProperty(headers, "proxy-authorization")
      }).pipe(Effect.scoped, Effect.provide(emulator))
    )

    it.live(`a name or password that the proxy refuses is told at once, and not shown: ${scheme}`, () =>
      Effect.gen(function* () {
        const proxy = yield* Tinyproxy.make({ name: "someone", password: "wordword" })
        // Where it sends a request on, tinyproxy answers to a wrong password as the host itself might.
        const access = scheme === "https" ? "someone:guessing@" : ""
        const env = { ...loopback, [`${scheme}_proxy`]: `http://${access}127.0.0.1:${proxy.port}` }
        const { config } = yield* Emulator.Emulator
        const source = { refresh: Effect.succeed(signedUrl(`${config.storageUrl}/a.zip?Signature=x`)) }
        const [api, storage] = yield* Effect.gen(function* () {
          const { getStatus } = yield* AssetDownload.AssetDownload
          const { bytes } = yield* Transfer.Transfer
          return yield* Effect.all([
            Effect.flip(getStatus(Asset.JobId.make("job_any"))),
            Effect.flip(Stream.runDrain(bytes(source)))
          ])
        }).pipe(Effect.provide(services(env)))
        for (const error of [api, storage]) {
          assert.strictEqual(error.reason._tag, "InvalidRequest")
          assert.isFalse(error.isRetryable)
          assert.include(error.message, `the proxy http://127.0.0.1:${proxy.port} (${scheme}_proxy) wants another name`)
          assert.notInclude(error.message, "guessing")
        }
        assert.lengthOf(proxy.requests(), 2)
      }).pipe(Effect.scoped, Effect.provide(emulator))
    )
  }

  it.live("that is not there is named in the error, and nothing was sent", () =>
    Effect.gen(function* () {
      const env = { ...loopback, HTTPS_PROXY: "http://someone:guessing@127.0.0.1:9" }
      const { config } = yield* Emulator.Emulator
      const source = { refresh: Effect.succeed(signedUrl(`${config.storageUrl}/a.zip?Signature=x`)) }
      const [api, storage] = yield* Effect.gen(function* () {
        const { getStatus } = yield* AssetDownload.AssetDownload
        const { bytes } = yield* Transfer.Transfer
        return yield* Effect.all([
          Effect.flip(getStatus(Asset.JobId.make("job_any"))),
          Effect.flip(Stream.runDrain(bytes(source)))
        ])
      }).pipe(Effect.provide(services(env)))
      assert(api.reason._tag === "ConnectionFailed")
      assert.isFalse(api.reason.maybeSent)
      assert.strictEqual(storage.reason._tag, "RetriesExhausted")
      for (const { message } of [api, storage]) {
        assert.include(message, "connect ECONNREFUSED 127.0.0.1:9, through the proxy http://127.0.0.1:9 (HTTPS_PROXY)")
        assert.notInclude(message, "guessing")
      }
    }).pipe(Effect.scoped, Effect.provide(secure))
  )

  it.live("that does not reach the host says so", () =>
    Effect.gen(function* () {
      const proxy = yield* Tinyproxy.make()
      const env = { ...loopback, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
      const source = { refresh: Effect.succeed(signedUrl(`https://127.0.0.1:9/a.zip?Signature=x`)) }
      const error = yield* Effect.flatMap(Transfer.Transfer, ({ bytes }) =>
        Effect.flip(Stream.runDrain(bytes(source)))
      ).pipe(Effect.provide(services(env)))
      assert.match(
        error.message,
        /the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\) does not connect to the host \(50\d\)/
      )
    }).pipe(Effect.scoped, Effect.provide(secure))
  )

  it.live("that cannot be used is told at once where it would be used", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.provide(fetchOne, services({ ...loopback, ALL_PROXY: "socks5://127.0.0.1:9" }))
      )
      assert(error._tag === "ApiError")
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.include(error.message, "ALL_PROXY: proxies are spoken to by http or https")
    }).pipe(Effect.provide(secure))
  )
})
