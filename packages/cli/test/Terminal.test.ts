/** What a person sees, in a real terminal. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { stripVTControlCharacters } from "node:util"
import { assert, describe, expect, it } from "@effect/vitest"
import { Fault, type JobScript } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as ScreenBlock from "../src/progress/ScreenBlock.ts"
import * as Width from "../src/text/Width.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Terminal from "./support/Terminal.ts"

const MiB = 1024 * 1024

/** Starts the binary in a terminal. All it prints is kept for the sweep of the run. */
const start = Effect.fnUntraced(function* (
  emulated: Emulated.Emulated,
  args: ReadonlyArray<string>,
  { env = {}, ...size }: Terminal.Size & { readonly env?: Readonly<Record<string, string>> }
) {
  const testFile = expect.getState().testPath ?? "unknown"
  const terminal = yield* Terminal.start([process.execPath, Binary.bin, ...args], {
    ...size,
    cwd: emulated.directory,
    env: { ...Binary.environment(), ...emulated.env, TERM: "xterm-256color", ...env }
  })
  const ended = Effect.tap(terminal.ended, ({ printed }) => {
    TestDirectory.recordPrinted(testFile, printed)
    assert.deepStrictEqual(Canary.find(Buffer.from(printed)), [], "secrets were printed")
    return Effect.void
  })
  return { ...terminal, ended }
})

/** Two batches in one command, and what becomes of their jobs. */
const twoJobs = Effect.fnUntraced(function* (...jobs: ReadonlyArray<Partial<JobScript.JobScript>>) {
  const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 4 * MiB } })
  yield* emulated.emulator.scriptJobs(...jobs)
  // Both are requested at the same time; so the job that comes first in the script comes first on the screen.
  yield* emulated.emulator.inject(Fault.delay("requestBatch", "300 millis", { skip: 1 }))
  const ids = Array.from({ length: 1500 }, (_, index) => `asset_${index}`).join("\n")
  writeFileSync(path.join(emulated.directory, "ids.txt"), ids)
  return { emulated, args: ["download", "--from-file", "ids.txt", "--archive", "a.zip"] }
})

const told = [/^Requesting 1500 ids from Scenario in 2 batches…$/, /^Started job job_\w+$/, /^Started job job_\w+$/]

/** With the job that is queued below the other one: which batch was requested first is chance. */
const inOrder = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first = "", second = ""] = lines.slice(told.length)
  return first.includes("queued") ? lines.toSpliced(told.length, 2, second, first) : lines
}

/** The lines of a screen, one pattern each, and no more. */
const assertLines = (screen: Terminal.Screen, patterns: ReadonlyArray<RegExp>): void => {
  const lines = inOrder(screen.lines)
  assert.lengthOf(lines, patterns.length, JSON.stringify(lines))
  for (const [index, pattern] of patterns.entries()) assert.match(lines[index] ?? "", pattern)
}

