/**
 * One download whose process is killed again and again, at moments nobody chose: twice here, as often as `CRASHES`
 * says.
 */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { SignedUrl } from "@scenario-assets/core"
import { Fault } from "@scenario-assets/core/testing"
import { Effect } from "effect"
import * as Unfinished from "../../../../test-support/Unfinished.ts"
import * as Downloading from "../support/Downloading.ts"

const crashes = Number(process.env["CRASHES"] ?? 2)
const size = 12_000_000 * crashes
/** What the project promises of a killed run: it transfers again at most a few MiB. */
const again = 12 * 1024 * 1024

const downloader = fileURLToPath(new URL("../support/downloader.ts", import.meta.url))

/** Runs the process until it has written so many bytes, kills it, and gives the bytes it last spoke of. */
const run = (url: string, target: string, killAt: number) =>
  Effect.promise(
    () =>
      new Promise<{ readonly written: number; readonly resumed: number | undefined; readonly code: number | null }>(
        (resolve) => {
          const child = spawn(process.execPath, [downloader, url, target], { stdio: ["ignore", "pipe", "inherit"] })
          let written = 0
          let resumed: number | undefined
          createInterface(child.stdout).on("line", (line) => {
            const [what, bytes] = line.split(" ")
            if (what === "resumed") resumed = Number(bytes)
            if (what !== "written") return
            written = Number(bytes)
            if (written >= killAt) child.kill("SIGKILL")
          })
          child.on("close", (code) => resolve({ written, resumed, code }))
        }
      )
  )

describe("a download whose process is killed", () => {
  it.live(
    `${crashes} times is whole in the end, and little travels twice`,
    () =>
      Effect.gen(function* () {
        const { directory, expected, source, target } = yield* Downloading.begin
        yield* Downloading.inject(Fault.throttle("storage", 20_000_000, { times: "always" }))
        const url = SignedUrl.reveal(yield* source.refresh).href
        let there = 0
        for (let crash = 0; crash < crashes; crash++) {
          // Anywhere in the next tenth of what is missing.
          const killAt = there + Math.random() * ((size - there) / 3)
          const { code, written } = yield* run(url, target, killAt)
          assert.isNull(code, "it was killed before it was done")
          assert.isAtLeast(written, there - again, "what was there is not transferred again")
          there = written
          if (written > 0) {
            const part = readFileSync(Unfinished.partOf(target))
            const lines = readFileSync(Unfinished.stateOf(target), "utf8").split("\n")
            const state: unknown = JSON.parse(lines.at(-2) ?? "")
            for (const [start, end] of partsOf(state)) {
              assert.isTrue(
                part.subarray(start, end).equals(expected.subarray(start, end)),
                "the state tells the truth"
              )
            }
          }
        }
        const last = yield* run(url, target, Number.POSITIVE_INFINITY)
        assert.strictEqual(last.code, 0)
        assert.isAtLeast(last.resumed ?? 0, there - again)
        Downloading.isWhole(target, expected)
        assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
      }).pipe(Effect.provide(Downloading.layer({ archive: { size, entries: 3 } }))),
    { timeout: 180_000 + crashes * 10_000 }
  )
})

interface State {
  readonly parts: ReadonlyArray<{ readonly start: number; readonly sums: { readonly length: number } }>
}

const partsOf = (state: unknown): ReadonlyArray<readonly [number, number]> =>
  (state as State).parts.map(({ start, sums }) => [start, start + sums.length])
