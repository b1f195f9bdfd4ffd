import { assert, describe, it } from "@effect/vitest"
import type { Checksum } from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Checksums from "../../src/transfer/internal/Checksums.ts"
import * as Hashes from "../../src/transfer/internal/Hashes.ts"
import * as Sums from "../../src/transfer/internal/Sums.ts"

const layer = (options: Emulator.Options) =>
  EmulatorHttpClient.layer.pipe(Layer.provideMerge(Emulator.layer({ job: { pace: 0 }, ...options })))

const Body = Schema.Struct({ jobId: Schema.String, downloadUrl: Schema.optionalKey(Schema.String) })

/** The link of an archive. */
const archiveUrl = Effect.gen(function* () {
  const { catalogue, config } = yield* Emulator.Emulator
  const send = (request: HttpClientRequest.HttpClientRequest) =>
    request.pipe(
      HttpClientRequest.basicAuth(config.credentials.key, config.credentials.secret),
      HttpClient.execute,
      Effect.flatMap((response) => response.json),
      Effect.flatMap(Schema.decodeUnknownEffect(Body))
    )
  const { jobId } = yield* send(
    HttpClientRequest.post(`${config.apiUrl}/assets/download`).pipe(
      HttpClientRequest.bodyJsonUnsafe({
        options: { fileNameTemplate: "<prompt>-<seed>" },
        query: { assetIds: [], inferenceIds: [], modelIds: [catalogue.models[0]?.id] }
      })
    )
  )
  return (yield* send(HttpClientRequest.get(`${config.apiUrl}/assets/download/${jobId}`))).downloadUrl ?? ""
})

const fetchFrom = Effect.fnUntraced(function* (url: string, range?: string) {
  const response = yield* HttpClientRequest.get(url).pipe(
    HttpClientRequest.setHeaders(range === undefined ? {} : { range }),
    HttpClient.execute,
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )
  const { headers, status } = response
  return { status, headers, bytes: new Uint8Array(yield* response.arrayBuffer) }
})

const declared = (headers: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /checksum|digest|md5|goog/.test(name)))

/** What a client makes of an answer. */
const verdictOf = ({ bytes, headers, status }: Effect.Success<ReturnType<typeof fetchFrom>>) => {
  const checksums = Checksums.fromHeaders(headers, status)
  const running = Hashes.run(Hashes.portable, checksums)
  running.update(bytes)
  return Sums.verify(running.sums(), checksums)
}
const right = (...verified: ReadonlyArray<Checksum.Algorithm>): Sums.Verdict => ({
  verified,
  mismatches: [],
  unverified: []
})

const crcs = ["crc32", "crc32c", "crc64nvme"] as const
const archives: ReadonlyArray<readonly [name: string, archive: Emulator.Options["archive"]]> = [
  ["selected assets", undefined],
  ["one file", { size: 1_000_000 }],
  ["many files", { size: 3_000_001, entries: 700 }]
]

describe("checksums of the storage host", () => {
  it.effect("are not declared unasked", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(declared((yield* fetchFrom(yield* archiveUrl)).headers), {})
    }).pipe(Effect.provide(layer({ archive: { size: 100_000 } })))
  )

  it.effect.each(archives)("are right for %s", ([, archive]) =>
    Effect.gen(function* () {
      const answer = yield* fetchFrom(yield* archiveUrl)
      assert.strictEqual(answer.headers["x-amz-checksum-type"], "FULL_OBJECT")
      assert.deepStrictEqual(verdictOf(answer), right("crc32c", "crc32", "crc64nvme"))
    }).pipe(Effect.provide(layer({ archive, checksums: crcs })))
  )

  it.effect("are those of the whole also under 206, save those that S3 has not there", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const [whole, part] = [yield* fetchFrom(url), yield* fetchFrom(url, "bytes=1-5")]
      assert.strictEqual(part.status, 206)
      assert.deepStrictEqual(declared(part.headers), { "x-goog-hash": whole.headers["x-goog-hash"] })
    }).pipe(Effect.provide(layer({ archive: { size: 100_000 }, checksums: [...crcs, "md5"] })))
  )

  it.effect("cost nothing for archives of any size", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const response = yield* HttpClientRequest.head(url).pipe(
        HttpClient.execute,
        Effect.provideService(HttpClient.TracerPropagationEnabled, false)
      )
      assert.strictEqual(response.headers["content-length"], String(2 ** 36))
      assert.strictEqual(Checksums.fromHeaders(response.headers, 200).length, 3)
    }).pipe(Effect.provide(layer({ archive: { size: 2 ** 36, entries: 64 }, checksums: [...crcs, "md5", "sha256"] })))
  )

  it.effect("that are composite carry their mark, but not under 206", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const [whole, part] = [yield* fetchFrom(url), yield* fetchFrom(url, "bytes=0-")]
      assert.match(whole.headers["x-amz-checksum-crc32c"] ?? "", /^[A-Za-z0-9+/]{6}==-3$/)
      assert.strictEqual(whole.headers["x-amz-checksum-type"], "COMPOSITE")
      assert.match(part.headers["x-amz-checksum-crc32c"] ?? "", /^[A-Za-z0-9+/]{6}==$/)
      assert.strictEqual(part.bytes.length, whole.bytes.length)
      assert.deepStrictEqual([verdictOf(whole), verdictOf(part)], [right(), right()])
    }).pipe(Effect.provide(layer({ archive: { size: 100_000 }, checksums: ["composite"] })))
  )

  it.effect("are left out where this machine cannot compute them", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(declared((yield* fetchFrom(yield* archiveUrl)).headers), {})
    }).pipe(Effect.provide(layer({ archive: { size: 100_000 }, checksums: ["md5", "sha256"] })))
  )
})

