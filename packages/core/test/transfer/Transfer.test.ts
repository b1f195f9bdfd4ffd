import { assert, describe, it } from "@effect/vitest"
import {
  type Checksum,
  StorageClient,
  type StoredObject,
  Transfer,
  type TransferError,
  type TransferEvent
} from "@scenario-assets/core"
import { Clock, Effect, Exit, Layer, Ref, Stream } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Time from "../Time.ts"

/** A body that is not easily mistaken: `P`, `K`, then a pattern that does not repeat soon. */
const content = Uint8Array.from({ length: 10_000 }, (_, index) =>
  index === 0 ? 0x50 : index === 1 ? 0x4b : (index * 7919) >> 3
)
const etag = '"one"'
const modified = "Wed, 21 Oct 2026 07:28:00 GMT"

interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

type Answer = (asked: Asked, from: number) => Response | "refused" | "silence"

/** The bytes from `from` to `to`, and what happens then. */
const body = (from: number, to: number, after: "end" | "break" | "stall" = "end", bytes = content) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = from; at < to; at += 1000) controller.enqueue(bytes.slice(at, Math.min(to, at + 1000)))
      if (after === "end") controller.close()
    },
    pull(controller) {
      if (after === "break") controller.error(new Error("socket hang up"))
      return new Promise(() => {})
    }
  })

const whole =
  (
    options: {
      readonly to?: number
      readonly after?: "end" | "break" | "stall"
      readonly headers?: Record<string, string>
      readonly bytes?: Uint8Array<ArrayBuffer>
    } = {}
  ): Answer =>
  () =>
    new Response(body(0, options.to ?? content.length, options.after, options.bytes), {
      status: 200,
      headers: {
        "content-length": String(content.length),
        etag,
        "last-modified": modified,
        "content-type": "application/zip",
        ...options.headers
      }
    })

const rest =
  (
    options: {
      readonly to?: number
      readonly after?: "end" | "break" | "stall"
      readonly headers?: Record<string, string>
    } = {}
  ): Answer =>
  (_, from) =>
    new Response(body(from, options.to ?? content.length, options.after), {
      status: 206,
      headers: {
        "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
        etag,
        "last-modified": modified,
        "content-type": "application/zip",
        ...options.headers
      }
    })

const status =
  (code: number, headers: Record<string, string> = {}, text = ""): Answer =>
  () =>
    new Response(text, { status: code, headers })

/** A storage host that answers one request after the other, the last answer for ever. */
const host = Effect.fnUntraced(function* (answers: ReadonlyArray<Answer>, baseUrl = "https://api.test/v1") {
  const asked: Array<Asked> = []
  const refreshes = yield* Ref.make(0)
  const client = HttpClient.make((request, url) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    const record = { url: url.href, headers: { ...request.headers } }
    asked.push(record)
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers["range"] ?? "")?.[1] ?? 0)
    const given = answer?.(record, from) ?? "refused"
    if (given === "silence") return Effect.never
    return given === "refused"
      ? Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({
              request,
              cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })
            })
          })
        )
      : Effect.succeed(HttpClientResponse.fromWeb(request, given))
  }).pipe(
    HttpClient.mapRequest(
      HttpClientRequest.setHeaders({ authorization: `Basic ${Canary.basic}`, "x-api-key": Canary.key })
    )
  )
  const layer = Transfer.layer({ allowHttp: baseUrl.startsWith("http:") }).pipe(
    Layer.provide(StorageClient.layerHttpClient),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
  )
  const link = (serial: number) =>
    signedUrl(
      `${baseUrl.startsWith("https") ? "https" : "http"}://storage.test/a.zip?n=${serial}&Signature=${Canary.signature}`
    )
  const source: Transfer.Source = {
    url: link(0),
    refresh: Effect.map(
      Ref.updateAndGet(refreshes, (n) => n + 1),
      link
    )
  }
  return { asked, refreshes, layer, source }
})

