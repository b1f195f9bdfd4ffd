/** What people and terminals are spared: names without end, and characters that a terminal obeys or nobody sees. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, expect, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../test-support/ZipMaker.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Terminal from "./support/Terminal.ts"

const hostile = "a\u001b[2J\u0085\u009b31m\u202egnp\u200b\u2066\u{e0041}"
const long = `${"long ".repeat(600)}${hostile}.png`

const archive = (): string => {
  const directory = TestDirectory.make("names")
  const entries = [
    { name: long, content: "1" },
    { name: `${hostile}.png`, content: "x".repeat(1_234_567), method: 8 as const },
    { name: `../${long}`, content: "3" }
  ]
  writeFileSync(path.join(directory, "a.zip"), ZipMaker.make(entries).bytes)
  return directory
}

/** All that could be obeyed; lines and tabs stay. */
const obeyed = /[^\P{C}\n\t\u200c\u200d]|[\u2028\u2029]/u

const commands = [
  "list a.zip",
  "list a.zip --json",
  "extract a.zip -o out --dry-run",
  "extract a.zip -o out --dry-run --json",
  "extract a.zip -o out",
  "extract a.zip -o out --json",
  "extract a.zip -o out --verbose",
  "extract a.zip -o out --exclude ../** --manifest -",
  `extract ${hostile}.zip`,
  `extract a.zip --include ${hostile}[`,
  `status ${hostile}`,
  `status --${hostile}`,
  hostile,
  `download model_a --template ${hostile} --dry-run`
]

describe.concurrent("names", () => {
  it.live.each(commands)("in a pipe: %j prints nothing that a terminal obeys", (command) =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* Binary.run(command.split(" "), { cwd: archive() })
      assert.notMatch(stdout + stderr, obeyed)
      for (const line of stderr.split("\n")) assert.isBelow(line.length, 500, line)
      // What programs read is whole.
      if (command.startsWith("list")) assert.include(stdout, "long ".repeat(600))
      if (/--json|--manifest/.test(command)) for (const line of Binary.jsonLines(stdout)) assert.isObject(line)
    })
  )

  it.live.each(commands)("on a terminal: %j prints short names, and nothing that it obeys", (command) =>
    Effect.gen(function* () {
      const testFile = expect.getState().testPath ?? "unknown"
      const terminal = yield* Terminal.start([process.execPath, Binary.bin, ...command.split(" ")], {
        columns: 120,
        rows: 50,
        cwd: archive(),
        env: { ...Binary.environment(), TERM: "dumb" }
      })
      const { printed } = yield* terminal.ended
      TestDirectory.recordPrinted(testFile, printed)
      assert.notMatch(printed.replaceAll("\r\n", "\n"), obeyed)
      if (/--json|--manifest/.test(command)) return
      for (const line of printed.split("\r\n")) assert.isBelow(line.length, 500, line)
    }).pipe(Effect.scoped)
  )

  it.live("list shows round sizes at a terminal, and exact bytes in a pipe", () =>
    Effect.gen(function* () {
      const cwd = archive()
      const piped = yield* Binary.run(["list", "a.zip"], { cwd })
      assert.match(piped.stdout, /^1234567 {2}a\\u001b/m)
      const terminal = yield* Terminal.start([process.execPath, Binary.bin, "list", "a.zip"], {
        columns: 200,
        rows: 50,
        cwd,
        env: { ...Binary.environment(), TERM: "dumb" }
      })
      const { printed } = yield* terminal.ended
      assert.match(printed, /^1\.2 MB {2}a\\u001b/m)
    }).pipe(Effect.scoped)
  )
})

describe.concurrent("a download", () => {
  it.live("to the default place ends with the path of the directory", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { code, stdout } = yield* emulated.run(["download", Emulated.modelOf(emulated)])
      assert.deepStrictEqual([code, stdout], [0, `${emulated.directory}\n`])
    })
  )

  it.live("prints its first line before Scenario has answered", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.delay("requestBatch", "1 hour"), Fault.delay("getStatus", "1 hour"))
      for (const [args, line] of [
        [["model_a", "model_b"], /^Requesting 2 ids from Scenario…\n$/],
        [["--job", "job_a"], /^Fetching job job_a from Scenario…\n$/]
      ] as const) {
        const running = yield* emulated.start(["download", ...args])
        assert.match(yield* running.until("stderr", /\n/), line)
        yield* running.kill("SIGKILL")
      }
    }).pipe(Effect.scoped)
  )

  it.live("prints progress at most twice a second for each id, and the last of it", () =>
    Effect.gen(function* () {
      const size = 6_000_000
      const emulated = yield* Emulated.make({ archive: { size } })
      yield* emulated.emulator.inject(Fault.throttle("storage", 2_000_000, { times: "always" }))
      const args = ["download", Emulated.modelOf(emulated), "--archive", "a.zip", "--connections", "1", "--json"]
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      const progress = Binary.events(stdout, "progress")
      assert.isAtLeast(progress.length, 2)
      assert.strictEqual(progress.at(-1)?.["bytes"], size)
      const times = progress.slice(0, -1).map(({ time }) => Date.parse(String(time)))
      for (const [index, time] of times.slice(1).entries()) assert.isAtLeast(time - (times[index] ?? 0), 490)
    })
  )
})
