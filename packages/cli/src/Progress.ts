/** A line that says how far things are: redrawn on a terminal, now and then a plain line elsewhere. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Format from "./Format.ts"
import * as TransferMeter from "./TransferMeter.ts"

export interface Progress {
  /** Whether the line is redrawn, so that what it said is gone afterwards. */
  readonly redraws: boolean
  /** So many more files are due. */
  readonly expect: (files: number) => void
  /** So many of them are there; 1 unless given. */
  readonly completed: (files?: number) => void
  /** What is waited for, in words. */
  readonly status: (text: string) => Effect.Effect<void>
  /** Bytes there so far, of so many in all, for one of possibly several files at once. */
  readonly bytes: (id: string, done: number, size: number | undefined) => void
  /** Writes to one of the two streams without tearing the line. */
  readonly write: (stream: NodeJS.WriteStream, text: string) => void
}

export type Style = "none" | "lines" | "redraw"

const pace = { redraw: "100 millis", lines: "5 seconds" } as const

export const make = (style: Style): Effect.Effect<Progress, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { stderr } = process
    const meter = TransferMeter.make()
    const files = { expected: 0, completed: 0 }
    let waiting = { text: "", since: 0 }
    let drawn = ""
    let printed = 0

    const write: Progress["write"] = (stream, text) => {
      if (drawn !== "") stderr.write("\r\x1b[2K")
      drawn = ""
      if (text !== "") stream.write(text)
    }
    const filesDone = () => (files.expected > 1 ? `${files.completed}/${files.expected} ` : "")

    const draw = (time: number): void => {
      // The terminal writes `^C` behind it.
      const width = (stderr.columns || 80) - 3
      const reading = meter.read(time)
      const elapsed = waiting.text === "" || time < waiting.since + 1000 ? "" : ` ${Format.time(time - waiting.since)}`
      const line =
        reading === undefined
          ? Format.printable(waiting.text).slice(0, Math.max(0, width - elapsed.length)) + elapsed
          : filesDone() + Format.transferLine(reading, width - filesDone().length)
      if (line === drawn) return
      write(stderr, line)
      drawn = line
    }

    const print = (time: number): void => {
      const reading = meter.read(time)
      if (reading === undefined || reading.done === printed) return
      printed = reading.done
      write(stderr, `${filesDone()}${Format.transferWords(reading)}\n`)
    }

    yield* Effect.addFinalizer(() => Effect.sync(() => write(stderr, "")))
    if (style !== "none") {
      yield* Clock.currentTimeMillis.pipe(
        Effect.map(style === "redraw" ? draw : print),
        Effect.delay(pace[style]),
        Effect.repeat(Schedule.forever),
        Effect.forkScoped
      )
    }

    return {
      redraws: style === "redraw",
      expect: (count) => void (files.expected += count),
      completed: (count = 1) => void (files.completed += count),
      status: (text) =>
        Effect.map(Clock.currentTimeMillis, (since) => {
          if (text === waiting.text) return
          waiting = { text, since }
          if (style === "lines") write(stderr, `${Format.printable(text)}\n`)
        }),
      bytes: meter.set,
      write
    }
  })
