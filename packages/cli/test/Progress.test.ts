import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Progress from "../src/progress/Progress.ts"
import * as ProgressBlock from "../src/progress/ProgressBlock.ts"
import * as ProgressLine from "../src/progress/ProgressLine.ts"
import * as Tasks from "../src/progress/Tasks.ts"
import * as TransferMeter from "../src/progress/TransferMeter.ts"
import * as Colors from "../src/text/Colors.ts"
import * as Format from "../src/text/Format.ts"
import * as Width from "../src/text/Width.ts"

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

  it.effect("off a terminal: a line after five seconds and then one a minute, also while nothing moves", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const progress = yield* Progress.make("lines")
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(news(), "", "nothing is under way")
        yield* progress.waiting("job_a", "queued")
        progress.retried("job_a")
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual(news(), "")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(news(), "job_a queued 1m 00s  1 retry\n")
        yield* progress.waiting("job_b", "queued")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(news(), "0/2 done  2 waiting\n")
        progress.expectIn(3)
        progress.bytes("job_a", 5_000_000, 100_000_000)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(news(), "0/3 files  5.0 MB  job_b queued 2m 00s\n")
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual(news().match(/\n/g)?.length, 2)
        progress.ended("job_a")
        progress.ended("job_b")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(news(), "", "all is over")
      })
    )
  )

  it.effect("off a terminal: the first line comes after five seconds", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const progress = yield* Progress.make("lines")
        progress.bytes("a", 4_000_000, 100_000_000)
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(news(), "")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(news(), "4%  4.0 MB of 100 MB\n")
      })
    )
  )

  it.effect("on a terminal: wiped for other words, drawn again, at most ten times a second, and wiped in the end", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const progress = yield* Progress.make("redraw")
          yield* progress.waiting("job_a", "queued")
          assert.strictEqual(news(), "", "not before its time")
          yield* TestClock.adjust("100 millis")
          assert.strictEqual(news(), "\r\u001b[?7l\u001b[2Kjob_a  queued\n\u001b[?7h")
          yield* TestClock.adjust("800 millis")
          assert.strictEqual(news(), "", "nothing changes, nothing is written")
          yield* TestClock.adjust("2 seconds")
          assert.deepStrictEqual(news().match(/queued \d+s/g), ["queued 1s", "queued 2s", "queued 3s"])
          progress.write(process.stderr, "other words\n")
          assert.strictEqual(news(), "\r\u001b[K\u001b[1A\u001b[Kother words\n")
          yield* TestClock.adjust("1 second")
          assert.match(news(), /queued 4s\n/)
          process.emit("SIGCONT")
          yield* TestClock.adjust("100 millis")
          assert.strictEqual(news(), "\r\u001b[?7l\u001b[2Kjob_a  queued 4s\n\u001b[?7h", "below what the shell wrote")
          for (let time = 0; time < 1000; time += 10) {
            progress.bytes("job_a", time, 1000)
            yield* TestClock.adjust("10 millis")
          }
          const drawn = news().match(/\[[=> ]+\] +\d+%/g) ?? []
          assert.isAtLeast(drawn.length, 9)
          assert.isAtMost(drawn.length, 10)
          progress.stop()
          assert.strictEqual(news(), "\r\u001b[K\u001b[1A\u001b[K")
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual(news(), "", "and never drawn again")
        })
      )
      assert.strictEqual(news(), "")
    })
  )

  it.effect("quiet: nothing but what is written by intent", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const progress = yield* Progress.make("none")
        yield* progress.waiting("job_a", "queued")
        progress.bytes("a", 5, 10)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(news(), "")
        progress.write(process.stderr, "words\n")
        assert.strictEqual(news(), "words\n")
      })
    )
  )
})

