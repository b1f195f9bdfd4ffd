/**
 * A command in a real pseudo-terminal, and what its screen shows: the terminal is the operating system's, the screen that
 * of xterm.js, which knows nothing of what we meant to write.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import xterm from "@xterm/headless"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Watchers from "./Watchers.ts"

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Options extends Size {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export interface Screen {
  /** From the first line that was ever written to the last, each as long as it was written: what was wrapped is joined. */
  readonly lines: ReadonlyArray<string>
  /** The same as they are on the screen, row by row, of the last so many rows. */
  readonly rows: ReadonlyArray<string>
  /** Where the cursor is, as an index into `rows` and a column. */
  readonly cursor: { readonly row: number; readonly column: number }
}

export interface Ended {
  readonly code: number | null
  readonly screen: Screen
  /** All that was written, with its control sequences. */
  readonly printed: string
}

export interface Terminal {
  readonly screen: Effect.Effect<Screen>
  /** The first screen that passes. Ends with a defect where the command ends before. */
  readonly until: (test: (screen: Screen) => boolean) => Effect.Effect<Screen>
  /**
   * At once after the command has written something: what it writes while it has not heard of the new size stands where it
   * should not, in every terminal.
   */
  readonly resize: (size: Size) => Effect.Effect<void>
  readonly type: (text: string) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

const python = fileURLToPath(new URL("terminal.py", import.meta.url))

/** Starts a command, which is killed when the scope is closed. */
export const start = (argv: ReadonlyArray<string>, options: Options): Effect.Effect<Terminal, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => launch(argv, options)),
      ({ kill }) => Effect.sync(kill)
    ),
    ({ terminal }) => terminal
  )

/** What a screen of xterm.js shows. */
export const read = ({ buffer: { active } }: xterm.Terminal): Screen => {
  const all = Array.from({ length: active.length }, (_, index) => active.getLine(index))
  const texts = all.map((line) => line?.translateToString(true) ?? "")
  const lines: Array<string> = []
  for (const [index, line] of all.entries()) {
    const text = line?.translateToString(all[index + 1]?.isWrapped !== true) ?? ""
    if (line?.isWrapped === true) lines.push((lines.pop() ?? "") + text)
    else lines.push(text)
  }
  while (lines.at(-1) === "") lines.pop()
  return {
    lines,
    rows: texts.slice(active.baseY),
    cursor: { row: active.cursorY, column: active.cursorX }
  }
}

/** An xterm.js of this size, which also gives what is above the screen. */
export const emulate = ({ columns, rows }: Size): xterm.Terminal =>
  new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true })

const launch = (argv: ReadonlyArray<string>, { columns, cwd, env, rows }: Options) => {
  const screen = emulate({ columns, rows })
  // A screen answers questions about itself; nobody asks, and an answer would be noise.
  const child = spawn("python3", [python], { stdio: ["pipe", "pipe", "inherit"] })
  const order = (line: object) => void child.stdin.write(`${JSON.stringify(line)}\n`)
  child.stdin.on("error", () => {})
  order({ argv, cwd, env, columns, rows })

  let printed = ""
  let writes = 0
  let end: Ended | undefined
  const { notify, when } = Watchers.make()
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text
    screen.write(text, () => {
      writes++
      notify()
    })
  })
  child.once("close", (code) =>
    screen.write("", () => {
      end = { code, screen: read(screen), printed }
      notify()
    })
  )

  const terminal: Terminal = {
    screen: Effect.sync(() => read(screen)),
    until: (test) =>
      when(() => {
        const found = read(screen)
        return test(found) ? { found } : end === undefined ? undefined : { end }
      }).pipe(
        Effect.flatMap((seen) =>
          "found" in seen
            ? Effect.succeed(seen.found)
            : Effect.die(new Error(`ended with ${seen.end.code} before: ${JSON.stringify(seen.end.screen.lines)}`))
        )
      ),
    resize: (size) =>
      Effect.suspend(() => {
        const before = writes
        return when(() => (writes > before || end !== undefined ? true : undefined))
      }).pipe(
        Effect.andThen(
          Effect.sync(() => {
            screen.resize(size.columns, size.rows)
            order({ resize: [size.columns, size.rows] })
          })
        )
      ),
    type: (text) => Effect.sync(() => order({ type: text })),
    ended: when(() => end)
  }
  return { terminal, kill: () => void child.kill("SIGKILL") }
}
