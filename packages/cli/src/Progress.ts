/** A line that says how far things are: redrawn on a terminal, now and then a plain line elsewhere. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Format from "./Format.ts"

export interface Progress {
  /** What is waited for, in words. */
  readonly status: (text: string) => Effect.Effect<void>
  /** Bytes there so far, of so many in all, for one of possibly several things at once. */
  readonly bytes: (id: string, done: number, size: number | undefined) => Effect.Effect<void>
  /** Writes to stderr without tearing the line. */
  readonly aside: (text: string) => Effect.Effect<void>
}

export type Style = "none" | "lines" | "redraw"

/** Milliseconds between two drawings, and between two plain lines. */
const pace = { none: Infinity, redraw: 100, lines: 5000 }
/** The span over which the rate is taken, in milliseconds. */
const rateSpan = 3000

export const make = (style: Style): Effect.Effect<Progress, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const parts = new Map<string, { readonly done: number; readonly size: number | undefined }>()
      const samples: Array<{ readonly time: number; readonly done: number }> = []
      let text = ""
      let drawn = false
      let last = -Infinity

      const erase = (): string => {
        const sequence = drawn ? "\r\x1b[2K" : ""
        drawn = false
        return sequence
      }

      const line = (time: number): string => {
        if (parts.size === 0) return text
        let done = 0
        let size: number | undefined = 0
        for (const part of parts.values()) {
          done += part.done
          size = size === undefined || part.size === undefined ? undefined : size + part.size
        }
        samples.push({ time, done })
        while (samples.length > 2 && time - (samples[0]?.time ?? time) > rateSpan) samples.shift()
        const first = samples[0] ?? { time, done }
        const rate = time > first.time ? Math.max(0, (done - first.done) * 1000 / (time - first.time)) : 0
        return Format.transferLine({ done, size, rate, width: process.stderr.columns ?? 80 })
      }

      const draw = (force: boolean) =>
        Effect.map(Clock.currentTimeMillis, (time) => {
          if (style === "none" || (!force && time - last < pace[style])) return
          last = time
          const words = line(time)
          if (words === "") return
          if (style === "lines") process.stderr.write(`${words}\n`)
          else {
            process.stderr.write(`${erase()}${words.slice(0, (process.stderr.columns ?? 80) - 1)}`)
            drawn = true
          }
        })

      return {
        status: (next: string) => {
          const isNews = next !== text
          text = next
          return draw(isNews)
        },
        bytes: (id: string, done: number, size: number | undefined) => {
          parts.set(id, { done, size })
          return draw(false)
        },
        aside: (words: string) => Effect.sync(() => void process.stderr.write(`${erase()}${words}`)),
        clear: Effect.sync(() => void process.stderr.write(erase()))
      }
    }),
    (progress) => progress.clear
  )