describe("ProgressBlock", () => {
  const size = { columns: 80, rows: 24 }
  const none = { expected: 0, completed: 0 }
  const show = (tasks: Tasks.Tasks, time: number, files = none, { columns, rows } = size) =>
    ProgressBlock.lines(tasks.overview(time), files, { columns, rows }, Colors.none)

  /** One that is waited for, and one at half of 2 MB after two seconds, with trouble. */
  const two = () => {
    const tasks = Tasks.make()
    tasks.waiting("job_waits", "queued", 0)
    tasks.waiting("job_moves", "queued", 0)
    for (const second of [0, 1, 2]) {
      tasks.bytes("job_moves", second * 500_000, 2_000_000)
      tasks.overview(second * 1000)
    }
    tasks.retried("job_moves")
    tasks.connections("job_moves", 4)
    return tasks
  }

  it("a line for each, those that move first, and one for all, whose size is known when nobody waits", () => {
    const tasks = two()
    assert.deepStrictEqual(show(tasks, 2000, none, { columns: 110, rows: 24 }), [
      "job_moves  [===============>              ]  50%  1.0 MB of 2.0 MB  500 kB/s  2s left  1 retry  4 connections",
      "job_waits  queued 2s",
      "0/2 done   1.0 MB  500 kB/s"
    ])
    tasks.bytes("job_waits", 0, 2_000_000)
    assert.strictEqual(
      show(tasks, 2000, { expected: 30, completed: 7 }).at(-1),
      "7/30 files  [=====>                 ]  25%  1.0 MB of 4.0 MB  500 kB/s  6s left"
    )
    tasks.ended("job_waits")
    assert.deepStrictEqual(
      show(tasks, 2000).map((line) => line.slice(0, 11)),
      ["job_moves  ", "1/2 done   "]
    )
    tasks.ended("job_moves")
    assert.deepStrictEqual(show(tasks, 2000), [])
  })

  it("says how often a call about a job has been tried again", () => {
    const tasks = Tasks.make()
    tasks.waiting("job_a", "queued", 0)
    tasks.retried("job_a")
    tasks.retried("job_a")
    assert.deepStrictEqual(show(tasks, 2000), ["job_a  queued 2s  2 retries"])
    assert.deepStrictEqual(show(tasks, 2000, none, { columns: 20, rows: 9 }), ["job_a  queued 2s"])
  })

  it("one alone needs no name on its way, and no line for all", () => {
    const tasks = Tasks.make()
    tasks.waiting("job_a", "queued", 0)
    assert.deepStrictEqual(show(tasks, 65_000), ["job_a  queued 1m 05s"])
    tasks.bytes("job_a", 5, 10)
    assert.deepStrictEqual(show(tasks, 65_000, { expected: 9, completed: 4 }, { columns: 40, rows: 9 }), [
      "4/9 files  [====>   ]  50%  5 B of 10 B"
    ])
  })

  it("never wider or higher than the terminal, whatever the names", () => {
    for (const columns of [1, 5, 10, 20, 30, 31, 60, 79, 80, 200]) {
      for (const rows of [1, 3, 5, 10, 50]) {
        for (const names of [
          ["job_a"],
          ["絵文字🎉", "a\u001b[31m\n", "👩‍👩‍👧".repeat(9)],
          Array.from({ length: 20 }, (_, i) => `job_${i}`)
        ]) {
          const tasks = Tasks.make()
          names.forEach((name, index) => {
            if (index % 2 === 0) tasks.bytes(name, 123_456, 7_890_123)
            else tasks.waiting(name, "gathering-星屑", 0)
          })
          const lines = show(tasks, 5000, none, { columns, rows })
          assert.isAtMost(lines.length, Math.max(2, rows - 1))
          for (const line of lines)
            assert.isBelow(Width.of(line), Math.max(columns, 1), JSON.stringify({ columns, rows, line }))
        }
      }
    }
  })

  it("does not know how much there will be before all have begun", () => {
    const tasks = two()
    tasks.bytes("job_waits", 0, 2_000_000)
    tasks.expect(5)
    tasks.ended("job_waits")
    assert.deepStrictEqual(
      show(tasks, 2000, { expected: 5, completed: 1 }).at(-1)?.replaceAll(/ +/g, " "),
      "1/5 done 1.0 MB 500 kB/s"
    )
    const first = Tasks.make()
    first.expect(5)
    first.bytes("a", 1, 2)
    assert.deepStrictEqual(
      show(first, 0).map((line) => line.slice(0, 8)),
      ["a       ", "0/5 done"]
    )
  })

  it("of a tally that is too long leaves out the word first, then the total, and cuts nothing in its middle", () => {
    const tasks = two()
    tasks.bytes("job_waits", 0, 2_000_000)
    const tally = (completed: number, expected: number, columns: number) =>
      show(tasks, 2000, { completed, expected }, { columns, rows: 24 }).at(-1)?.split("  ")[0]
    assert.deepStrictEqual(
      [80, 40, 20].map((columns) => tally(124, 200, columns)),
      ["124/200 files", "124/200", "124/200"]
    )
    assert.strictEqual(tally(12_345, 20_000, 40), "12345")
    assert.strictEqual(tally(12_345, 20_000, 5), "")
    assert.deepStrictEqual(
      [9, 8, 4, 3].map((columns) => show(two(), 2000, none, { columns, rows: 24 }).at(-1)),
      ["0/2 done", "0/2", "0/2", "0"]
    )
  })

  it("says how many are not shown", () => {
    const tasks = Tasks.make()
    for (let index = 0; index < 20; index++) tasks.waiting(`job_${index}`, "queued", 0)
    const lines = show(tasks, 500)
    assert.lengthOf(lines, 10)
    assert.deepStrictEqual(lines.slice(-2), ["… and 12 more", "0/20 done"])
    assert.lengthOf(show(tasks, 500, none, { columns: 80, rows: 7 }), 5)
  })
})

