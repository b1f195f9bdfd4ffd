/** Hosts of all kinds, made up by chance: whatever they do, each byte comes once, or an error says why not. */
import { assert, describe, it } from "@effect/vitest"
import { StorageClient, type StoredObject, Transfer, TransferPool } from "@scenario-assets/core"
import { Effect, Exit, Layer, Stream } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Seeded from "../../src/testing/internal/Seeded.ts"
import * as Time from "../Time.ts"

const seed = Number(process.env["SCENARIO_ASSETS_FUZZ_SEED"] ?? 1)
const count = Number(process.env["SCENARIO_ASSETS_FUZZ_SEGMENTS"] ?? 12)

const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const largest = 32 * mebibyte
/** Each 64 KiB of it are like no other. */
const all = new Uint8Array(largest)
for (let block = 0; block < largest / (64 * kibibyte); block++) {
  new DataView(all.buffer).setUint32(block * 64 * kibibyte, Seeded.hash(String(block)))
}

/** A number from 0 to the one below `most`. */
type Random = (most: number) => number

/** What a host does its own way, beside what goes wrong by chance. */
type Manner =
  | "none"
  /** Another tag in each answer. */
  | "tags"
  /** One of two tags. */
  | "edges"
  /** The whole to every `If-Range`. */
  | "refuses conditions"
  | "ignores conditions"
  /** Ranges that begin too early and end too early. */
  | "early"
  /** `206` that does not say what it is of. */
  | "unsaid"

const manners: ReadonlyArray<Manner> = [
  "none",
  "none",
  "tags",
  "edges",
  "refuses conditions",
  "ignores conditions",
  "early",
  "unsaid"
]

interface Host {
  readonly size: number
  /** One in so many exchanges goes wrong. */
  readonly oneIn: number
  readonly ignoresRanges: boolean
  readonly manner: Manner
  answers: number
  readonly random: Random
  open: number
  mostOpen: number
}

const hostOf = (random: Random): Host => ({
  size: mebibyte + random(largest - mebibyte),
  oneIn: 3 + random(20),
  ignoresRanges: random(4) === 0,
  manner: manners[random(manners.length)] ?? "none",
  answers: 0,
  random,
  open: 0,
  mostOpen: 0
})

const broken = (phase: "response" | "body") => new StorageClient.StorageError({ phase, description: "cut" })

/** The bytes from `start` on, at a rate of their own; perhaps cut short. */
const bodyOf = ({ random }: Host, start: number, end: number, cut: number | undefined) => {
  const length = (32 + random(480)) * kibibyte
  const pause = 1 + random(250)
  const last = Math.min(end, cut ?? end)
  const pieces = Array.from({ length: Math.ceil((last - start) / length) }, (_, index) => start + index * length)
  const bytes = Stream.fromIterable(pieces).pipe(
    Stream.rechunk(1),
    Stream.mapEffect((from) => Effect.as(Effect.sleep(pause), all.subarray(from, Math.min(last, from + length))))
  )
  if (cut === undefined || cut >= end) return bytes
  return random(2) === 0 ? bytes : Stream.concat(bytes, Stream.fail(broken("body")))
}