describe.concurrent("on a terminal", () => {
  it.live("a line for each job and one for all, through changes of its size; Ctrl-C leaves a clean screen", () =>
    Effect.gen(function* () {
      const { args, emulated } = yield* twoJobs({}, { states: ["queued"], pace: "1 hour" })
      yield* emulated.emulator.inject(Fault.stall("storage", 2.5 * MiB))
      // So that what stalls stays as it is, however long the machine takes for the rest.
      const still = [...args, "--connections", "1", "--idle-timeout", "1h"]
      const terminal = yield* start(emulated, still, { columns: 110, rows: 24 })
      const id = String.raw`job_\w+…\w+`
      const wide = [
        new RegExp(`^${id}  \\[=+> *\\]  \\d\\d%  [1-3]\\.\\d MB of 4\\.2 MB`),
        new RegExp(`^${id}  queued \\d+s$`),
        /^0\/2 done +[1-3]\.\d MB/
      ]
      const narrow = [/^job_\w*…\w+ {2}.*\d\d%/, /^job_\w*…\w+ {2,}queued/, /^0\/2 done {2}[1-3]/]
      const shows = (patterns: ReadonlyArray<RegExp>) => (screen: Terminal.Screen) =>
        patterns.every((pattern, index) => pattern.test(inOrder(screen.lines)[told.length + index] ?? ""))

      const first = yield* terminal.until(shows(wide))
      assertLines(first, [...told, ...wide])
      assert.deepStrictEqual(first.cursor, { row: 6, column: 0 }, "the cursor is below the block")

      yield* terminal.resize({ columns: 30, rows: 12 })
      assertLines(yield* terminal.until(shows(narrow)), [...told, ...narrow])
      yield* terminal.resize({ columns: 18, rows: 24 })
      assertLines(yield* terminal.until(shows([/^job/, /^job/, /^0\/2 done  [\d.]+ MB$/])), [...told, /./, /./, /./])
      yield* terminal.resize({ columns: 60, rows: 9 })
      yield* terminal.until(shows([/\d% {2}[1-3]\.\d MB of 4\.2 MB/]))
      yield* terminal.resize({ columns: 110, rows: 24 })
      const last = yield* terminal.until(shows(wide))
      assertLines(last, [...told, ...wide])
      assert.deepStrictEqual(last.lines.slice(0, told.length), first.lines.slice(0, told.length), "none is eaten")

      yield* terminal.type("\u0003")
      const { code, screen } = yield* terminal.ended
      assert.strictEqual(code, 130)
      assertLines(screen, [...told, /^Interrupted\. .*scenario-assets runs resume run_\w+$/])
      assert.strictEqual(screen.cursor.column, 0)
    })
  )

  it.live("of 30 columns: no line is too long, and in the end there are only results and notes", () =>
    Effect.gen(function* () {
      const { args, emulated } = yield* twoJobs({}, { states: ["queued"], pace: 400 })
      yield* emulated.emulator.inject(Fault.reset("storage", 2.5 * MiB))
      const terminal = yield* start(emulated, args, { columns: 30, rows: 10 })
      const { code, printed, screen } = yield* terminal.ended
      assert.strictEqual(code, 0, printed)
      const drawn = stripVTControlCharacters(printed.replaceAll("\u001b[2K", drawing)).match(/⌫[^\r\n]*/g) ?? []
      assert.isAtLeast(drawn.length, 5)
      for (const line of drawn) assert.isAtMost(Width.of(line.slice(drawing.length)), 29, line)
      assertLines({ ...screen, lines: screen.lines.toSorted() }, [
        /^2 archives, 8\.4 MB in \d+m?s$/,
        /^Requesting 1500 ids from Scenario in 2 batches…$/,
        /^Started job job_\w+$/,
        /^Started job job_\w+$/,
        /^a-1\.zip$/,
        /^a-2\.zip$/,
        /^job_\w+: [^]*; trying again in \d+m?s$/
      ])
    })
  )

  it.live("more files at once than there is room for", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: undefined })
      yield* emulated.emulator.inject(Fault.stall("storage", 10, { times: "always" }))
      const ids = Array.from({ length: 30 }, (_, index) => `asset_${index}`)
      const terminal = yield* start(emulated, ["asset", ...ids, "--concurrency", "12"], { columns: 60, rows: 10 })
      const screen = yield* terminal.until(({ lines }) => lines.at(-2) === "… and 6 more")
      assertLines(screen, [...Array.from({ length: 6 }, () => /^asset_\d+ {2,}/), /^… and 6 more$/, /^0\/30 done/])
      yield* terminal.type("\u0003")
      assertLines((yield* terminal.ended).screen, [/^Interrupted\./])
    })
  )

  it.live("shows the colours of doctor, and no others", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { ended } = yield* start(emulated, ["doctor"], { columns: 80, rows: 24 })
      const { code, printed } = yield* ended
      assert.strictEqual(code, 0, printed)
      assert.isTrue(printed.startsWith("\u001b[32mok\u001b[0m       node: "), printed)
      assert.notInclude(printed, "\\u001b")
    })
  )

  it.live("that is dumb: plain lines; NO_COLOR: a block without colours", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: 200 } })
      const run = (directory: string, env: Readonly<Record<string, string>>) =>
        Effect.flatMap(
          start(emulated, ["download", Emulated.modelOf(emulated), "--archive", "a.zip", "-o", directory], {
            columns: 80,
            rows: 10,
            env
          }),
          ({ ended }) => ended
        )
      const { dumb, plain } = yield* Effect.all(
        { dumb: run("dumb", { TERM: "dumb" }), plain: run("plain", { NO_COLOR: "1" }) },
        { concurrency: 2 }
      )
      assert.deepStrictEqual([dumb.code, plain.code], [0, 0])
      assert.notInclude(dumb.printed, "\u001b")
      assert.match(
        Binary.withoutProgress(dumb.printed),
        /^Requesting 1 id from Scenario…\r\nStarted job (\w+)\r\n(?:Job [\w-]+: \1\r\n)*Job success: \1\r\ndumb\/a\.zip\r\n1 archive/
      )
      assert.include(plain.printed, "\u001b[2Kjob_")
      // oxlint-disable-next-line no-control-regex
      assert.notMatch(plain.printed, /\u001b\[\d*m/)
    })
  )
})

