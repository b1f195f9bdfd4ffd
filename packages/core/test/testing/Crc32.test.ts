import { assert, describe, it } from "@effect/vitest"
import { Content } from "@scenario-assets/core/testing"
import * as Crc32 from "../../src/internal/Crc32.ts"

const text = (value: string) => new TextEncoder().encode(value)

describe("Crc32", () => {
  it("gives the sums everybody else gives", () => {
    assert.strictEqual(Crc32.update(0, text("")), 0)
    assert.strictEqual(Crc32.update(0, text("123456789")), 0xcbf43926)
    assert.strictEqual(Crc32.update(0, text("The quick brown fox jumps over the lazy dog")), 0x414fa339)
  })

  it("does not depend on where the bytes are cut", () => {
    const bytes = Content.noise(1).subarray(0, 5000)
    const whole = Crc32.update(0, bytes)
    for (const cut of [0, 1, 7, 8, 9, 15, 16, 17, 1000, 4999, 5000]) {
      const [a, b] = [bytes.subarray(0, cut), bytes.subarray(cut)]
      assert.strictEqual(Crc32.update(Crc32.update(0, a), b), whole)
      assert.strictEqual(Crc32.combine(Crc32.update(0, a), Crc32.update(0, b), b.length), whole)
    }
  })

  it("does not depend on where the bytes lie", () => {
    const block = Content.noise(1)
    for (let from = 0; from < 12; from++) {
      for (let length = 0; length < 40; length++) {
        const copy = block.slice(from, from + length)
        assert.strictEqual(Crc32.update(7, block.subarray(from, from + length)), Crc32.update(7, copy))
        const single = [...copy].reduce((crc, byte) => Crc32.update(crc, Uint8Array.of(byte)), 7)
        assert.strictEqual(Crc32.update(7, copy), single)
      }
    }
  })

  it("sums repetitions without reading them", () => {
    const block = text("abc")
    for (const count of [0, 1, 2, 3, 10, 333]) {
      assert.strictEqual(
        Crc32.repeat(Crc32.update(0, block), block.length, count),
        Crc32.update(0, text("abc".repeat(count)))
      )
    }
  })

  it("knows lengths beyond 32 bits", () => {
    // 5 GiB of zero bytes, as zlib sums them.
    const zero = Crc32.update(0, new Uint8Array(1024))
    const fiveGiB = Crc32.repeat(zero, 1024, 5 * 1024 * 1024)
    const oneGiB = Crc32.repeat(zero, 1024, 1024 * 1024)
    const fourGiB = Crc32.repeat(oneGiB, 2 ** 30, 4)
    assert.strictEqual(Crc32.combine(oneGiB, fourGiB, 4 * 2 ** 30), fiveGiB)
    assert.strictEqual(Crc32.combine(fourGiB, oneGiB, 2 ** 30), fiveGiB)
    assert.strictEqual(fiveGiB, 0x193838c3)
  })
})
