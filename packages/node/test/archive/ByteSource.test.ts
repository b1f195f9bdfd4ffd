import { assert, describe, it } from "@effect/vitest"
import { StorageClient, Transfer } from "@scenario-assets/core"
import { Effect, Layer, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as ByteSource from "../../src/archive/internal/ByteSource.ts"
import * as ZipArchive from "../../src/archive/internal/ZipArchive.ts"

type Hiccup = (host: Host) => "busy" | "nothing" | "half"

/** A storage host in memory: what it is asked, and what it holds. */
interface Host {
  object: Uint8Array
  /** None where it says nothing by which the object could be told from another. */
  etag: string | undefined
  /** Whether it serves ranges. */
  ranges: boolean
  /** So many answers are cut in the middle. */
  cuts: number
  /** What comes of the next answers. */
  hiccups: Array<Hiccup>
  readonly asked: Array<string>
}

const respond = (host: Host, range: string | undefined): Response => {
  const hiccup = host.cuts-- > 0 ? "half" : host.hiccups.shift()?.(host)
  if (hiccup === "busy") return new Response("", { status: 503 })
  const { object } = host
  const validator = host.etag === undefined ? {} : { etag: host.etag }
  const send = (status: number, bytes: Uint8Array, headers: Record<string, string>) => {
    const sent = hiccup === "nothing" ? 0 : hiccup === "half" ? bytes.length / 2 : bytes.length
    return new Response(Uint8Array.from(bytes.subarray(0, sent)), {
      status,
      headers: { ...validator, ...headers, "content-length": String(bytes.length) }
    })
  }
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? []
  if (range === undefined || !host.ranges) return send(200, object, {})
  const start = first === "" ? Math.max(0, object.length - Number(last)) : Number(first)
  const end = first === "" || last === "" ? object.length : Number(last) + 1
  if (start >= object.length) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${object.length}` } })
  }
  const bytes = object.subarray(start, end)
  return send(206, bytes, { "content-range": `bytes ${start}-${start + bytes.length - 1}/${object.length}` })
}

const hostOf = (object: Uint8Array, options: Partial<Host> = {}): Host => ({
  object,
  etag: '"1"',
  ranges: true,
  cuts: 0,
  hiccups: [],
  asked: [],
  ...options
})

const layerOf = (storage: Layer.Layer<StorageClient.StorageClient>) =>
  Transfer.layer({ backoffBase: "1 millis" }).pipe(Layer.provideMerge(storage))

const layer = (host: Host) =>
  layerOf(
    Layer.succeed(
      StorageClient.StorageClient,
      StorageClient.fromHttpClient(
        HttpClient.make((request) =>
          Effect.sync(() => {
            host.asked.push(request.headers["range"] ?? "all")
            return HttpClientResponse.fromWeb(request, respond(host, request.headers["range"]))
          })
        )
      )
    )
  )

const source: Transfer.Source = { refresh: Effect.succeed(signedUrl("https://storage.test/x.zip?Signature=x")) }
const open = (tail: number) =>
  Effect.flatMap(Transfer.Transfer, (transfer) => ByteSource.fromTransfer(transfer, source, { tail }))

const object = Uint8Array.from({ length: 1000 }, (_, index) => index % 251)

describe("ByteSource", () => {
  const read = (host: Host, tail: number, start: number, end: number) =>
    Effect.gen(function* () {
      const bytes = yield* open(tail)
      assert(bytes !== undefined)
      return yield* ByteSource.readBytes(bytes, start, end)
    }).pipe(Effect.provide(layer(host)))

  it.live.each<readonly [tail: number, start: number, end: number, asked: ReadonlyArray<string>]>([
    [100, 900, 1000, ["bytes=-100"]],
    [100, 950, 960, ["bytes=-100"]],
    [100, 0, 10, ["bytes=-100", "bytes=0-9"]],
    [100, 800, 950, ["bytes=-100", "bytes=800-899"]],
    [5000, 0, 1000, ["bytes=-5000"]]
  ])("with a tail of %s gives the bytes from %s to %s and asks for no byte twice", ([tail, start, end, asked]) =>
    Effect.gen(function* () {
      const host = hostOf(object)
      assert.deepStrictEqual(yield* read(host, tail, start, end), object.slice(start, end))
      assert.deepStrictEqual(host.asked, asked)
    })
  )

  it.live("reads several ranges, those in the tail from there", () =>
    Effect.gen(function* () {
      const host = hostOf(object)
      const bytes = yield* open(100)
      assert(bytes !== undefined)
      const ranges = [
        [10, 20],
        [500, 600],
        [890, 910],
        [950, 960]
      ] as const
      const events = yield* Stream.runCollect(bytes.read(ranges))
      const found = events.flatMap((event) => (event._tag === "Bytes" ? [...event.bytes] : []))
      assert.deepStrictEqual(
        found,
        ranges.flatMap(([start, end]) => Array.from(object.slice(start, end)))
      )
      assert.deepStrictEqual(host.asked, [])
    }).pipe(Effect.provide(layer(hostOf(object))))
  )

  it.live("goes on where an answer was cut, also one that was asked for from the end", () =>
    Effect.gen(function* () {
      const host = hostOf(object, { cuts: 1 })
      assert.deepStrictEqual(yield* read(host, 100, 900, 1000), object.slice(900))
      assert.deepStrictEqual(host.asked, ["bytes=-100", "bytes=950-"])
    })
  )

  it.live("is none where the host serves no ranges and the object is larger", () =>
    Effect.gen(function* () {
      const host = hostOf(object, { ranges: false })
      assert.isUndefined(yield* Effect.provide(open(100), layer(host)))
      assert.deepStrictEqual(yield* read(host, 1000, 0, 1000), object)
    })
  )

  const hiccups: ReadonlyArray<readonly [what: string, hiccup: Hiccup]> = [
    ["is busy", () => "busy"],
    ["breaks before the first byte", () => "nothing"],
    ["breaks in the middle", () => "half"]
  ]
  const hosts = [
    ["serves ranges", { ranges: true }],
    ["serves no ranges", { ranges: false }],
    ["serves no ranges and says nothing of the object", { ranges: false, etag: undefined }]
  ] as const

  it.live.each(
    hosts.flatMap(([which, options]) => hiccups.map(([what, hiccup]) => ({ which, options, what, hiccup })))
  )("gets over a host that $which and $what, once or twice", ({ hiccup, options }) =>
    Effect.gen(function* () {
      for (const times of [1, 2]) {
        const faults = () => Array.from({ length: times }, () => hiccup)
        const small = hostOf(object, { ...options, hiccups: faults() })
        assert.deepStrictEqual(yield* read(small, 1000, 0, 1000), object)
        const large = hostOf(object, { ...options, hiccups: faults() })
        const bytes = yield* Effect.provide(open(100), layer(large))
        assert.deepStrictEqual(bytes?.tail, options.ranges ? object.slice(900) : undefined)
      }
    })
  )

  const another = Uint8Array.from({ length: 1500 }, (_, index) => index % 241)
  const replace = (host: Host) => Object.assign(host, { object: another, etag: '"2"' })

  it.live.each(hiccups)("begins anew with another object that is there after an answer that %s", ([, hiccup]) =>
    Effect.gen(function* () {
      for (const ranges of [true, false]) {
        const host = hostOf(object, { ranges, hiccups: [hiccup, (host) => (replace(host), "busy")] })
        const bytes = yield* Effect.provide(open(2000), layer(host))
        assert.deepStrictEqual(bytes?.tail, another)
      }
      const host = hostOf(object, { hiccups: [hiccup, (host) => (replace(host), "busy")] })
      const bytes = yield* Effect.provide(open(100), layer(host))
      assert.deepStrictEqual([bytes?.size, bytes?.tail], [1500, another.slice(1400)])
    })
  )

  it.live("does not call it another object where a host breaks again and again", () =>
    Effect.gen(function* () {
      for (const etag of ['"1"', undefined]) {
        const host = hostOf(object, { ranges: false, etag, cuts: 100 })
        const error = yield* Effect.provide(Effect.flip(open(1000)), layer(host))
        assert.strictEqual(error.reason._tag, "RetriesExhausted")
      }
    })
  )

  it.live("of nothing is empty", () =>
    Effect.gen(function* () {
      const bytes = yield* open(100)
      assert(bytes !== undefined)
      assert.strictEqual(bytes.size, 0)
      assert.strictEqual(bytes.tail.length, 0)
    }).pipe(Effect.provide(layer(hostOf(new Uint8Array(0)))))
  )

  it.live.each<readonly [what: string, change: (host: Host) => void, reason: string]>([
    ["another object", (host) => Object.assign(host, { etag: '"2"' }), "ObjectChanged"],
    ["no ranges any more", (host) => Object.assign(host, { ranges: false }), "RangesRefused"]
  ])("ends where there is %s", ([, change, reason]) =>
    Effect.gen(function* () {
      const host = hostOf(object)
      yield* Effect.gen(function* () {
        const bytes = yield* open(100)
        assert(bytes !== undefined)
        change(host)
        const error = yield* Effect.flip(ByteSource.readBytes(bytes, 10, 20))
        assert.strictEqual(error.reason._tag, reason)
        assert.isTrue(error.isRetryable)
      }).pipe(Effect.provide(layer(host)))
    })
  )
})

describe("ByteSource of a link that expires", () => {
  /** Links have numbers; those below `valid` are refused, and the ones from `other` on lead to another object. */
  const expiring = () => {
    const state = { made: 0, valid: 0, other: Infinity, refused: 0 }
    const link = (serial: number) => signedUrl(`https://storage.test/x.zip?n=${serial}`)
    const storage = Layer.succeed(
      StorageClient.StorageClient,
      StorageClient.fromHttpClient(
        HttpClient.make((request, url) =>
          Effect.sync(() => {
            const serial = Number(url.searchParams.get("n"))
            if (serial < state.valid) {
              state.refused++
              return HttpClientResponse.fromWeb(request, new Response("", { status: 403 }))
            }
            const host = hostOf(object, { etag: serial < state.other ? '"1"' : '"2"' })
            return HttpClientResponse.fromWeb(request, respond(host, request.headers["range"]))
          })
        )
      )
    )
    const source: Transfer.Source = {
      url: link(0),
      // A moment, in which others want one too.
      refresh: Effect.delay(
        Effect.sync(() => link(++state.made)),
        "10 millis"
      )
    }
    const opened = Effect.gen(function* () {
      const bytes = yield* ByteSource.fromTransfer(yield* Transfer.Transfer, source, { tail: 100 })
      assert(bytes !== undefined)
      state.valid = 1
      return bytes
    })
    return { state, opened, layer: layerOf(storage) }
  }
  const places = [0, 100, 200]

  it.live("is refused once and makes one fresh link, however often it is read", () =>
    Effect.gen(function* () {
      const { layer, opened, state } = expiring()
      yield* Effect.gen(function* () {
        const bytes = yield* opened
        for (const start of places) {
          assert.deepStrictEqual(yield* ByteSource.readBytes(bytes, start, start + 10), object.slice(start, start + 10))
        }
        assert.deepStrictEqual([state.refused, state.made], [1, 1])
        state.valid = 2
        for (const start of places) yield* ByteSource.readBytes(bytes, start, start + 10)
        assert.deepStrictEqual([state.refused, state.made], [2, 2])
      }).pipe(Effect.provide(layer))
    })
  )

  it.live("makes one fresh link for reads at once", () =>
    Effect.gen(function* () {
      const { layer, opened, state } = expiring()
      yield* Effect.gen(function* () {
        const bytes = yield* opened
        const read = (start: number) => ByteSource.readBytes(bytes, start, start + 10)
        yield* Effect.forEach(places, read, { concurrency: "unbounded" })
        assert.strictEqual(state.made, 1)
      }).pipe(Effect.provide(layer))
    })
  )

  it.live("ends where the fresh one leads to another object", () =>
    Effect.gen(function* () {
      const { layer, opened, state } = expiring()
      yield* Effect.gen(function* () {
        const bytes = yield* opened
        state.other = 1
        for (const start of places) {
          const error = yield* Effect.flip(ByteSource.readBytes(bytes, start, start + 10))
          assert.strictEqual(error.reason._tag, "ObjectChanged")
        }
      }).pipe(Effect.provide(layer))
    })
  )
})