/** Stands for the control sequence before each line that is drawn. */
const drawing = "⌫"

describe("ScreenBlock", () => {
  /** The same numbers every time. */
  const numbers = (seed: number) => {
    let state = seed
    return (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      return Math.floor((state / 2 ** 31) * below)
    }
  }

  it("erases row by row: a screen that is erased at once goes to the history of some terminals", () => {
    let written = ""
    const block = ScreenBlock.make({ columns: 40, write: (text) => (written += text) })
    block.draw(["one", "two"])
    block.draw(["one"])
    block.wipe()
    assert.notInclude(written, "\u001b[J")
    assert.isTrue(written.endsWith("\r\u001b[K\u001b[1A\u001b[K"))
  })

  it("is replaced in place whatever becomes of the terminal, and takes nothing else with it", async () => {
    let steps = 0
    for (let seed = 1; seed <= 30; seed++) {
      const next = numbers(seed)
      const screen = Terminal.emulate({ columns: 40, rows: 12 })
      const flush = () => new Promise<void>((resolve) => screen.write("", resolve))
      const shown: { columns: number; write: (text: string) => void } = {
        columns: 40,
        write: (text) => screen.write(text.replaceAll("\n", "\r\n"))
      }
      const block = ScreenBlock.make(shown)
      const notes: Array<string> = []
      let drawn: ReadonlyArray<string> = []
      for (let step = 0; step < 60; step++) {
        const what = next(4)
        if (what === 0) {
          block.wipe()
          drawn = []
          const note = `${step} ${"note ".repeat(1 + next(20))}`.trim()
          notes.push(note)
          shown.write(`${note}\n`)
        } else if (what === 1) {
          await flush()
          shown.columns = 12 + next(80)
          screen.resize(shown.columns, 12 + next(20))
          // What the terminal pushes out at the top of its screen is out of reach.
          const rows = drawn.reduce((sum, line) => sum + Width.rows(line, shown.columns), 0)
          if (screen.buffer.active.cursorY < rows) break
        }
        if (what > 0) {
          drawn = Array.from({ length: next(8) }, (_, index) =>
            Width.shorten(`${index} ${step} ${"進捗 ab ".repeat(next(20))}`, shown.columns - 1).trim()
          )
          block.draw(drawn)
        }
        await flush()
        assert.deepStrictEqual(Terminal.read(screen).lines, [...notes, ...drawn], `seed ${seed}, step ${step}`)
        steps++
      }
      screen.dispose()
    }
    assert.isAtLeast(steps, 400)
  })
})
