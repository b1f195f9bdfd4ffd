import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Checksum } from "@scenario-assets/core"
import * as Checksums from "@scenario-assets/core/engine/transfer/Checksums"
import * as Hashes from "@scenario-assets/core/engine/transfer/Hashes"
import * as Sums from "@scenario-assets/core/engine/transfer/Sums"
import { EmulatorServer } from "@scenario-assets/node/testing"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as NodeHashes from "../../src/file/internal/NodeHashes.ts"
import { archiveUrl } from "../support/emulatorCalls.ts"
import * as RawHttp from "../support/RawHttp.ts"

const declared = Checksum.Algorithm.literals.map((algorithm) => ({ algorithm, value: "" }))

const sumsOf = (hashes: Hashes.Hashes, ...parts: ReadonlyArray<Uint8Array>): Sums.Sums => {
  const running = Hashes.run(hashes, declared)
  for (const part of parts) running.update(part)
  return running.sums()
}
const valueOf = (sums: Sums.Sums, algorithm: Checksum.Algorithm) =>
  sums.checksums.find((sum) => sum.algorithm === algorithm)?.value

const crc32Of = (bytes: Uint8Array): string => {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32(bytes))
  return value.toString("base64")
}

describe("NodeHashes", () => {
  it("offers all seven checksums", () => {
    assert.deepStrictEqual(Object.keys(NodeHashes.hashes).toSorted(), [...Checksum.Algorithm.literals].toSorted())
  })

  it("gives the values that everybody else gives", () => {
    assert.deepStrictEqual(
      sumsOf(NodeHashes.hashes, new TextEncoder().encode("123456789")).checksums.map(({ value }) => value),
      [
        "y/Q5Jg==",
        "4waSgw==",
        "rosUhgp5mIg=",
        "JfnnlDI7RTiF9RgfG2JNCw==",
        "98O8HYCOBHMq32eZZczDTKeuNEE=",
        "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
        "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ=="
      ]
    )
  })

  it.prop("agrees with node:crypto, node:zlib and the portable ones", [Schema.Array(Schema.Uint8Array)], ([parts]) => {
    const whole = Buffer.concat(parts)
    const sums = sumsOf(NodeHashes.hashes, ...parts)
    for (const name of ["md5", "sha1", "sha256", "sha512"] as const) {
      assert.strictEqual(valueOf(sums, name), createHash(name).update(whole).digest("base64"))
    }
    assert.strictEqual(valueOf(sums, "crc32"), crc32Of(whole))
    const portable = sumsOf(Hashes.portable, ...parts)
    assert.deepStrictEqual(sums.checksums.slice(0, 3), portable.checksums)
  })

  it("goes on from a sum of the portable ones, and the other way round", () => {
    const bytes = createHash("sha512").update("some bytes").digest()
    const whole = sumsOf(Hashes.portable, bytes)
    for (const [first, second] of [
      [NodeHashes.hashes, Hashes.portable],
      [Hashes.portable, NodeHashes.hashes]
    ] as const) {
      const running = Hashes.run(second, declared, { from: sumsOf(first, bytes.subarray(0, 13)) })
      running.update(bytes.subarray(13))
      assert.deepStrictEqual(running.sums(), whole)
    }
  })

  it("can be asked along the way", () => {
    const running = Hashes.run(NodeHashes.hashes, declared)
    for (const [index, text] of ["1", "2345", "", "6789"].entries()) {
      running.update(Buffer.from(text))
      const soFar = Buffer.from(["1", "12345", "12345", "123456789"][index] ?? "")
      assert.deepStrictEqual(running.sums(), sumsOf(NodeHashes.hashes, soFar))
    }
  })
})

describe("the emulator on a port", () => {
  const kinds = ["crc32", "crc32c", "crc64nvme", "md5", "sha256"] as const
  const size = 1_000_000
  const layer = EmulatorServer.layer({ job: { pace: 0 }, archive: { size, entries: 5 }, checksums: kinds })

  it.live("declares checksums that node:crypto and node:zlib confirm", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const { body, headers } = yield* RawHttp.fetch(url)
      assert.strictEqual(body.length, size)
      assert.strictEqual(headers["content-md5"], createHash("md5").update(body).digest("base64"))
      assert.strictEqual(headers["repr-digest"], `sha-256=:${createHash("sha256").update(body).digest("base64")}:`)
      assert.strictEqual(headers["x-amz-checksum-crc32"], crc32Of(body))

      const checksums = Checksums.fromHeaders(headers, 200)
      const running = Hashes.run(NodeHashes.hashes, checksums)
      running.update(body)
      const verdict = Sums.verify(running.sums(), checksums)
      assert.deepStrictEqual(
        { ...verdict, verified: verdict.verified.toSorted() },
        { verified: [...kinds].toSorted(), mismatches: [], unverified: [] }
      )

      const part = yield* RawHttp.fetch(url, { headers: { range: "bytes=10-19" } })
      assert.strictEqual(part.status, 206)
      assert.strictEqual(part.headers["repr-digest"], headers["repr-digest"])
      assert.strictEqual(part.headers["x-goog-hash"], headers["x-goog-hash"])
      assert.strictEqual(part.headers["content-md5"], undefined)
      assert.strictEqual(part.headers["x-amz-checksum-crc32"], undefined)
    }).pipe(Effect.provide(layer))
  )
})
