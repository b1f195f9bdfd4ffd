/** One link for many ranges, and a fresh one for those that were refused. */
import { assert, describe, it } from "@effect/vitest"
import { StorageClient } from "@scenario-assets/core"
import { Duration, Effect, Exit, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Links from "../../src/transfer/internal/Links.ts"
import * as RangeReader from "../../src/transfer/internal/RangeReader.ts"
import * as Time from "../Time.ts"

const object = { size: 200, etag: '"1"' }
const link = (serial: number) => signedUrl(`https://storage.test/a.zip?n=${serial}`)
const at = (offset: number, end: number) => ({ offset, end, whole: false, unconfirmed: false })

describe("Links", () => {
  it.effect("does not take for fresh what another range has asked for long ago", () =>
    Effect.gen(function* () {
      let made = 0
      /** The first link that is not refused. */
      let valid = 0
      let cuts = 1
      const client = HttpClient.make((request, url) => {
        const [, start = 0, last = 0] = (/(\d+)-(\d*)/.exec(request.headers["range"] ?? "") ?? []).map(Number)
        const end = (last || object.size - 1) + 1
        const headers = { etag: object.etag, "content-range": `bytes ${start}-${end - 1}/${object.size}` }
        const response =
          Number(url.searchParams.get("n")) < valid
            ? new Response("", { status: 403 })
            : new Response(new Uint8Array(end - start - (cuts-- > 0 ? 10 : 0)), { status: 206, headers })
        return Effect.succeed(HttpClientResponse.fromWeb(request, response))
      })
      const links = Links.make({ url: link(0), refresh: Effect.sync(() => link(++made)) })
      const begun = { object, acceptsRanges: true, hasBytes: true }
      const read = (start: number, end: number) =>
        RangeReader.read(at(start, end), begun, links, {
          client: StorageClient.fromHttpClient(client),
          pieceSize: undefined,
          allowHttp: false,
          idleTimeout: Duration.seconds(30),
          redirects: 0,
          expect: undefined,
          retries: 3,
          base: Duration.millis(1),
          cap: Duration.millis(1)
        })
      // While one range is read, another one needs a fresh link, which then expires too.
      const meanwhile = Effect.suspend(() => {
        if (valid > 0) return Effect.void
        valid = 1
        return Effect.andThen(
          Stream.runDrain(read(100, 200)),
          Effect.sync(() => {
            assert.strictEqual(made, 1)
            valid = 2
          })
        )
      })
      const exit = yield* Time.letPass(
        Stream.runForEach(read(0, 100), (event) => (event._tag === "Bytes" ? meanwhile : Effect.void))
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.strictEqual(made, 2)
    })
  )
})