const answer = Effect.fnUntraced(function* (
  host: Host,
  range: string | undefined,
  condition: string | undefined
): Effect.fn.Return<StorageClient.StorageResponse, StorageClient.StorageError> {
  const { manner, oneIn, random, size } = host
  const number = host.answers++
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? []
  const start = Number(first ?? 0)
  const asked = last ? Number(last) + 1 : size
  const kind = random(oneIn) === 0 ? random(5) : undefined
  yield* Effect.sleep(random(200))
  if (kind === 0) return yield* broken("response")
  if (kind === 1) {
    const headers: Record<string, string> = random(2) === 0 ? { "retry-after": "1" } : {}
    return { status: random(2) === 0 ? 503 : 429, headers, body: Stream.empty }
  }
  const etag = manner === "tags" ? `"${number}"` : manner === "edges" && random(2) === 0 ? '"two"' : '"one"'
  const validators = { etag, "accept-ranges": "bytes" }
  const isMet =
    condition === undefined ||
    manner === "ignores conditions" ||
    (condition === etag && manner !== "refuses conditions")
  if (first === undefined || !isMet || (kind === 2 && host.ignoresRanges)) {
    const cut = kind === 3 ? random(size) : undefined
    return {
      status: 200,
      headers: { ...validators, "content-length": String(size) },
      body: bodyOf(host, 0, size, cut)
    }
  }
  if (start >= size) return { status: 416, headers: { "content-range": `bytes */${size}` }, body: Stream.empty }
  if (manner === "unsaid") return { status: 206, headers: validators, body: bodyOf(host, start, asked, undefined) }
  if (manner === "early") {
    const from = Math.max(0, start - random(mebibyte))
    const end = Math.min(size, start + 1 + random(4 * mebibyte))
    const headers = { ...validators, "content-range": `bytes ${from}-${end - 1}/${size}` }
    return { status: 206, headers, body: bodyOf(host, from, end, undefined) }
  }
  const end = kind === 4 ? start + 1 + random(asked - start) : asked
  return {
    status: 206,
    headers: { ...validators, "content-range": `bytes ${start}-${end - 1}/${size}` },
    body: bodyOf(host, start, end, kind === 3 ? start + random(end - start) : undefined)
  }
})

const storageOf = (host: Host) =>
  Layer.succeed(StorageClient.StorageClient, {
    get: (_link, { headers }) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          host.mostOpen = Math.max(host.mostOpen, ++host.open)
        }),
        () => Effect.sync(() => host.open--)
      ).pipe(Effect.andThen(answer(host, headers["range"], headers["if-range"])))
  })

const source = { refresh: Effect.succeed(Effect.runSync(Effect.sync(() => signedUrl("https://storage.test/a")))) }

/** What came: bytes of the object, each no more than once. */
const makeTaken = (size: number) => {
  const there = new Uint8Array(Math.ceil(size / kibibyte))
  let length = 0
  return {
    length: () => length,
    forget: () => {
      there.fill(0)
      length = 0
    },
    add: (offset: number, bytes: Uint8Array) => {
      assert.strictEqual(Buffer.compare(bytes, all.subarray(offset, offset + bytes.length)), 0, `other bytes ${offset}`)
      for (let block = Math.ceil(offset / kibibyte); block * kibibyte < offset + bytes.length; block++) {
        assert.strictEqual(there[block], 0, `twice: ${block}`)
        there[block] = 1
      }
      length += bytes.length
    }
  }
}

/** Who takes the bytes may take its time. */
const linger = (random: Random) => (random(30) === 0 ? Effect.sleep(random(5000)) : Effect.void)

/** Reads it in one of the three ways, and checks what comes. */
const read = Effect.fnUntraced(function* (host: Host, pool: TransferPool.TransferPool) {
  const { random, size } = host
  const transfer = yield* Transfer.Transfer
  const options = { connections: 1 + random(16), retries: 30, backoffBase: 10, backoffCap: 1000, pool }
  const taken = makeTaken(size)
  switch (random(3)) {
    case 0: {
      yield* Stream.runForEach(transfer.events(source, options), (event) => {
        if (event._tag === "StartedOver") taken.forget()
        if (event._tag === "Bytes") taken.add(event.offset, event.bytes)
        return linger(random)
      })
      return assert.strictEqual(taken.length(), size)
    }
    case 1: {
      let position = 0
      yield* Stream.runForEach(transfer.bytes(source, options), (bytes) => {
        taken.add(position, bytes)
        position += bytes.length
        return linger(random)
      })
      return assert.strictEqual(position, size)
    }
    default: {
      const object: StoredObject.StoredObject = { size, etag: '"one"' }
      const ranges: Array<readonly [number, number]> = []
      for (let start = random(mebibyte); start < size;) {
        const end = Math.min(size, start + 1 + random(12 * mebibyte))
        ranges.push([start, end])
        start = end + random(2 * mebibyte)
      }
      let [due = [0, 0], ...rest] = ranges
      let position = due[0]
      yield* Stream.runForEach(transfer.part(source, { object, ranges }, options), (event) => {
        if (event._tag !== "Bytes") return Effect.void
        if (position === due[1]) {
          ;[due = [0, 0], ...rest] = rest
          position = due[0]
        }
        assert.strictEqual(event.offset, position, "out of order")
        taken.add(event.offset, event.bytes)
        position += event.bytes.length
        return linger(random)
      })
      return assert.strictEqual(
        taken.length(),
        ranges.reduce((sum, [start, end]) => sum + end - start, 0)
      )
    }
  }
})