describe("faults of checksums", () => {
  it.effect("declare those of other bytes", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const emulator = yield* Emulator.Emulator
      yield* emulator.inject(Fault.wrongChecksum("storage"))
      const [wrong, fine] = [yield* fetchFrom(url), yield* fetchFrom(url)]
      assert.deepStrictEqual(wrong.bytes, fine.bytes)
      const { mismatches, verified } = verdictOf(wrong)
      assert.deepStrictEqual(verified, [])
      assert.deepStrictEqual(
        mismatches.map(({ algorithm }) => algorithm),
        ["crc32c", "crc32", "crc64nvme"]
      )
      assert.deepStrictEqual(verdictOf(fine), right("crc32c", "crc32", "crc64nvme"))
    }).pipe(Effect.provide(layer({ archive: { size: 100_000 }, checksums: crcs })))
  )

  it.effect("declare that of S3 where none was asked for", () =>
    Effect.gen(function* () {
      const verdict = verdictOf(yield* fetchFrom(yield* archiveUrl))
      assert.deepStrictEqual(
        verdict.mismatches.map(({ algorithm }) => algorithm),
        ["crc64nvme"]
      )
    }).pipe(Effect.provide(layer({ archive: { size: 100_000 }, faults: [Fault.wrongChecksum("storage")] })))
  )

  it.effect("change one byte of the body, the one that they name", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const emulator = yield* Emulator.Emulator
      const { bytes } = yield* fetchFrom(url)
      for (const [at, range, index] of [
        [0, undefined, 0],
        [70_000, undefined, 70_000],
        [99_999, undefined, 99_999],
        [10, "bytes=500-599", 510]
      ] as const) {
        yield* emulator.inject(Fault.corrupt("storage", at))
        const { bytes: found, status } = yield* fetchFrom(url, range)
        const from = range === undefined ? 0 : 500
        const differing = [...found.keys()].filter((i) => found[i] !== bytes[from + i])
        assert.deepStrictEqual([status, differing.map((i) => from + i)], [range === undefined ? 200 : 206, [index]])
      }
      yield* emulator.inject(Fault.corrupt("storage", 100_000))
      assert.deepStrictEqual((yield* fetchFrom(url)).bytes, bytes)
    }).pipe(Effect.provide(layer({ archive: { size: 100_000, entries: 3 } })))
  )

  it.effect("of bytes are found out by every checksum", () =>
    Effect.gen(function* () {
      const verdict = verdictOf(yield* fetchFrom(yield* archiveUrl))
      assert.deepStrictEqual(
        verdict.mismatches.map(({ algorithm }) => algorithm),
        ["crc32c", "crc32", "crc64nvme"]
      )
    }).pipe(
      Effect.provide(layer({ archive: { size: 100_000 }, checksums: crcs, faults: [Fault.corrupt("storage", 777)] }))
    )
  )

  it.effect("of bytes meet the API too", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      yield* emulator.inject(Fault.corrupt("getStatus", 0))
      assert.strictEqual((yield* Effect.flip(archiveUrl))._tag, "HttpClientError")
    }).pipe(Effect.provide(layer({ archive: { size: 100_000 } })))
  )
})
