/**
 * Many transfers, one in twenty of them disturbed: all right in the end, and nothing left open. A hundred here, as many as
 * `TRANSFERS` says.
 */
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import { FileDownload } from "@scenario-assets/node"
import { Effect } from "effect"
import * as Downloading from "../support/Downloading.ts"

const transfers = Number(process.env["TRANSFERS"] ?? 100)
const quick: FileDownload.Options = { expect: "zip", idleTimeout: "500 millis", backoffBase: "1 milli" }

const faults = [
  Fault.reset("storage", 100_000),
  Fault.cut("storage", 150_000),
  Fault.cutUndeclared("storage", 50_000),
  Fault.stall("storage", 120_000),
  Fault.status("storage", 503),
  Fault.status("storage", 403),
  Fault.drop("storage"),
  Fault.redirect("storage")
]

/** Files and sockets that this process has open, where the system tells. */
const open = (): number | undefined => {
  try {
    return readdirSync("/proc/self/fd").length
  } catch {
    return undefined
  }
}

describe("a soak", () => {
  it.live(
    `of ${transfers} transfers with faults leaves them all whole, and nothing open`,
    () =>
      Effect.gen(function* () {
        const { directory, expected, source } = yield* Downloading.begin
        const { run } = yield* FileDownload.FileDownload
        const before = open()
        const memory: Array<number> = []
        yield* Effect.forEach(
          Array.from({ length: transfers }, (_, index) => index),
          Effect.fnUntraced(function* (index) {
            const fault = faults[(index / 20) % faults.length]
            if (fault !== undefined) yield* Downloading.inject(fault)
            const target = join(directory, `${index}.zip`)
            yield* run(source, target, quick)
            Downloading.isWhole(target, expected)
            rmSync(target)
            memory.push(process.memoryUsage().rss)
          }),
          { concurrency: 8, discard: true }
        )
        assert.deepStrictEqual(readdirSync(directory), [])
        const after = open()
        // Connections that are kept for the next transfer stay open for 4 s: eight, on both sides.
        if (before !== undefined && after !== undefined) assert.isAtMost(after, before + 24)
        const half = memory.slice(Math.floor(memory.length / 2))
        assert.isBelow(
          Math.max(...half),
          1.5 * Math.max(...memory.slice(0, memory.length - half.length)),
          "memory is flat"
        )
      }).pipe(Effect.provide(Downloading.layer({ archive: { size: 300_000 } }))),
    { timeout: 180_000 + transfers * 200 }
  )
})
