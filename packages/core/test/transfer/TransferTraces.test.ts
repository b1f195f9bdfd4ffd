/** What a transfer tells traces and logs: how it went, and never the link. */
import { assert, describe, it } from "@effect/vitest"
import { StorageClient, Transfer } from "@scenario-assets/core"
import { Effect, Exit, Layer, Logger, References, Stream, Tracer } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Spans from "../../../../test-support/Spans.ts"
import * as Leaks from "../Leaks.ts"
import * as Time from "../Time.ts"

const size = 1000
const headers = { "content-length": String(size), etag: '"one"' }
const origin = "https://storage.test"
const link = signedUrl(`${origin}/a.zip?Signature=${Canary.signature}`)

/** Reads all of an object that is answered with these statuses, and gives the spans, the log and the end. */
const observe = Effect.fnUntraced(function* (source: Transfer.Source, statuses: ReadonlyArray<number>) {
  let asked = 0
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      const status = statuses[asked++] ?? 200
      const response = status === 200 ? new Response(new Uint8Array(size), { headers }) : new Response("", { status })
      return HttpClientResponse.fromWeb(request, response)
    })
  )
  const layer = Transfer.layer().pipe(
    Layer.provide(StorageClient.layerHttpClient),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
  )
  const { spans, tracer } = Spans.recorder()
  const logs: Array<readonly [level: string, message: string]> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    logs.push([logLevel, Array.isArray(message) ? message.join(" ") : String(message)])
  })
  const exit = yield* Effect.flatMap(Transfer.Transfer, ({ bytes }) => Stream.runDrain(bytes(source))).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, "All"),
    Effect.provideService(Tracer.Tracer, tracer),
    Effect.provide(layer),
    Time.letPass
  )
  Leaks.assertNone(logs, ...spans.map(({ attributes, name }) => [name, ...attributes]))
  const [span] = spans.filter(({ name }) => name === "Transfer.events")
  return { exit, logs, attributes: Object.fromEntries(span?.attributes ?? []) }
})

describe("a transfer tells", () => {
  it.effect("its span where the bytes came from, how many, and after how many retries", () =>
    Effect.gen(function* () {
      const { attributes, exit } = yield* observe({ refresh: Effect.succeed(link) }, [503, 429])
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepInclude(attributes, {
        "scenario.storage.origin": origin,
        "scenario.transfer.bytes": size,
        "scenario.transfer.retries": 2
      })
    })
  )

  it.effect("its span the same of one that failed", () =>
    Effect.gen(function* () {
      const { attributes, exit } = yield* observe({ url: link, refresh: Effect.succeed(link) }, [503, 404])
      assert.isTrue(Exit.isFailure(exit))
      assert.deepInclude(attributes, {
        "scenario.storage.origin": origin,
        "scenario.transfer.bytes": 0,
        "scenario.transfer.retries": 1
      })
    })
  )

  it.effect("the log of retries and of fresh links, with the reason", () =>
    Effect.gen(function* () {
      const { logs } = yield* observe({ url: link, refresh: Effect.succeed(link) }, [503, 403])
      assert.deepStrictEqual(
        logs.map(([level, message]) => [level, message.replace(/ in \d+ ms for/, " in … for")]),
        [
          ["Debug", `Transfer: ${origin} is asked again in … for the bytes from 0 on (status 503)`],
          ["Debug", `Transfer: ${origin} refused the link (403), and is asked by a fresh one`]
        ]
      )
    })
  )
})
