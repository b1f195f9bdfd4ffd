import { assert, describe, it } from "@effect/vitest"
import type { Checksum } from "@scenario-assets/core"
import * as Schema from "effect/Schema"
import * as Content from "../../src/testing/internal/Content.ts"
import * as Checksums from "../../src/transfer/internal/Checksums.ts"
import * as Hashes from "../../src/transfer/internal/Hashes.ts"
import * as Sums from "../../src/transfer/internal/Sums.ts"

/** A hash that cannot be continued: the number of bytes, in sixteen. */
const counting: Hashes.Start = () => {
  let count = 0
  return {
    update: (bytes) => {
      count += bytes.length
    },
    digest: () => new Uint8Array(16).fill(count)
  }
}
const hashes: Hashes.Hashes = { ...Hashes.portable, md5: counting }

/** What a host declares that has these checksums, of whichever bytes. */
const declare = (...algorithms: ReadonlyArray<Checksum.Algorithm>): ReadonlyArray<Checksum.Checksum> =>
  algorithms.map((algorithm) => ({ algorithm, value: "" }))
const crcs = declare("crc32", "crc32c", "crc64nvme")

const sumsOf = (bytes: Uint8Array, declared = crcs, options?: Parameters<typeof Hashes.run>[2]): Sums.Sums => {
  const running = Hashes.run(hashes, declared, options)
  running.update(bytes)
  return running.sums()
}
const algorithmsOf = (sums: Sums.Sums) => sums.checksums.map(({ algorithm }) => algorithm)
const text = new TextEncoder().encode("123456789")

describe("Hashes", () => {
  it("are by default the three CRCs", () => {
    assert.deepStrictEqual(Object.keys(Hashes.portable).toSorted(), ["crc32", "crc32c", "crc64nvme"])
  })

  it("give the sums that headers have", () => {
    assert.deepStrictEqual(sumsOf(text), {
      length: 9,
      checksums: [
        { algorithm: "crc32", value: "y/Q5Jg==" },
        { algorithm: "crc32c", value: "4waSgw==" },
        { algorithm: "crc64nvme", value: "rosUhgp5mIg=" }
      ]
    })
  })

  it("are started where they are declared and can be computed", () => {
    assert.deepStrictEqual(algorithmsOf(sumsOf(text, declare("sha256", "md5", "crc32", "md5"))), ["md5", "crc32"])
    assert.deepStrictEqual(sumsOf(text, []), { length: 9, checksums: [] })
  })

  it("are CRCs alone where they shall be joined", () => {
    assert.deepStrictEqual(algorithmsOf(sumsOf(text, declare("md5", "crc32c"), { joinable: true })), ["crc32c"])
  })

  it("go on from sums, as far as these can be continued", () => {
    const from = sumsOf(text.subarray(0, 4), declare("md5", "crc32"))
    assert.deepStrictEqual(algorithmsOf(from), ["md5", "crc32"])
    const sums = sumsOf(text.subarray(4), declare("md5", "crc32", "crc32c"), { from })
    assert.deepStrictEqual(sums, { length: 9, checksums: [{ algorithm: "crc32", value: "y/Q5Jg==" }] })
    assert.deepStrictEqual(algorithmsOf(sumsOf(text, declare("md5", "crc32"), { from: Sums.empty })), ["md5", "crc32"])
  })

  it("can be asked along the way", () => {
    const running = Hashes.run(hashes, declare("md5", "crc32"))
    assert.deepStrictEqual(running.sums(), {
      length: 0,
      checksums: [Checksums.make("md5", new Uint8Array(16)), Checksums.make("crc32", new Uint8Array(4))]
    })
    running.update(text.subarray(0, 4))
    assert.deepStrictEqual(running.sums(), sumsOf(text.subarray(0, 4), declare("md5", "crc32")))
    running.update(text.subarray(4))
    assert.deepStrictEqual(running.sums(), sumsOf(text, declare("md5", "crc32")))
  })
})

describe("Sums", () => {
  const Cuts = Schema.Array(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 5000 }))))
  const block = Content.noise(5).subarray(0, 5000)
  const whole = sumsOf(block)
  const Json = Schema.toCodecJson(Sums.Sums)

  it.prop("of segments, joined, are those of the whole", [Cuts], ([cuts]) => {
    const ends = [...cuts, 5000].toSorted((a, b) => a - b)
    const parts = ends.map((end, index) => sumsOf(block.subarray(ends[index - 1] ?? 0, end)))
    assert.deepStrictEqual(parts.reduce(Sums.join, Sums.empty), whole)
    assert.deepStrictEqual(
      parts.reduceRight((sum, part) => Sums.join(part, sum), Sums.empty),
      whole
    )
  })

  it.prop("let another run go on, by way of JSON", [Cuts], ([cuts]) => {
    const ends = [...cuts, 5000].toSorted((a, b) => a - b)
    const sums = ends.reduce((from, end) => {
      const running = Hashes.run(hashes, crcs, { from })
      running.update(block.subarray(from.length, end))
      const json = JSON.stringify(Schema.encodeSync(Json)(running.sums()))
      return Schema.decodeSync(Json)(JSON.parse(json))
    }, Sums.empty)
    assert.deepStrictEqual(sums, whole)
  })

  it("that cannot be joined, or are known of one side alone, are left out", () => {
    const [a, b] = [sumsOf(text, declare("md5", "crc32")), sumsOf(text, declare("crc32", "crc32c", "md5"))]
    assert.deepStrictEqual(algorithmsOf(Sums.join(a, b)), ["crc32"])
    assert.strictEqual(Sums.join(a, b).length, 18)
    assert.deepStrictEqual(Sums.join(a, Sums.empty), a)
    assert.deepStrictEqual(Sums.join(Sums.empty, a), a)
    assert.deepStrictEqual(Sums.join(a, { length: 3, checksums: [] }), { length: 12, checksums: [] })
  })

  it("are read from a state file only where they can be right", () => {
    const is = Schema.is(Sums.Sums)
    assert.isTrue(is(whole))
    assert.isFalse(is({ ...whole, length: -1 }))
    assert.isFalse(is({ ...whole, length: 1.5 }))
    assert.isFalse(is({ length: 1, checksums: [{ algorithm: "crc32", value: "y/Q5" }] }))
  })

  it("are compared with what was declared", () => {
    const [right, other] = [
      { algorithm: "crc32", value: "y/Q5Jg==" },
      { algorithm: "crc32c", value: "AAAAAA==" }
    ] as const
    const sums = sumsOf(text)
    assert.deepStrictEqual(Sums.verify(sums, [right, ...declare("sha256", "md5")]), {
      verified: ["crc32"],
      mismatches: [],
      unverified: ["sha256", "md5"]
    })
    assert.deepStrictEqual(Sums.verify(sums, [right, other]), {
      verified: ["crc32"],
      mismatches: [{ algorithm: "crc32c", expected: "AAAAAA==", actual: "4waSgw==" }],
      unverified: []
    })
    assert.deepStrictEqual(Sums.verify(sums, []), { verified: [], mismatches: [], unverified: [] })
  })

  it("do not verify an algorithm that was declared twice, with two values", () => {
    const right = { algorithm: "crc32", value: "y/Q5Jg==" } as const
    for (const declared of [
      [right, { ...right, value: "AAAAAA==" }],
      [{ ...right, value: "AAAAAA==" }, right]
    ]) {
      assert.deepStrictEqual(Sums.verify(sumsOf(text), declared), {
        verified: [],
        mismatches: [{ algorithm: "crc32", expected: "AAAAAA==", actual: "y/Q5Jg==" }],
        unverified: []
      })
    }
  })
})
