/**
 * Many batches, with faults, killed on the way: complete, each job once, nothing that is there fetched again, never more calls at once
 * than the API bears, in a memory that does not grow with them. `ASSETS=100000` is the whole of it.
 */
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Binary from "../support/Binary.ts"
import * as BusyApi from "../support/BusyApi.ts"
import * as Emulated from "../support/Emulated.ts"

const assets = Number(process.env["ASSETS"] ?? 10_000)
const batches = Math.ceil(assets / 1000)

const ids = (count: number) => Array.from({ length: count }, (_, index) => `asset_${index}`).join("\n")

/** The most memory that a process has held so far, in bytes. */
const peakOf = ({ process: { pid } }: Binary.Running): number =>
  1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0)

const completed = (stdout: string) => Binary.events(stdout, "completed")

/** Waits for so many archives. All that is printed is tens of megabytes, so nothing is looked at twice. */
const completions = ({ process: { stdout } }: Binary.Running, wanted: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    let found = 0
    let rest = ""
    const look = (text: string) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop() ?? ""
      found += lines.filter((line) => line.includes('"type":"completed"')).length
      if (found < wanted) return
      stdout.off("data", look)
      resume(Effect.void)
    }
    stdout.on("data", look)
    return Effect.sync(() => void stdout.off("data", look))
  })

/** About one of twenty requests, of those of so many batches. */
const faults = Array.from({ length: batches }, (_, n) => [
  Fault.status("requestBatch", 503, { skip: 20 * n + 1 }),
  Fault.status("getStatus", 503, { skip: 20 * n + 3 }),
  ...[5, 25, 45].map((skip) => Fault.reset("storage", 100_000, { skip: 60 * n + skip }))
]).flat()

/** So many calls at once are borne. */
const borne = 4

/**
 * Nobody knows the limit before it is met. From then on it is kept: one call more than that at the most, by which it is found out whether
 * the limit still holds.
 */
const assertPaced = (calls: ReadonlyArray<BusyApi.Call>): void => {
  const first = calls.find(({ isRefused }) => isRefused)
  const paced = calls.filter(({ time }) => first !== undefined && time > first.time + BusyApi.settled)
  const most = Math.max(0, ...paced.map(({ atOnce }) => atOnce))
  assert.isAtMost(most, borne + 1, JSON.stringify(calls))
}

const emulated = Emulated.make({ archive: undefined, catalogue: { anyId: true }, job: { pace: 500 } })

describe("a download of many batches", () => {
  it.live(
    "is complete after faults and two kills, with a job for each batch",
    () =>
      Effect.gen(function* () {
        const { directory, emulator, requests, run, start } = yield* emulated
        yield* emulator.inject(...faults)
        const api = yield* BusyApi.make(emulator.config.apiUrl, borne)
        const args = ["download", "-", "-o", "r", "--json", "--base-url", api.url]
        let refusals = 0
        const lookAtCalls = () => {
          const calls = api.calls()
          assertPaced(calls)
          refusals += calls.filter(({ isRefused }) => isRefused).length
        }
        const done = new Set<unknown>()
        for (const share of [0.2, 0.5]) {
          const running = yield* start(args, { stdin: ids(assets) })
          const wanted = Math.max(1, Math.round(batches * share))
          yield* completions(running, wanted)
          yield* running.kill("SIGKILL")
          const { stdout } = yield* running.ended
          lookAtCalls()
          const lines = stdout.slice(0, stdout.lastIndexOf("\n") + 1)
          for (const { id } of completed(lines)) done.add(id)
        }
        const last = yield* run(args, { stdin: ids(assets) })
        assert.strictEqual(last.code, 0, last.stderr.slice(-2000))
        lookAtCalls()
        assert.isAbove(refusals, 0, "the limit was met")
        const archives = completed(last.stdout)
        assert.lengthOf(archives, batches)
        for (const { alreadyThere, files, id, read } of archives) {
          if (done.has(id)) assert.deepStrictEqual([alreadyThere, read], [files, 0], "it is not fetched again")
        }
        const saved = readdirSync(path.join(directory, "r"), { recursive: true, withFileTypes: true })
        assert.strictEqual(saved.filter((entry) => entry.isFile()).length, assets)
        const begun = new Set(Binary.events(last.stdout, "requested").map(({ jobId }) => jobId))
        assert.strictEqual(begun.size, batches)
        const refused = faults.filter(({ target }) => target === "requestBatch").length
        assert.isAtMost((yield* requests("requestBatch")).length, batches + refused, "no second job")
      }),
    3_600_000
  )

  it.live(
    "takes the memory of five",
    () =>
      Effect.gen(function* () {
        const { start } = yield* emulated
        const measure = Effect.fnUntraced(function* (count: number) {
          const running = yield* start(["download", "-", "-o", `${count}`, "--json"], { stdin: ids(count) })
          let peak = 0
          const watch = setInterval(() => {
            if (running.process.exitCode === null) peak = Math.max(peak, peakOf(running))
          }, 100)
          const { code, stderr } = yield* Effect.ensuring(
            running.ended,
            Effect.sync(() => clearInterval(watch))
          )
          assert.strictEqual(code, 0, stderr.slice(-2000))
          return peak
        })
        const [small, large] = [yield* measure(5000), yield* measure(assets)]
        console.log(`5 batches in ${Math.round(small / 1e6)} MB, ${batches} in ${Math.round(large / 1e6)} MB`)
        assert.isBelow(large, small * 1.2)
      }),
    3_600_000
  )
})