type Host = Effect.Success<ReturnType<typeof host>>

const bytesOf = ({ layer, source }: Host, options?: Omit<Transfer.ReadOptions, "resume">) =>
  Effect.flatMap(Transfer.Transfer, (transfer) => Stream.runCollect(transfer.bytes(source, options))).pipe(
    Effect.map((chunks) => Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))),
    Effect.provide(layer),
    Time.letPass
  )

const eventsOf = ({ layer, source }: Host, options?: Transfer.ReadOptions) =>
  Effect.flatMap(Transfer.Transfer, (transfer) => Stream.runCollect(transfer.events(source, options))).pipe(
    Effect.provide(layer),
    Time.letPass
  )

/** What a file would hold in the end. */
const assemble = (events: ReadonlyArray<TransferEvent.TransferEvent>, from = 0): Uint8Array => {
  let bytes: Array<number> = [...content.subarray(0, from)]
  for (const event of events) {
    if (event._tag === "StartedOver") bytes = []
    if (event._tag === "Bytes") {
      assert.strictEqual(event.offset, bytes.length, "no gap, no overlap")
      bytes.push(...event.bytes)
    }
  }
  return Uint8Array.from(bytes)
}

const tags = (events: ReadonlyArray<TransferEvent.TransferEvent>) =>
  events.map((event) => event._tag).filter((tag) => tag !== "Bytes")

const whole_ = (exit: Exit.Exit<Uint8Array, unknown>) => {
  assert(Exit.isSuccess(exit))
  assert.deepStrictEqual(exit.value, content)
}

const reasonOf = Effect.fnUntraced(function* <A>(exit: Exit.Exit<A, TransferError.TransferError>) {
  const error = yield* Time.errorOf(exit)
  assert.notInclude(`${error.message} ${JSON.stringify(error)}`, Canary.signature)
  assert.include(error.message, "storage.test")
  return error.reason
})

const stored: StoredObject.StoredObject = { size: content.length, etag, lastModified: modified }

