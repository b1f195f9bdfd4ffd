import { assert, describe, it } from "@effect/vitest"
import type { Transfer } from "@scenario-assets/core"
import { Effect, Exit } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import {
  type Answer,
  assemble,
  body,
  bytesOf,
  content,
  etag,
  eventsOf,
  host,
  isWhole,
  reasonOf,
  rest,
  status,
  whole
} from "./FakeStorage.ts"

describe("Transfer", () => {
  describe("length", () => {
    it.effect("more bytes than declared are an error", () =>
      Effect.gen(function* () {
        const server = yield* host([whole({ headers: { "content-length": "9000" } })])
        assert.deepInclude(yield* reasonOf(yield* bytesOf(server)), { _tag: "LengthMismatch", declared: 9000 })
      })
    )

    const undeclared =
      (to: number): Answer =>
      () =>
        new Response(body(0, to), { headers: { etag } })

    it.effect("the end of a body without a length is asked for", () =>
      Effect.gen(function* () {
        const server = yield* host([
          undeclared(content.length),
          status(416, { "content-range": `bytes */${content.length}` })
        ])
        isWhole(yield* bytesOf(server))
        assert.strictEqual(server.asked[1]?.headers["range"], "bytes=10000-")
      })
    )

    it.effect("a cut body without a length is found out, and goes on", () =>
      Effect.gen(function* () {
        isWhole(yield* bytesOf(yield* host([undeclared(4000), rest()])))
      })
    )

    it.effect(
      "the end of a body without a length is confirmed by one that has it, or the object is sent once more",
      () =>
        Effect.gen(function* () {
          isWhole(yield* bytesOf(yield* host([undeclared(content.length), whole()])))
          const empty = yield* host([undeclared(0), whole()])
          isWhole(yield* bytesOf(empty))
          const cut = yield* host([undeclared(4000), whole()])
          const exit = yield* eventsOf(cut)
          assert(Exit.isSuccess(exit))
          assert.deepStrictEqual(assemble(exit.value), content)
          assert.strictEqual(cut.asked.length, 4)
        })
    )

    it.effect("an end that nothing confirms is an error", () =>
      Effect.gen(function* () {
        for (const answer of [undeclared(4000), status(416)]) {
          const reason = yield* reasonOf(yield* bytesOf(yield* host([undeclared(4000), answer])))
          assert.deepInclude(reason, { _tag: "LengthMismatch", received: 4000 })
        }
      })
    )

    it.effect("chunked framing is its own proof", () =>
      Effect.gen(function* () {
        const server = yield* host([
          () => new Response(body(0, content.length), { headers: { "transfer-encoding": "chunked" } })
        ])
        isWhole(yield* bytesOf(server))
        assert.strictEqual(server.asked.length, 1)
      })
    )

    it.effect("an empty object is whole", () =>
      Effect.gen(function* () {
        const exit = yield* bytesOf(
          yield* host([() => new Response(new Uint8Array(0), { headers: { "content-length": "0" } })])
        )
        assert.deepStrictEqual(exit, Exit.succeed(new Uint8Array(0)))
      })
    )
  })

  describe("content", () => {
    it.effect.each([
      ["text/html; charset=utf-8", "<html>Sign in</html>"],
      ["application/xml", "<Error/>"],
      ["application/octet-stream", '{"message":"not today"}']
    ] as const)("%s where a ZIP is due is named", ([type, text]) =>
      Effect.gen(function* () {
        const server = yield* host([
          () => new Response(text, { headers: { "content-type": type, "content-length": String(text.length) } })
        ])
        const exit = yield* eventsOf(server, { expect: "zip" })
        const reason = yield* reasonOf(exit)
        assert(reason._tag === "UnexpectedContent")
        assert.include(reason.found, type)
        assert.strictEqual(server.asked.length, 1)
      })
    )

    it.effect("SVG and XML are fine where no ZIP is due, HTML never is", () =>
      Effect.gen(function* () {
        const svg = yield* host([
          () => new Response("<svg/>", { headers: { "content-type": "image/svg+xml", "content-length": "6" } })
        ])
        assert.isTrue(Exit.isSuccess(yield* bytesOf(svg)))
        const html = yield* host([
          () => new Response("<html>", { headers: { "content-type": "text/html", "content-length": "6" } })
        ])
        assert.strictEqual((yield* reasonOf(yield* bytesOf(html)))._tag, "UnexpectedContent")
      })
    )

    it.effect.each(["gzip", "X-GZIP", "deflate", "br", "zstd", "compress", "aws-chunked, gzip", "identity,br"])(
      "a body encoded with %s is refused",
      (encoding) =>
        Effect.gen(function* () {
          const server = yield* host([whole({ headers: { "content-encoding": encoding } })])
          const reason = yield* reasonOf(yield* bytesOf(server))
          assert(reason._tag === "UnexpectedContent")
          assert.include(reason.message, "a body encoded with")
          assert.notInclude(reason.message, "sign-in")
        })
    )

    it.effect.each([
      "",
      "identity",
      "Identity, identity",
      "aws-chunked",
      "aws-chunked,",
      "binary",
      "none",
      "utf-8",
      "8bit"
    ])("the content encoding %j means nothing", (encoding) =>
      Effect.gen(function* () {
        const server = yield* host([
          whole({ to: 4000, after: "break", headers: { "content-encoding": encoding } }),
          rest({ headers: { "content-encoding": encoding } })
        ])
        isWhole(yield* bytesOf(server, { expect: "zip" }))
        assert.strictEqual(server.asked.length, 2)
      })
    )
  })

  describe("redirects", () => {
    it.effect.each([301, 302, 303, 307, 308])("%s is followed, relative or not, without credentials", (code) =>
      Effect.gen(function* () {
        const server = yield* host([
          status(code, { location: "/b.zip?Signature=x" }),
          status(code, { location: "https://other.test/c.zip" }),
          whole()
        ])
        isWhole(yield* bytesOf(server))
        assert.deepStrictEqual(
          server.asked.map(({ url }) => new URL(url).host + new URL(url).pathname),
          ["storage.test/a.zip", "storage.test/b.zip", "other.test/c.zip"]
        )
        assert.isTrue(server.asked.every(({ headers }) => headers["authorization"] === undefined))
      })
    )

    it.effect("a loop ends", () =>
      Effect.gen(function* () {
        const server = yield* host([status(302, { location: "/a.zip" })])
        assert.strictEqual((yield* reasonOf(yield* bytesOf(server)))._tag, "RedirectRefused")
        assert.strictEqual(server.asked.length, 6)
      })
    )

    it.effect.each(["http://storage.test/b.zip", "file:///etc/passwd", "https://me:pw@storage.test/", "https://["])(
      "to %s is refused",
      (location) =>
        Effect.gen(function* () {
          const server = yield* host([status(302, { location }), whole()])
          assert.strictEqual((yield* reasonOf(yield* bytesOf(server)))._tag, "RedirectRefused")
          assert.strictEqual(server.asked.length, 1)
        })
    )

    it.effect("http is followed only where the API itself is http", () =>
      Effect.gen(function* () {
        const emulated = yield* host(
          [status(302, { location: "http://storage.test/b.zip" }), whole()],
          "http://api.test/v1"
        )
        isWhole(yield* bytesOf(emulated))
        const server = yield* host([whole()])
        const http: Transfer.Source = { refresh: Effect.succeed(signedUrl("http://storage.test/a.zip")) }
        assert.strictEqual((yield* reasonOf(yield* bytesOf({ ...server, source: http })))._tag, "InsecureUrl")
        assert.strictEqual(server.asked.length, 0)
      })
    )
  })
})