describe("Width", () => {
  it("counts columns, and leaves out of the middle", () => {
    assert.deepStrictEqual(["abc", "é", "e\u0301", "日本", "ｶ", "🎉", "한"].map(Width.of), [3, 1, 1, 4, 1, 2, 2])
    assert.deepStrictEqual(
      [9, 8, 5, 3, 1, 0].map((columns) => Width.shorten("job_abcde", columns)),
      ["job_abcde", "job_…cde", "jo…de", "j…e", "…", ""]
    )
    assert.strictEqual(Width.shorten("日本語日本語", 8), "日本…語")
    assert.strictEqual(Width.shorten("abcde\u0301fge\u0301", 4), "ab…e\u0301")
    assert.strictEqual(Width.plain("👩\u200d👧\ufe0f"), "👩👧")
  })
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
})

describe("ProgressLine", () => {
  const line = (state: ProgressLine.Progressing, width: number) => ProgressLine.transfer(state, width, Colors.none)

  it("leaves out of a line what does not fit, the least useful first, and the bar last of all", () => {
    const reading = { done: 12_300_000, size: 26_000_000, rate: 13_700_000 }
    const lines = [100, 77, 45, 37, 27, 20, 10, 3].map((width) => line(reading, width))
    assert.deepStrictEqual(lines, [
      "[==============>               ]  47%  12.3 MB of 26.0 MB  13.7 MB/s  1s left",
      "[==============>               ]  47%  12.3 MB of 26.0 MB  13.7 MB/s  1s left",
      "47%  12.3 MB of 26.0 MB  13.7 MB/s  1s left",
      "[====>     ]  47%  13.7 MB/s  1s left",
      "47%  13.7 MB/s  1s left",
      "47%  1s left",
      "47%",
      ""
    ])
    assert.strictEqual(ProgressLine.words(reading), "47%  12.3 MB of 26.0 MB  13.7 MB/s  1s left")
  })

  it("knows what is not known: no size, no rate yet; and what is done", () => {
    assert.strictEqual(line({ done: 1000, size: undefined, rate: 10 }, 77), "1.0 kB  10 B/s")
    assert.strictEqual(line({ done: 0, size: 2000, rate: 0 }, 40), "[>                 ]   0%  0 B of 2.0 kB")
    assert.strictEqual(line({ done: 2, size: 2, rate: 0 }, 40), "[=====================] 100%  2 B of 2 B")
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