describe("Transfer", () => {
  it.effect("gives the bytes, in order, and says what the object is", () =>
    Effect.gen(function* () {
      const exit = yield* eventsOf(yield* host([whole()]))
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(exit.value[0], {
        _tag: "Opened",
        object: { ...stored, contentType: "application/zip" },
        offset: 0
      })
      assert.deepStrictEqual(assemble(exit.value), content)
    })
  )

  it.effect("sends no credential, no trace header and no Range at first, and asks for unencoded bytes", () =>
    Effect.gen(function* () {
      const server = yield* host([whole({ to: 3000, after: "break" }), rest()])
      whole_(yield* bytesOf(server))
      for (const { headers } of server.asked) {
        for (const name of ["authorization", "x-api-key", "cookie", "traceparent", "b3"])
          assert.notProperty(headers, name)
        assert.strictEqual(headers["accept-encoding"], "identity")
      }
      assert.notProperty(server.asked[0]?.headers, "range")
    })
  )

  it.effect.each(["break", "end", "stall"] as const)(
    "goes on from the byte reached after a body that comes to a %s",
    (after) =>
      Effect.gen(function* () {
        const server = yield* host([whole({ to: 4321, after }), rest({ to: 7000, after }), rest()])
        whole_(yield* bytesOf(server))
        assert.deepStrictEqual(
          server.asked.map(({ headers }) => headers["range"]),
          [undefined, "bytes=4321-", "bytes=7000-"]
        )
        assert.deepStrictEqual(
          server.asked.map(({ headers }) => headers["if-range"]),
          [undefined, etag, etag]
        )
        assert.strictEqual(yield* Ref.get(server.refreshes), 0)
      })
  )

  it.effect("waits half a minute in silence, and takes that for a fault", () =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      whole_(yield* bytesOf(yield* host([() => "silence", whole()])))
      const seconds = ((yield* Clock.currentTimeMillis) - before) / 1000
      assert.isAtLeast(seconds, 30)
      assert.isBelow(seconds, 60)
    })
  )

  it.effect("takes no fault from whoever is slow to take the bytes, such as a disk", () =>
    Effect.gen(function* () {
      const { layer, source } = yield* host([whole()])
      const exit = yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runCollect(Stream.tap(transfer.events(source), () => Effect.sleep("45 seconds")))
      ).pipe(Effect.provide(layer), Time.letPass)
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(tags(exit.value), ["Opened"])
      assert.deepStrictEqual(assemble(exit.value), content)
    })
  )

  it.effect("waits no longer than its time limit, whatever Retry-After asks for", () =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const server = yield* host([status(503, { "retry-after": "3600" })])
      const reason = yield* reasonOf(yield* bytesOf(server, { timeLimit: "20 seconds" }))
      assert.strictEqual(reason._tag, "TimedOut")
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 21_000)
    })
  )

  it.effect("takes silence after the request for a fault", () =>
    Effect.gen(function* () {
      const server = yield* host([() => "silence", whole()])
      const exit = yield* eventsOf(server)
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(tags(exit.value), ["Retrying", "Opened"])
      assert.deepStrictEqual(assemble(exit.value), content)
    })
  )

  it.effect.each([408, 429, 500, 502, 503, 504])("tries again after %s", (code) =>
    Effect.gen(function* () {
      const server = yield* host([status(code), status(code), whole()])
      whole_(yield* bytesOf(server))
      assert.strictEqual(server.asked.length, 3)
    })
  )

  it.effect("waits as long as Retry-After says, in seconds or as a date", () =>
    Effect.gen(function* () {
      const server = yield* host([
        status(503, { "retry-after": "17" }),
        status(429, { "retry-after": "Thu, 01 Jan 1970 00:00:40 GMT" }),
        status(503, { "retry-after": "86400" }),
        status(503, {
          "retry-after": "Sun, 06 Nov 1994 08:49:48 GMT",
          date: "Sun, 06 Nov 1994 08:49:37 GMT"
        }),
        whole()
      ])
      const exit = yield* eventsOf(server)
      assert(Exit.isSuccess(exit))
      const pauses = exit.value.flatMap((event) => (event._tag === "Retrying" ? [event.pause.toString()] : []))
      assert.strictEqual(pauses.length, 4)
      assert.include(pauses[3], "11", "by the clock of the host")
      assert.include(pauses[0], "17")
      assert.include(pauses[1], "23", "40 seconds after the epoch, 17 of which have passed")
      assert.include(pauses[2], "30", "capped")
    })
  )

  it.effect("ends after tries in vain, and counts them anew whenever bytes arrive", () =>
    Effect.gen(function* () {
      const fivetimes = [status(503), status(503), status(503), status(503), status(503)]
      const patient = yield* host([
        ...fivetimes,
        whole({ to: 2000, after: "break" }),
        ...fivetimes,
        rest({ to: 5000, after: "break" }),
        ...fivetimes,
        rest()
      ])
      whole_(yield* bytesOf(patient, { retries: 6 }))

      const away = yield* host([whole({ to: 2000, after: "break" }), () => "refused"])
      const reason = yield* reasonOf(yield* bytesOf(away, { retries: 3 }))
      assert(reason._tag === "RetriesExhausted")
      assert.strictEqual(reason.offset, 2000)
      assert.include(reason.last, "ECONNREFUSED")
      assert.strictEqual(away.asked.length, 1 + 3)
    })
  )

  it.effect.each([400, 401, 403])("gets one fresh link after %s, and goes on", (code) =>
    Effect.gen(function* () {
      const server = yield* host([status(code), whole({ to: 4000, after: "break" }), status(code), rest()])
      const exit = yield* eventsOf(server)
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(assemble(exit.value), content)
      assert.deepStrictEqual(tags(exit.value), ["Refreshed", "Opened", "Retrying", "Refreshed", "Opened"])
      assert.strictEqual(yield* Ref.get(server.refreshes), 2)
      assert.deepStrictEqual(
        server.asked.map(({ url }) => new URL(url).searchParams.get("n")),
        ["0", "1", "1", "2"]
      )
    })
  )

  it.effect("ends when a fresh link is refused, and does not blame the API key", () =>
    Effect.gen(function* () {
      const denied = `<Error><Code>AccessDenied</Code><Sig>${Canary.signature}</Sig></Error>`
      const server = yield* host([status(403, {}, denied)])
      const exit = yield* bytesOf(server)
      const reason = yield* reasonOf(exit)
      assert.deepInclude(reason, { _tag: "AccessRefused", status: 403, code: "AccessDenied" })
      assert.include(reason.message, "API key is not the cause")
      assert.strictEqual(yield* Ref.get(server.refreshes), 1)
    })
  )

  it.effect("passes on the error of the effect that makes links", () =>
    Effect.gen(function* () {
      const server = yield* host([status(403)])
      const exit = yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runDrain(transfer.bytes({ ...server.source, refresh: Effect.fail("no link" as const) }))
      ).pipe(Effect.provide(server.layer), Time.letPass)
      assert.strictEqual(yield* Time.errorOf(exit), "no link")
    })
  )

  it.effect.each([404, 410])("ends at once on %s", (code) =>
    Effect.gen(function* () {
      const server = yield* host([status(code)])
      assert.deepInclude(yield* reasonOf(yield* bytesOf(server)), { _tag: "ObjectMissing", status: code })
      assert.strictEqual(server.asked.length, 1)
    })
  )

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
        whole_(yield* bytesOf(yield* host([whole({ to: 0, after: "break", headers: unknown }), status(503), now])))
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
      whole_(yield* bytesOf(server))
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
      whole_(yield* bytesOf(server))
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
        whole_(yield* bytesOf(server))
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

  it.effect("refuses a 206 with other bytes than those asked for", () =>
    Effect.gen(function* () {
      const server = yield* host([
        whole({ to: 4000, after: "break" }),
        rest({ headers: { "content-range": `bytes 4001-9999/${content.length}` } }),
        rest()
      ])
      whole_(yield* bytesOf(server))
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
      whole_(yield* bytesOf(server))
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
      whole_(yield* bytesOf(server))
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
        whole_(yield* bytesOf(server))
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
      whole_(yield* bytesOf(server))
    })
  )

  it.effect("ends at its time limit, though no link has come, whatever it reads", () =>
    Effect.gen(function* () {
      const refused = yield* host([status(403)])
      const first = { refresh: Effect.never }
      const fresh = { ...refused.source, refresh: Effect.never }
      const { bytes, events, part } = yield* Effect.provide(Transfer.Transfer, refused.layer)
      const limits = { timeLimit: "5 seconds" } as const
      for (const source of [first, fresh]) {
        for (const read of [
          Stream.runDrain(bytes(source, limits)),
          Stream.runDrain(events(source, limits)),
          Stream.runDrain(events(source, { ...limits, connections: 4 })),
          Stream.runDrain(events(source, { ...limits, limitRate: 1000 })),
          Stream.runDrain(part(source, { suffix: 10 }, limits)),
          Stream.runDrain(part(source, { object: stored, ranges: [[0, 10]] }, limits))
        ]) {
          const before = yield* Clock.currentTimeMillis
          const exit = yield* Time.letPass(read)
          assert.strictEqual((yield* Time.errorOf(exit)).reason._tag, "TimedOut")
          assert.strictEqual((yield* Clock.currentTimeMillis) - before, 5000)
        }
      }
    })
  )

  it.effect("tells at once of what happens, also where the rate is limited", () =>
    Effect.gen(function* () {
      const { layer, source } = yield* host([status(503, { "retry-after": "20" }), whole()])
      const told: Array<string> = []
      yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runForEach(transfer.events(source, { limitRate: 1_000_000 }), ({ _tag }) =>
          Effect.map(Clock.currentTimeMillis, (now) => void told.push(`${_tag} ${Math.floor(now / 1000)}`))
        )
      ).pipe(Effect.provide(layer), Time.letPass)
      assert.deepStrictEqual(told.slice(0, 3), ["Retrying 0", "Opened 20", "Bytes 20"])
    })
  )

  it.effect("lets bytes pass evenly where the rate is limited, however large the pieces are that come", () =>
    Effect.gen(function* () {
      const { layer, source } = yield* host([
        () => new Response(content, { headers: { "content-length": String(content.length), etag } })
      ])
      const passed: Array<readonly [millis: number, bytes: Uint8Array]> = []
      yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runForEach(transfer.bytes(source, { limitRate: 1000 }), (bytes) =>
          Effect.map(Clock.currentTimeMillis, (now) => void passed.push([now, bytes]))
        )
      ).pipe(Effect.provide(layer), Time.letPass)
      assert.deepStrictEqual(
        passed.map(([millis, { length }]) => [millis, length]),
        Array.from({ length: 40 }, (_, index) => [index * 250, 250])
      )
      assert.deepStrictEqual(Uint8Array.from(passed.flatMap(([, bytes]) => [...bytes])), content)
      // Memory may be used again as soon as one piece in it was given back.
      assert.strictEqual(new Set(passed.map(([, { buffer }]) => buffer)).size, 40)
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
        whole_(yield* bytesOf(server))
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
        whole_(yield* bytesOf(server))
        assert.strictEqual(server.asked[1]?.headers["range"], "bytes=10000-")
      })
    )

    it.effect("a cut body without a length is found out, and goes on", () =>
      Effect.gen(function* () {
        whole_(yield* bytesOf(yield* host([undeclared(4000), rest()])))
      })
    )

    it.effect(
      "the end of a body without a length is confirmed by one that has it, or the object is sent once more",
      () =>
        Effect.gen(function* () {
          whole_(yield* bytesOf(yield* host([undeclared(content.length), whole()])))
          const empty = yield* host([undeclared(0), whole()])
          whole_(yield* bytesOf(empty))
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
        whole_(yield* bytesOf(server))
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
        whole_(yield* bytesOf(server, { expect: "zip" }))
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
        whole_(yield* bytesOf(server))
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
        whole_(yield* bytesOf(emulated))
        const server = yield* host([whole()])
        const http: Transfer.Source = { refresh: Effect.succeed(signedUrl("http://storage.test/a.zip")) }
        assert.strictEqual((yield* reasonOf(yield* bytesOf({ ...server, source: http })))._tag, "InsecureUrl")
        assert.strictEqual(server.asked.length, 0)
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

  it.effect("gives links to layerTest's reader", () =>
    Effect.gen(function* () {
      const transfer = yield* Transfer.Transfer
      const chunks = yield* Stream.runCollect(
        transfer.bytes({ refresh: Effect.succeed(signedUrl("https://a.test/cat.png")) })
      )
      assert.deepStrictEqual(
        chunks.map((chunk) => new TextDecoder().decode(chunk)),
        ["/cat.png"]
      )
    }).pipe(Effect.provide(Transfer.layerTest((url) => Stream.succeed(new TextEncoder().encode(url.pathname)))))
  )

  it.effect("counts anew whenever a stream of layerTest's is run", () =>
    Effect.gen(function* () {
      const { events } = yield* Transfer.Transfer
      const stream = events({ refresh: Effect.succeed(signedUrl("https://a.test/cat.png")) })
      for (let run = 0; run < 3; run++) {
        assert.deepStrictEqual(
          (yield* Stream.runCollect(stream)).map((event) => ("offset" in event ? [event._tag, event.offset] : [])),
          [
            ["Opened", 0],
            ["Bytes", 0],
            ["Bytes", 10]
          ]
        )
      }
    }).pipe(Effect.provide(Transfer.layerTest(() => Stream.make(new Uint8Array(10), new Uint8Array(5)))))
  )
})