/** Why there may be no bytes: none in order, in parts, or after too many cuts. */
const acceptable: Readonly<Record<Manner, ReadonlyArray<string>>> = {
  none: [],
  early: [],
  "refuses conditions": [],
  "ignores conditions": [],
  unsaid: ["RangesRefused", "RetriesExhausted"],
  tags: ["ObjectChanged", "RetriesExhausted"],
  edges: ["ObjectChanged", "RetriesExhausted"]
}

describe("Transfers of chance", () => {
  it.effect(`bring each byte once, or an error (${count} from the seed ${seed})`, () =>
    Effect.gen(function* () {
      const numbers = Seeded.numbers(seed)
      const random: Random = (most) => numbers() % most
      let whole = 0
      for (let n = 0; n < count; n++) {
        const host = hostOf(random)
        const connections = random(2) === 0 ? Infinity : 1 + random(6)
        const pool = yield* TransferPool.make({
          connections,
          ...(random(4) === 0 ? { limitRate: mebibyte * (1 + random(20)) } : {})
        })
        const transfers = Array.from({ length: 1 + random(3) }, () => Effect.exit(read(host, pool)))
        const exits = yield* Time.letPass(Effect.all(transfers, { concurrency: "unbounded" })).pipe(
          Effect.flatMap((exit) => exit),
          Effect.provide(Layer.provide(Transfer.layer(), storageOf(host)))
        )
        for (const exit of exits) {
          if (Exit.isSuccess(exit)) whole++
          else {
            const error = yield* Time.errorOf(exit)
            assert(error._tag === "TransferError")
            const reasons = [
              ...acceptable[host.manner],
              ...(host.ignoresRanges ? ["RangesRefused", "RetriesExhausted"] : [])
            ]
            assert.include(reasons, error.reason._tag, `case ${n}, ${host.manner}: ${error.message}`)
          }
        }
        assert.strictEqual(host.open, 0, `case ${n}`)
        assert.isAtMost(host.mostOpen, connections, `case ${n}`)
      }
      assert.isAbove(whole, count / 2)
    })
  )

  it.effect("come by one exchange where no two answers agree, however many connections there may be", () =>
    Effect.gen(function* () {
      const numbers = Seeded.numbers(seed)
      for (const manner of ["tags", "ignores conditions"] as const) {
        const host: Host = { ...hostOf((most) => numbers() % most), oneIn: Infinity, ignoresRanges: false, manner }
        const taken = makeTaken(host.size)
        const transfer = Effect.flatMap(Transfer.Transfer, ({ events }) =>
          Stream.runForEach(events(source, { connections: 16 }), (event) =>
            Effect.sync(() => {
              assert.notStrictEqual(event._tag, "StartedOver")
              if (event._tag === "Bytes") taken.add(event.offset, event.bytes)
            })
          )
        )
        const exit = yield* Time.letPass(Effect.provide(transfer, Layer.provide(Transfer.layer(), storageOf(host))))
        assert(Exit.isSuccess(exit))
        assert.strictEqual(taken.length(), host.size)
        if (manner === "tags") assert.isAtMost(host.answers, 8)
      }
    })
  )
})
