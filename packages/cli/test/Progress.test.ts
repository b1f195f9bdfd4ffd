import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Format from "../src/Format.ts"
import * as Progress from "../src/Progress.ts"
import * as TransferMeter from "../src/TransferMeter.ts"

describe("Progress", () => {
  let written = ""
  beforeEach(() => {
    written = ""
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written += String(text)
      return true
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** What was written since the last look. */
  const news = (): string => {
    const text = written
    written = ""
    return text
  }

  it.effect("off a terminal: each state once, and every five seconds how far the bytes are", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const progress = yield* Progress.make("lines")
        yield* progress.status("Job queued: job_a")
        yield* progress.status("Job queued: job_a")
        assert.strictEqual(news(), "Job queued: job_a\n")
        progress.expect(3)
        progress.bytes("a", 0, 100_000_000)
        for (let second = 1; second <= 12; second++) {
          yield* TestClock.adjust("1 second")
          progress.bytes("a", second * 1_000_000, 100_000_000)
        }
        assert.match(news(), /^0\/3 4%  4\.0 MB of 100 MB\n0\/3 9%  9\.0 MB of 100 MB  1\.0 MB\/s  1m 31s left\n$/)
        yield* TestClock.adjust("3 seconds")
        news()
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(news(), "", "nothing moves, nothing is said")
      })
    )
  )

  it.effect("on a terminal: the line is wiped for other words, drawn again, and wiped in the end", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const progress = yield* Progress.make("redraw")
          yield* progress.status("Job queued: job_a")
          yield* TestClock.adjust("100 millis")
          assert.strictEqual(news(), "Job queued: job_a")
          yield* TestClock.adjust("2 seconds")
          assert.isTrue(news().endsWith("\r\u001b[2KJob queued: job_a 2s"))
          progress.write(process.stderr, "other words\n")
          assert.strictEqual(news(), "\r\u001b[2Kother words\n")
          progress.bytes("a", 5, 10)
          yield* TestClock.adjust("100 millis")
          assert.match(news(), /^\[=+> +\] +50%  5 B of 10 B$/)
        })
      )
      assert.strictEqual(news(), "\r\u001b[2K")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(news(), "", "and never drawn again")
    })
  )

  it.effect("quiet: nothing but what is written by intent", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const progress = yield* Progress.make("none")
        yield* progress.status("Job queued: job_a")
        progress.bytes("a", 5, 10)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(news(), "")
        progress.write(process.stderr, "words\n")
        assert.strictEqual(news(), "words\n")
      })
    )
  )
})

describe("Format", () => {
  it("writes bytes with three digits and decimal units", () => {
    const examples = [0, 999, 1000, 12_345, 99_949, 99_950, 999_499, 999_500, 2 ** 31, 5e15]
    const expected = ["0 B", "999 B", "1.0 kB", "12.3 kB", "99.9 kB", "100 kB", "999 kB", "1.0 MB", "2.1 GB", "5000 TB"]
    assert.deepStrictEqual(examples.map(Format.bytes), expected)
  })

  it("writes times in two units at the most", () => {
    const examples = [0, 999, 999.6, 59_400, 59_600, 3_599_400, 3_600_000, 90_000_000]
    const expected = ["0ms", "999ms", "1s", "59s", "1m 00s", "59m 59s", "1h 00m", "25h 00m"]
    assert.deepStrictEqual(examples.map(Format.time), expected)
  })

  it("leaves out of a line what does not fit, the least useful first, and the bar last of all", () => {
    const reading = { done: 12_300_000, size: 26_000_000, rate: 13_700_000 }
    const lines = [100, 77, 45, 37, 27, 20, 10, 3].map((width) => Format.transferLine(reading, width))
    assert.deepStrictEqual(lines, [
      "[==============>               ]  47%  12.3 MB of 26.0 MB  13.7 MB/s  1s left",
      "[==============>               ]  47%  12.3 MB of 26.0 MB  13.7 MB/s  1s left",
      "47%  12.3 MB of 26.0 MB  13.7 MB/s  1s left",
      "[====>     ]  47%  13.7 MB/s  1s left",
      "47%  13.7 MB/s  1s left",
      "[======>      ]  47%",
      "47%",
      ""
    ])
    assert.strictEqual(Format.transferWords(reading), "47%  12.3 MB of 26.0 MB  13.7 MB/s  1s left")
  })

  it("knows what is not known: no size, no rate yet; and what is done", () => {
    assert.strictEqual(Format.transferLine({ done: 1000, size: undefined, rate: 10 }, 77), "1.0 kB  10 B/s")
    assert.strictEqual(
      Format.transferLine({ done: 0, size: 2000, rate: 0 }, 40),
      "[>                 ]   0%  0 B of 2.0 kB"
    )
    assert.strictEqual(
      Format.transferLine({ done: 2, size: 2, rate: 0 }, 40),
      "[=====================] 100%  2 B of 2 B"
    )
  })
})

describe("TransferMeter", () => {
  it("adds up transfers, and takes the rate of the last seconds in which bytes came", () => {
    const meter = TransferMeter.make()
    assert.isUndefined(meter.read(0))
    meter.set("a", 1000, 100_000)
    meter.set("b", 0, 100_000)
    // Bytes that were there before count as done, and not for the rate.
    assert.deepStrictEqual(meter.read(0), { done: 1000, size: 200_000, rate: 0 })
    for (let second = 1; second <= 10; second++) {
      meter.set("b", second * 1000, 100_000)
      assert.strictEqual(meter.read(second * 1000)?.rate, 1000)
    }
    for (let second = 11; second <= 20; second++) {
      meter.set("b", 10_000 + (second - 10) * 5000, 100_000)
      meter.read(second * 1000)
    }
    assert.strictEqual(meter.read(20_000)?.rate, 5000, "the rate before is forgotten")
    assert.isBelow(meter.read(60_000)?.rate ?? 0, 500, "and fades while nothing comes")
  })

  it("knows no size in all as long as one is not known", () => {
    const meter = TransferMeter.make()
    meter.set("a", 1, 10)
    meter.set("b", 1, undefined)
    assert.isUndefined(meter.read(0)?.size)
    meter.set("b", 1, 20)
    assert.strictEqual(meter.read(0)?.size, 30)
  })
})
