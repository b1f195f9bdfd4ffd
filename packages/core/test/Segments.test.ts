/** Several ranges at once, with a host whose every byte comes at a time of its own. */
import { assert, describe, it } from "@effect/vitest"
import { SignedUrl } from "@scenario-assets/core"
import { Duration, Effect, Exit, Stream } from "effect"
import { HttpClient, HttpServerResponse } from "effect/http"
import type * as Exchange from "../src/internal/Exchange.ts"
import * as Links from "../src/internal/Links.ts"
import * as Segments from "../src/internal/Segments.ts"

const mebibyte = 1024 * 1024
const size = 10 * mebibyte

/** So many bytes, so many milliseconds after those before. */
type Body = ReadonlyArray<readonly [millis: number, bytes: number]>

describe("Segments", () => {
  it.live("one that is too many just when its range is there leaves nothing to others", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const bodies: ReadonlyArray<Body> = [
        // The rest of its half comes when the second connection has turned out not to pay.
        [
          [100, mebibyte],
          [900, 5 * mebibyte],
          [400, 4 * mebibyte]
        ],
        [[1200, 4 * mebibyte]]
      ]
      const client = HttpClient.make((request) =>
        Effect.sync(() => {
          const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers["range"] ?? "") ?? []
          const start = Number(first ?? 0)
          const end = last ? Number(last) + 1 : size
          const isRange = first !== undefined && start < end
          const body = bodies[asked.length] ?? [[1, isRange ? end - start : size]]
          asked.push(request.headers["range"] ?? "all")
          const stream = Stream.fromIterable(body).pipe(
            Stream.rechunk(1),
            Stream.mapEffect(([millis, bytes]) => Effect.as(Effect.sleep(millis), new Uint8Array(bytes)))
          )
          const headers = {
            etag: '"1"',
            "accept-ranges": "bytes",
            ...(isRange ? { "content-range": `bytes ${start}-${end - 1}/${size}` } : {})
          }
          const contentLength = isRange ? end - start : size
          const response = HttpServerResponse.stream(stream, { status: isRange ? 206 : 200, headers, contentLength })
          return HttpServerResponse.toClientResponse(response, { request })
        })
      )
      const links = Links.make({ refresh: Effect.succeed(SignedUrl.make("https://storage.test/a.zip")) })
      const all: Exchange.Position = { offset: 0, end: undefined, whole: false, unconfirmed: false }
      const begun = { object: undefined, acceptsRanges: false, hasBytes: false }
      const exit = yield* Segments.read([all], begun, links, {
        client,
        allowHttp: false,
        idleTimeout: Duration.seconds(30),
        redirects: 0,
        expect: undefined,
        retries: 0,
        base: Duration.millis(1),
        cap: Duration.millis(1),
        connections: 2
      }).pipe(Stream.runCollect, Effect.exit)
      assert(Exit.isSuccess(exit), JSON.stringify(exit))
      const bytes = exit.value.flatMap((event) => (event._tag === "Bytes" ? [event.bytes.length] : []))
      assert.strictEqual(
        bytes.reduce((sum, length) => sum + length, 0),
        size
      )
      assert.deepStrictEqual(asked, ["all", `bytes=${6 * mebibyte}-`])
    })
  )
})
