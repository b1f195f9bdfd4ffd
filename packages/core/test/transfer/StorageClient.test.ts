/** The storage client on an `HttpClient` that a program has. */
import { assert, describe, it } from "@effect/vitest"
import { StorageClient } from "@scenario-assets/core"
import { Effect, Layer, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Leaks from "../Leaks.ts"

const link = signedUrl(`https://storage.test/a.zip?Signature=${Canary.signature}`)
const ask = (headers: Readonly<Record<string, string>> = {}) =>
  Effect.flatMap(StorageClient.StorageClient, (client) => client.get(link, { headers }))

/** What `fetch` is told beside the URL. */
type Told = RequestInit & { readonly dispatcher?: unknown }

/** A `fetch` that answers with two bytes, and keeps what it was told. */
const makeFetch = () => {
  const told: Array<Told> = []
  const fetch: typeof globalThis.fetch = (_, init) => {
    told.push(init ?? {})
    return Promise.resolve(new Response("ok", { status: 206, headers: { ETag: '"1"' } }))
  }
  return { told, fetch: Layer.succeed(FetchHttpClient.Fetch, fetch) }
}

describe("StorageClient.layerHttpClient", () => {
  /** All that a program may tell `fetch`; what is secret in it is a canary. */
  const settings: Told = {
    headers: { authorization: `Basic ${Canary.basic}`, "x-api-key": Canary.key, cookie: Canary.secret },
    credentials: "include",
    redirect: "follow",
    referrer: `https://gallery.test/?key=${Canary.key}`,
    integrity: Canary.secret,
    keepalive: true,
    cache: "no-store",
    dispatcher: "its own"
  }
  const init = Layer.succeed(FetchHttpClient.RequestInit, settings)

  it.effect.each(["to the client", "around the call"] as const)(
    "passes on how bytes travel, and nothing else that a program tells fetch, %s",
    (where) =>
      Effect.gen(function* () {
        const { fetch, told } = makeFetch()
        const client = Layer.provide(
          FetchHttpClient.layer,
          where === "to the client" ? Layer.merge(fetch, init) : fetch
        )
        const storage = Layer.provide(StorageClient.layerHttpClient, client)
        const { body, headers, status } = yield* ask({ range: "bytes=1-" }).pipe(
          Effect.provide(where === "to the client" ? storage : Layer.merge(storage, init))
        )
        assert.strictEqual(status, 206)
        assert.strictEqual(headers["etag"], '"1"')
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(body)), "ok")

        assert.lengthOf(told, 1)
        const { headers: sent, signal, ...others } = told[0] ?? {}
        assert.deepStrictEqual(Object.fromEntries(new Headers(sent)), {
          range: "bytes=1-",
          "accept-encoding": "identity"
        })
        assert.deepStrictEqual(JSON.parse(JSON.stringify(others)), {
          method: "GET",
          redirect: "manual",
          credentials: "omit",
          referrerPolicy: "no-referrer",
          keepalive: true,
          cache: "no-store",
          dispatcher: "its own"
        })
        assert.isDefined(signal)
        Leaks.assertNone(told.map((init) => JSON.stringify(init)))
      }).pipe(Effect.scoped)
  )

  it.effect("leaves a program's settings for its own calls as they are", () =>
    Effect.gen(function* () {
      const { fetch, told } = makeFetch()
      const client = FetchHttpClient.layer.pipe(Layer.provide(fetch))
      yield* Effect.gen(function* () {
        const fiberInit = yield* FetchHttpClient.RequestInit
        yield* ask()
        assert.strictEqual(yield* FetchHttpClient.RequestInit, fiberInit)
        yield* HttpClient.get("https://gallery.test/")
      }).pipe(Effect.provide(Layer.provideMerge(StorageClient.layerHttpClient, Layer.merge(client, init))))
      assert.deepStrictEqual(
        told.map(({ credentials }) => credentials),
        ["omit", "include"]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("takes away what the client adds for others", () =>
    Effect.gen(function* () {
      const { fetch, told } = makeFetch()
      const client = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(
          HttpClient.HttpClient,
          HttpClient.mapRequest(
            HttpClientRequest.setHeaders({
              authorization: `Basic ${Canary.basic}`,
              Cookie: Canary.secret,
              "x-kept": "1"
            })
          )
        )
      ).pipe(Layer.provide(FetchHttpClient.layer), Layer.provide(fetch))
      yield* ask().pipe(Effect.withSpan("test"), Effect.provide(Layer.provide(StorageClient.layerHttpClient, client)))
      const sent = Object.fromEntries(new Headers(told[0]?.headers))
      assert.deepStrictEqual(sent, { "x-kept": "1", "accept-encoding": "identity" })
    }).pipe(Effect.scoped)
  )
})

describe("the error of a storage client", () => {
  const failing = (cause: unknown) =>
    StorageClient.fromHttpClient(
      HttpClient.make((request) =>
        Effect.fail(
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
        )
      )
    )
  const error = (message: string, fields: object) => Object.assign(new Error(message), fields)
  const refused = error("connect ECONNREFUSED", { code: "ECONNREFUSED", syscall: "connect" })

  it.effect.each<readonly [name: string, cause: unknown, expected: Partial<StorageClient.StorageError>]>([
    ["a connection that is refused", refused, { phase: "connect", code: "ECONNREFUSED", syscall: "connect" }],
    [
      "the same below others",
      new TypeError("fetch failed", { cause: refused }),
      { phase: "connect", description: "connect ECONNREFUSED" }
    ],
    [
      "a connection that breaks",
      error("read ECONNRESET", { code: "ECONNRESET", syscall: "read" }),
      { phase: "response", code: "ECONNRESET", syscall: "read" }
    ],
    ["a certificate", error("no", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), { isUntrusted: true }],
    ["a cause that says how far it came", error("no", { phase: "connect" }), { phase: "connect" }],
    ["a cause that cannot be sent", error("no", { phase: "request" }), { phase: "request" }],
    ["no cause", undefined, { phase: "response", description: "the exchange broke" }]
  ])("tells how far it had come: %s", ([, cause, expected]) =>
    Effect.gen(function* () {
      const found = yield* Effect.flip(failing(cause).get(link, { headers: {} }))
      for (const [name, value] of Object.entries(expected)) {
        assert.deepStrictEqual(Reflect.get(found, name), value)
      }
      Leaks.assertNone(found)
    }).pipe(Effect.scoped)
  )

  it.effect("tells of a body that breaks, after what came", () =>
    Effect.gen(function* () {
      const body = new ReadableStream({
        pull: (controller) => controller.error(error("read ECONNRESET", { code: "ECONNRESET" }))
      })
      const client = StorageClient.fromHttpClient(
        HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body))))
      )
      const response = yield* client.get(link, { headers: {} })
      const found = yield* Effect.flip(Stream.runDrain(response.body))
      assert.deepInclude(found, { phase: "body", code: "ECONNRESET" })
      Leaks.assertNone(found)
    }).pipe(Effect.scoped)
  )

  it.effect("tells of a header that cannot be sent, before anything is", () =>
    Effect.gen(function* () {
      const { fetch, told } = makeFetch()
      const storage = StorageClient.layerHttpClient.pipe(Layer.provide(FetchHttpClient.layer), Layer.provide(fetch))
      const found = yield* Effect.flip(ask({ "if-range": `"\u0394"` })).pipe(Effect.provide(storage))
      assert.strictEqual(found.phase, "request")
      assert.include(found.message, `"if-range"`)
      assert.isEmpty(told)
    }).pipe(Effect.scoped)
  )
})
