import { spawnSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import type * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

/** util-linux's `script`, which runs a command in a terminal; stdout and stderr of the command come as one. */
const hasScript = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout)

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

const inTerminal =
  (columns: number): NonNullable<Binary.Options["through"]> =>
  (command) => ["script", "-qefc", `stty cols ${columns} rows 10; exec ${command.map(quote).join(" ")}`, "/dev/null"]

/** Stands for the control sequence that wipes a line. */
const wiped = "⌫"

/** What stands on the screen in the end, and all states the last line went through. */
const screen = (output: string) => {
  const lines = [""]
  const drawn: Array<string> = []
  for (const piece of output.replaceAll("\u001b[2K", wiped).split(/(\r\n|\r|⌫)/)) {
    const last = lines.length - 1
    if (piece === "\r\n") lines.push("")
    else if (piece === "\r") continue
    else if (piece === wiped) lines[last] = ""
    else if (piece !== "") {
      drawn.push(piece)
      lines[last] += piece
    }
  }
  return { lines, drawn }
}

/** A job that is waited for, and two seconds of a transfer that can be watched. */
const watched = Effect.gen(function* () {
  const emulated = yield* Emulated.make({ archive: { size: 4_000_000 }, job: { pace: 500 } })
  yield* emulated.emulator.inject(Fault.throttle("storage", 2_000_000))
  return emulated
})

describe.runIf(hasScript).concurrent("on a terminal", () => {
  for (const columns of [80, 40]) {
    it.live(`of ${columns} columns: a line that is redrawn, never broken, and gone in the end`, () =>
      Effect.gen(function* () {
        const emulated = yield* watched
        const args = ["download", Emulated.modelOf(emulated), "--archive", "a.zip"]
        const { code, stdout } = yield* emulated.run(args, { through: inTerminal(columns), env: { TERM: "xterm" } })
        assert.strictEqual(code, 0, stdout)
        const { drawn, lines } = screen(stdout)
        assert.match(lines.join("\n"), /^Started job job_\w+\na\.zip\n1 archive, 4\.0 MB in \d+s\n$/)

        const bars = drawn.filter((line) => line.startsWith("["))
        assert.isAtLeast(bars.length, 5)
        for (const bar of bars) assert.isBelow(bar.length, columns - 1, bar)
        const last = bars.at(-1) ?? ""
        assert.match(last, columns === 80 ? /^\[=+>? *\] +\d+% {2}[\d.]+ MB of 4\.0 MB {2}/ : /^\[=+>? *\] +\d+%/)
        assert.isTrue(
          bars.some((bar) => /MB\/s {2}\d+m?s left$/.test(bar)),
          "rate and time left"
        )
        assert.isTrue(drawn.some((line) => /^Job (?:queued|in-progress): job_/.test(line)))
      })
    )
  }

  it.live("Ctrl-C wipes the line, and says how to go on", () =>
    Effect.gen(function* () {
      const emulated = yield* watched
      const running = yield* emulated.start(["download", Emulated.modelOf(emulated)], {
        through: inTerminal(80),
        env: { TERM: "xterm" },
        stdin: "open"
      })
      yield* running.until("stdout", /\[=+>? *\]/)
      running.process.stdin.write("\u0003")
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 130)
      const { lines } = screen(stdout)
      assert.match(lines.join("\n"), /^Started job job_\w+\nInterrupted\. Run the same command again [^\n]*\n$/)
    })
  )

  it.live("that is dumb: plain lines", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const args = ["download", Emulated.modelOf(emulated)]
      const { code, stdout } = yield* emulated.run(args, { through: inTerminal(80), env: { TERM: "dumb" } })
      assert.strictEqual(code, 0, stdout)
      assert.notInclude(stdout, "\u001b")
      assert.match(stdout, /^Started job (\w+)\r\n(?:Job [\w-]+: \1\r\n)*Job success: \1\r\n\1\.zip\r\n1 archive/)
    })
  )
})
