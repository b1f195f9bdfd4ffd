import { assert, describe, it } from "@effect/vitest"
import { Transfer } from "@scenario-assets/core"
import { Effect, Exit, Ref, Stream } from "effect"
import * as Time from "../Time.ts"
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
  stored,
  tags,
  whole
} from "./FakeStorage.ts"

describe("Transfer", () => {
  it.effect("refuses a 206 with other bytes than those asked for", () =>
    Effect.gen(function* () {
      const server = yield* host([
        whole({ to: 4000, after: "break" }),
        rest({ headers: { "content-range": `bytes 4001-9999/${content.length}` } }),
        rest()
      ])
      isWhole(yield* bytesOf(server))
      assert.strictEqual(server.asked.length, 3)
    })
  )

  const early =
    (after: "end" | "break" = "end"): Answer =>
    (_, from) =>
      new Response(body(from - 1500, from + 1500, after), {
        status: 206,
        headers: { "content-range": `bytes ${from - 1500}-${from + 1499}/${content.length}`, etag }
      })

  it.effect("takes what is wanted of a 206 that begins too early, ends too early, or ends too late", () =>
    Effect.gen(function* () {
      const server = yield* host([whole({ to: 4000, after: "break" }), early(), early("break"), rest()])
      isWhole(yield* bytesOf(server))
      assert.deepStrictEqual(
        server.asked.map(({ headers }) => headers["range"]),
        [undefined, "bytes=4000-", "bytes=5500-", "bytes=7000-"]
      )
    })
  )

  it.effect.each<readonly [what: string, answer: Answer]>([
    ["bytes that begin too late", (_, from) => rest()({ url: "", headers: {} }, from + 1)],
    ["a range that is none", rest({ headers: { "content-range": "bytes=4000" } })],
    ["no Content-Range", status(206, { etag, "content-length": "6000" })],
    ["another length than its range", rest({ headers: { "content-length": "5999" } })],
    [
      "several parts",
      status(206, { etag, "content-type": "multipart/byteranges; boundary=x" }, "--x\r\n\r\n--x--\r\n")
    ],
    ["501", status(501)],
    ["405", status(405)],
    ["412", status(412)],
    ["416 with the size of the object", status(416, { "content-range": `bytes */${content.length}` })],
    ["416 alone", status(416)]
  ])("has the whole once more from a host that answers every range with %s", ([, answer]) =>
    Effect.gen(function* () {
      const choose: Answer = (asked, from) => (asked.headers["range"] === undefined ? whole() : answer)(asked, from)
      const server = yield* host([whole({ to: 4000, after: "break" }), choose])
      isWhole(yield* bytesOf(server))
      assert.deepStrictEqual(
        server.asked.map(({ headers }) => [headers["range"], headers["if-range"]]),
        [
          [undefined, undefined],
          ["bytes=4000-", etag],
          ["bytes=4000-", undefined],
          [undefined, undefined],
          [undefined, undefined]
        ]
      )
    })
  )

  it.effect.each<readonly [what: string, answer: Answer]>([
    ["sends the whole", whole()],
    ["sends the whole without a tag", whole({ headers: { etag: "" } })],
    ["says 412", status(412)],
    ["says 501", status(501)],
    ["refuses every link", status(403)]
  ])("asks a host without If-Range that %s for it, and from then on", ([, answer]) =>
    Effect.gen(function* () {
      const choose =
        (after: "end" | "break"): Answer =>
        (asked, from) =>
          asked.headers["if-range"] === undefined
            ? rest({ to: after === "end" ? content.length : 6000, after })(asked, from)
            : answer(asked, from)
      const server = yield* host([whole({ to: 4000, after: "break" }), choose("break"), choose("break"), choose("end")])
      const exit = yield* eventsOf(server)
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(assemble(exit.value), content)
      assert.notInclude(tags(exit.value), "StartedOver")
      assert.deepStrictEqual(server.asked.at(-1)?.headers["if-range"], undefined)
      assert.isAtMost(server.asked.length, 5)
    })
  )

  it.effect("keeps what it has where a fresh link is refused for the range and for the whole", () =>
    Effect.gen(function* () {
      const server = yield* host([whole({ to: 4000, after: "break" }), status(403)])
      const taken: Array<string> = []
      const events = Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runForEach(transfer.events(server.source), ({ _tag }) => Effect.sync(() => taken.push(_tag)))
      )
      const exit = yield* Time.letPass(Effect.provide(events, server.layer))
      assert.strictEqual((yield* reasonOf(exit))._tag, "AccessRefused")
      assert.notInclude(taken, "StartedOver")
      assert.strictEqual(yield* Ref.get(server.refreshes), 1)
    })
  )

  it.effect.each([`Bytes 4000-9999/${content.length}`, `bytes 4000-9999 / ${content.length}`, "bytes 4000 - 9999/*"])(
    "takes a 206 of %s",
    (range) =>
      Effect.gen(function* () {
        const server = yield* host([whole({ to: 4000, after: "break" }), rest({ headers: { "content-range": range } })])
        isWhole(yield* bytesOf(server))
        assert.strictEqual(server.asked.length, 2)
      })
  )

  it.effect("goes on after a 206 that gave less than asked for", () =>
    Effect.gen(function* () {
      const server = yield* host([
        whole({ to: 4000, after: "break" }),
        rest({ to: 6000, headers: { "content-range": `bytes 4000-5999/${content.length}` } }),
        rest()
      ])
      isWhole(yield* bytesOf(server))
    })
  )

  describe("416", () => {
    it.effect("is the end where all bytes are there", () =>
      Effect.gen(function* () {
        const unknown = { "transfer-encoding": "identity" }
        const server = yield* host([
          () => new Response(body(0, content.length, "break"), { headers: { etag, ...unknown } }),
          status(416, { "content-range": `bytes */${content.length}` })
        ])
        isWhole(yield* bytesOf(server))
      })
    )

    it.effect("starts over where they are not", () =>
      Effect.gen(function* () {
        const server = yield* host([
          whole({ to: 4000, after: "break" }),
          status(416, { "content-range": "bytes */77" }),
          whole()
        ])
        const exit = yield* eventsOf(server)
        assert(Exit.isSuccess(exit))
        assert.deepStrictEqual(tags(exit.value), ["Opened", "Retrying", "StartedOver", "Opened"])
        assert.deepStrictEqual(assemble(exit.value), content)
      })
    )
  })

  describe("a part from an earlier run", () => {
    it.effect("is gone on with, by Range and If-Range", () =>
      Effect.gen(function* () {
        const server = yield* host([rest()])
        const exit = yield* eventsOf(server, { resume: { object: stored, ranges: [[0, 2500]] } })
        assert(Exit.isSuccess(exit))
        assert.deepStrictEqual(assemble(exit.value, 2500), content)
        assert.deepInclude(server.asked[0]?.headers, { range: "bytes=2500-", "if-range": etag })
      })
    )

    it.effect("is forgotten when the object is another one now", () =>
      Effect.gen(function* () {
        const server = yield* host([whole()])
        const exit = yield* eventsOf(server, { resume: { object: { ...stored, etag: '"old"' }, ranges: [[0, 2500]] } })
        assert(Exit.isSuccess(exit))
        assert.strictEqual(exit.value[0]?._tag, "StartedOver")
        assert.deepStrictEqual(assemble(exit.value), content)
      })
    )

    it.effect("that holds all bytes is asked for those behind the end", () =>
      Effect.gen(function* () {
        const server = yield* host([status(416, { "content-range": `bytes */${content.length}` })])
        assert.deepStrictEqual(
          yield* eventsOf(server, { resume: { object: stored, ranges: [[0, content.length]] } }),
          Exit.succeed([])
        )
        assert.deepInclude(server.asked[0]?.headers, { range: "bytes=10000-", "if-range": etag })
      })
    )
  })
})
