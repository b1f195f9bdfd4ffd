import { assert, describe, it } from "@effect/vitest"
import type { Checksum, StoredObject, TransferEvent } from "@scenario-assets/core"
import { Effect, Exit } from "effect"
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
  describe("another object than the one begun", () => {
    const other = Uint8Array.from(content, (byte, index) => (index < 2 ? byte : byte ^ 0xff))
    const changed = whole({ bytes: other, headers: { etag: '"two"' } })

    it.effect("is never joined: a file starts over, and says so", () =>
      Effect.gen(function* () {
        const exit = yield* eventsOf(yield* host([whole({ to: 4000, after: "break" }), changed]))
        assert(Exit.isSuccess(exit))
        assert.deepStrictEqual(assemble(exit.value), other)
        assert.deepInclude(
          exit.value.find((event) => event._tag === "StartedOver"),
          { discarded: 4000, sameObject: false }
        )
      })
    )

    it.effect("is never joined: bytes handed on cannot be taken back, and the stream ends", () =>
      Effect.gen(function* () {
        const server = yield* host([whole({ to: 4000, after: "break" }), changed])
        assert.deepInclude(yield* reasonOf(yield* bytesOf(server)), { _tag: "ObjectChanged", offset: 4000 })
      })
    )

    it.effect("is recognised in a 206 whose ETag, size or date differs", () =>
      Effect.gen(function* () {
        for (const headers of [
          { etag: '"two"' },
          { "content-range": "bytes 4000-10999/11000" },
          { etag: 'W/"one"', "last-modified": "Thu, 22 Oct 2026 07:28:00 GMT" },
          { etag, "last-modified": "Thu, 22 Oct 2026 07:28:00 GMT" },
          { etag: 'W/"two"' }
        ]) {
          const server = yield* host([whole({ to: 4000, after: "break" }), rest({ headers }), whole()])
          const exit = yield* eventsOf(server)
          assert(Exit.isSuccess(exit))
          assert.deepStrictEqual(tags(exit.value), ["Opened", "Retrying", "StartedOver", "Opened"])
          assert.deepStrictEqual(assemble(exit.value), content)
          assert.notProperty(server.asked[2]?.headers, "range")
        }
      })
    )

    it.effect("is taken whole where nothing of the first one came, whatever its size", () =>
      Effect.gen(function* () {
        for (const size of [12_000, 8000]) {
          const larger = Uint8Array.from({ length: size }, (_, index) => index % 249)
          const begun = whole({ to: 0, after: "break" })
          const now: Answer = () => new Response(larger, { headers: { etag: '"two"', "content-length": String(size) } })
          for (const connections of [1, 4]) {
            const exit = yield* eventsOf(yield* host([begun, now]), { connections })
            assert(Exit.isSuccess(exit))
            assert.deepStrictEqual(tags(exit.value), ["Opened", "Retrying", "Opened"])
            assert.deepStrictEqual(assemble(exit.value), larger)
          }
          const exit = yield* bytesOf(yield* host([begun, now]))
          assert.deepStrictEqual(exit, Exit.succeed(larger))
        }
      })
    )

    it.effect("is not what a host has that says nothing of it and serves no ranges", () =>
      Effect.gen(function* () {
        const unknown = { etag: "", "last-modified": "" }
        const begun = whole({ to: 4000, after: "break", headers: unknown })
        const now = whole({ headers: unknown })
        const file = yield* eventsOf(yield* host([begun, now]))
        assert(Exit.isSuccess(file))
        assert.deepStrictEqual(assemble(file.value), content)
        assert.strictEqual((yield* reasonOf(yield* bytesOf(yield* host([begun, now]))))._tag, "RangesRefused")
        assert.strictEqual((yield* reasonOf(yield* eventsOf(yield* host([begun]))))._tag, "RetriesExhausted")
        isWhole(yield* bytesOf(yield* host([whole({ to: 0, after: "break", headers: unknown }), status(503), now])))
      })
    )

    it.effect("is recognised by a weak ETag, in a 206 and in a 200", () =>
      Effect.gen(function* () {
        const [first, second] = [{ etag: 'W/"one"' }, { etag: 'W/"two"' }]
        const begun = whole({ to: 4000, after: "break", headers: first })
        const file = yield* eventsOf(yield* host([begun, rest({ headers: second }), whole({ headers: first })]))
        assert(Exit.isSuccess(file))
        assert.deepStrictEqual(tags(file.value), ["Opened", "Retrying", "StartedOver", "Opened"])
        assert.deepStrictEqual(assemble(file.value), content)
        for (const answer of [rest({ headers: second }), whole({ bytes: other, headers: second })]) {
          const reason = yield* reasonOf(yield* bytesOf(yield* host([begun, answer])))
          assert.deepInclude(reason, { _tag: "ObjectChanged", offset: 4000 })
        }
      })
    )

    it.effect("is recognised in a 416 that has its ETag", () =>
      Effect.gen(function* () {
        const server = yield* host([
          () => new Response(body(0, content.length), { headers: { etag } }),
          status(416, { "content-range": `bytes */${content.length}`, etag: '"two"' })
        ])
        assert.deepInclude(yield* reasonOf(yield* bytesOf(server)), { _tag: "ObjectChanged", offset: content.length })
      })
    )

    it.effect("ends the transfer when it changes again and again", () =>
      Effect.gen(function* () {
        let serial = 0
        const server = yield* host([
          () => {
            const headers = { etag: `"${serial++}"`, "content-length": String(content.length + serial) }
            return whole({ to: 4000, after: "break", headers })({ url: "", headers: {} }, 0)
          }
        ])
        const exit = yield* eventsOf(server)
        assert.strictEqual((yield* reasonOf(exit))._tag, "ObjectChanged")
        assert.isBelow(server.asked.length, 15)
      })
    )

    it.effect("is not what a host has whose every answer has another tag: one answer that is whole is taken", () =>
      Effect.gen(function* () {
        let serial = 0
        const tagged =
          (answer: (headers: Record<string, string>) => Answer): Answer =>
          (asked, from) =>
            answer({ etag: `"${serial++}"` })(asked, from)
        const cut = tagged((headers) => whole({ to: 4000, after: "break", headers }))
        const proper = tagged((headers) => whole({ headers }))
        const part = tagged((headers) => rest({ headers }))
        for (const refusal of [proper, part]) {
          const exit = yield* eventsOf(yield* host([cut, refusal, cut, refusal, proper]))
          assert(Exit.isSuccess(exit))
          assert.deepStrictEqual(assemble(exit.value), content)
        }
        const server = yield* host([cut])
        const reason = yield* reasonOf(yield* eventsOf(server))
        assert.deepInclude(reason, { _tag: "RetriesExhausted", last: "the host does not resume" })
        assert.isBelow(server.asked.length, 15)
      })
    )
  })

  it.effect("skips what was handed on already, when a host sends the same object once more", () =>
    Effect.gen(function* () {
      const server = yield* host([whole({ to: 4321, after: "break" }), whole()])
      isWhole(yield* bytesOf(server))
      const exit = yield* eventsOf(yield* host([whole({ to: 4321, after: "break" }), whole()]))
      assert(Exit.isSuccess(exit))
      assert.deepInclude(
        exit.value.find((event) => event._tag === "StartedOver"),
        { discarded: 4321, sameObject: true }
      )
    })
  )

  it.effect("does not go on with another object that is there when the same one should come once more", () =>
    Effect.gen(function* () {
      const other = whole({
        bytes: content.map((byte, index) => (index < 2 ? byte : byte ^ 0xff)),
        headers: { etag: '"two"' }
      })
      const server = yield* host([whole({ to: 4321, after: "break" }), whole(), other])
      assert.deepInclude(yield* reasonOf(yield* bytesOf(server)), { _tag: "ObjectChanged", offset: 4321 })
    })
  )

  it.effect("ends when a host that does not resume breaks off again and again", () =>
    Effect.gen(function* () {
      const server = yield* host([whole({ to: 4000, after: "break" })])
      assert.strictEqual((yield* reasonOf(yield* bytesOf(server)))._tag, "RetriesExhausted")
      assert.isBelow(server.asked.length, 20)
    })
  )

  it.effect("resumes by size and date where the validator is weak", () =>
    Effect.gen(function* () {
      const weak = { headers: { etag: 'W/"one"' } }
      const server = yield* host([whole({ to: 4000, after: "break", ...weak }), rest(weak)])
      isWhole(yield* bytesOf(server))
      assert.notProperty(server.asked[1]?.headers, "if-range")
    })
  )

  describe("what is said of the whole object", () => {
    const md5: Checksum.Checksum = { algorithm: "md5", value: "AAAAAAAAAAAAAAAAAAAAAA==" }
    const crc32c: Checksum.Checksum = { algorithm: "crc32c", value: "AAAAAA==" }
    const sha1: Checksum.Checksum = { algorithm: "sha1", value: "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" }
    const first = { "content-md5": md5.value, "x-amz-checksum-crc32c": crc32c.value }
    const later = { "repr-digest": `sha=:${sha1.value}:`, "x-goog-hash": `crc32c=${crc32c.value}` }

    const objectsOf = (exit: Exit.Exit<ReadonlyArray<TransferEvent.TransferEvent>, unknown>) => {
      assert(Exit.isSuccess(exit))
      return exit.value.flatMap((event) => (event._tag === "Opened" ? [event.object] : []))
    }
    const sumsOf = (object: StoredObject.StoredObject | undefined) =>
      (object?.checksums ?? []).map(({ algorithm }) => algorithm).toSorted()

    it.effect("stays said where a later answer says something else of it", () =>
      Effect.gen(function* () {
        const server = yield* host([whole({ to: 4000, after: "break", headers: first }), rest({ headers: later })])
        const [, object] = objectsOf(yield* eventsOf(server))
        assert.deepStrictEqual(sumsOf(object), ["crc32c", "md5", "sha1"])
        assert.deepInclude(object, { ...stored, contentType: "application/zip" })
      })
    )

    it.effect("stays said where the same object is sent once more", () =>
      Effect.gen(function* () {
        const server = yield* host([whole({ to: 4000, after: "break", headers: first }), whole({ headers: later })])
        const [, object] = objectsOf(yield* eventsOf(server))
        assert.deepStrictEqual(sumsOf(object), ["crc32c", "md5", "sha1"])
      })
    )

    it.effect("stays said in a later run, whether the host resumes or not", () =>
      Effect.gen(function* () {
        const object = { ...stored, checksums: [md5] }
        for (const answer of [rest({ headers: later }), whole({ headers: later })]) {
          const exit = yield* eventsOf(yield* host([answer]), { resume: { object, ranges: [[0, 2500]] } })
          assert.deepStrictEqual(sumsOf(objectsOf(exit)[0]), ["crc32c", "md5", "sha1"])
        }
      })
    )

    it.effect("is forgotten with the object", () =>
      Effect.gen(function* () {
        const changed = whole({ headers: { etag: '"two"' } })
        const server = yield* host([whole({ to: 4000, after: "break", headers: first }), changed])
        assert.deepStrictEqual(sumsOf(objectsOf(yield* eventsOf(server))[1]), [])
        const object = { ...stored, etag: '"old"', checksums: [md5] }
        const exit = yield* eventsOf(yield* host([changed]), { resume: { object, ranges: [[0, 2500]] } })
        assert.deepStrictEqual(sumsOf(objectsOf(exit)[0]), [])
      })
    )

    it.effect("counts for an answer that says nothing of its length", () =>
      Effect.gen(function* () {
        const chunked =
          (to: number): Answer =>
          () =>
            new Response(body(0, to), { headers: { "transfer-encoding": "chunked", etag } })
        const server = yield* host([whole({ to: 4000, after: "break" }), chunked(9000), chunked(9000), rest()])
        isWhole(yield* bytesOf(server))
      })
    )

    it.effect("is no better proof than the weakest answer gave", () =>
      Effect.gen(function* () {
        const weak = { headers: { etag: 'W/"one"' } }
        const server = yield* host([
          whole({ to: 4000, after: "break" }),
          rest({ to: 6000, after: "break", ...weak }),
          rest()
        ])
        assert.deepStrictEqual(
          objectsOf(yield* eventsOf(server)).map((object) => object.etag),
          [etag, 'W/"one"', 'W/"one"']
        )
        assert.notProperty(server.asked[2]?.headers, "if-range")
      })
    )
  })
})