describe("ZipArchive", () => {
  const list = (bytes: Uint8Array, tail: number) => {
    const host = hostOf(bytes)
    return Effect.gen(function* () {
      const source = yield* open(tail)
      assert(source !== undefined)
      const { entries } = yield* ZipArchive.open("job_1", source)
      return { entries, asked: host.asked.length }
    }).pipe(Effect.provide(layer(host)))
  }

  it.live("is opened by one request, by two for a large directory, by three behind a long comment", () =>
    Effect.gen(function* () {
      const files = Array.from({ length: 3000 }, (_, n) => ({ name: `directory/file-${n}.txt`, content: `${n}` }))
      const made = ZipMaker.make(files)
      assert.strictEqual((yield* list(made.bytes, 256 * 1024)).asked, 1)
      assert.strictEqual((yield* list(made.bytes, 140_000)).asked, 2)
      const commented = ZipMaker.make(files, { comment: new Uint8Array(65_535).fill(0x20) })
      const { asked, entries } = yield* list(commented.bytes, 1000)
      assert.strictEqual(asked, 3)
      assert.deepStrictEqual(
        entries.map(({ name }) => name),
        files.map(({ name }) => name)
      )
    })
  )

  it.live.each<readonly [what: string, bytes: Uint8Array, reason: string]>([
    ["nothing", new Uint8Array(0), "NotAnArchive"],
    ["something else", ZipMaker.text("<html>".repeat(100)), "NotAnArchive"],
    ["a damaged one", ZipMaker.make([{ name: "a" }], { end: { entries: 2 } }).bytes, "Unsupported"]
  ])("says what is wrong with %s", ([, bytes, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.flatMap(Effect.succeed(ByteSource.fromBytes(bytes)), (source) => ZipArchive.open("job_1", source))
      )
      assert.strictEqual(error.reason._tag, reason)
      assert.include(error.message, "job_1")
    })
  )

  it("reads entries that are near each other in one range", () => {
    const at = (offset: number, end: number) => ({ offset, end })
    const places = [at(0, 100), at(100, 300), at(200_000, 200_100), at(900_000, 900_001)]
    const entries = places.map((place) => ({ ...entry, ...place }))
    assert.deepStrictEqual(ZipArchive.ranges(entries.toReversed()), [
      [0, 200_100],
      [900_000, 900_001]
    ])
  })
})

const entry = {
  index: 0,
  name: "a",
  rawName: ZipMaker.text("a"),
  isDirectory: false,
  method: "stored",
  refused: undefined,
  flags: 0,
  hasDescriptor: false,
  compressedSize: 1,
  size: 1,
  crc32: 0,
  offset: 0,
  end: 0,
  modified: undefined
} as const
