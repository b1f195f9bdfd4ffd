/** Several ranges at once, of a host whose bytes come at times of their own. */
import { assert, describe, it } from "@effect/vitest"
import { type TransferEvent, StorageClient } from "@scenario-assets/core"
import { Duration, Effect, Stream } from "effect"
import { HttpClient, HttpServerResponse } from "effect/http"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Links from "../../src/transfer/internal/Links.ts"
import * as Permits from "../../src/transfer/internal/Permits.ts"
import type * as RangeRules from "../../src/transfer/internal/RangeRules.ts"
import * as Segments from "../../src/transfer/internal/Segments.ts"

const mebibyte = 1024 * 1024
const size = 10 * mebibyte

/** So many bytes, so many milliseconds after those before. */
type Body = ReadonlyArray<readonly [millis: number, bytes: number]>

/** Reads all over at most two connections, and gives what was asked for and how many bytes came. */
const read = Effect.fnUntraced(function* (
  validators: { readonly [name: string]: string },
  bodies: ReadonlyArray<Body>
) {
  const asked: Array<string> = []
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers["range"] ?? "") ?? []
      const start = Number(first ?? 0)
      const end = last ? Number(last) + 1 : size
      const isRange = first !== undefined && start < end
      const contentLength = isRange ? end - start : size
      const body = bodies[asked.length] ?? [[1, contentLength]]
      asked.push(request.headers["range"] ?? "all")
      const stream = Stream.fromIterable(body).pipe(
        Stream.rechunk(1),
        Stream.mapEffect(([millis, bytes]) => Effect.as(Effect.sleep(millis), new Uint8Array(bytes)))
      )
      const headers = {
        ...validators,
        "accept-ranges": "bytes",
        ...(isRange ? { "content-range": `bytes ${start}-${end - 1}/${size}` } : {})
      }
      const response = HttpServerResponse.stream(stream, { status: isRange ? 206 : 200, headers, contentLength })
      return HttpServerResponse.toClientResponse(response, { request })
    })
  )
  const links = Links.make({ refresh: Effect.succeed(signedUrl("https://storage.test/a.zip")) })
  const all: RangeRules.Position = { offset: 0, end: undefined, whole: false, unconfirmed: false }
  const begun = { object: undefined, acceptsRanges: false, hasBytes: false }
  const events = yield* Stream.runCollect(
    Segments.read([all], begun, links, {
      client: StorageClient.fromHttpClient(client),
      pieceSize: undefined,
      allowHttp: false,
      idleTimeout: Duration.seconds(30),
      redirects: 0,
      expect: undefined,
      retries: 0,
      base: Duration.millis(1),
      cap: Duration.millis(1),
      connections: 2,
      permits: Permits.unlimited,
      inOrder: false,
      rateLimit: undefined
    })
  )
  const lengthOf = (event: TransferEvent.TransferEvent) => (event._tag === "Bytes" ? event.bytes.length : 0)
  return { asked, received: events.reduce((sum, event) => sum + lengthOf(event), 0) }
})

describe.concurrent("Segments", () => {
  it.live("one that is too many just when its range is there leaves nothing to others", () =>
    Effect.gen(function* () {
      const { asked, received } = yield* read({ etag: '"1"' }, [
        // The rest of its half comes when the second connection has turned out not to pay.
        [
          [100, mebibyte],
          [900, 5 * mebibyte],
          [400, 4 * mebibyte]
        ],
        [[1200, 4 * mebibyte]]
      ])
      assert.strictEqual(received, size)
      assert.deepStrictEqual(asked, ["all", `bytes=${6 * mebibyte}-`])
    })
  )

  it.live("are one where nothing tells the object from another", () =>
    Effect.gen(function* () {
      const { asked, received } = yield* read({ etag: 'W/"1"' }, [
        [
          [100, mebibyte],
          [500, 9 * mebibyte]
        ]
      ])
      assert.strictEqual(received, size)
      assert.deepStrictEqual(asked, ["all"])
    })
  )
})
