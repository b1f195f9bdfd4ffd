/** What is under way: lines that are redrawn on a terminal, and a plain one a minute elsewhere. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Colors from "../text/Colors.ts"
import * as ProgressBlock from "./ProgressBlock.ts"
import * as ScreenBlock from "./ScreenBlock.ts"
import * as Tasks from "./Tasks.ts"

export interface Progress {
  /** Whether it is redrawn, so that what it said is gone afterwards. */
  readonly redraws: boolean
  /** So many files are due, each by itself. */
  readonly expect: (files: number) => void
  /** So many more files are due, all of one archive. */
  readonly expectIn: (files: number) => void
  /** So many archives are due. */
  readonly several: (archives: number) => void
  /** So many of them are there; 1 unless given. */
  readonly completed: (files?: number) => void
  /** A job is waited for, and in this state. */
  readonly waiting: (id: string, state: string) => Effect.Effect<void>
  /** Bytes there so far, of so many in all, for one of possibly several at once. */
  readonly bytes: (id: string, done: number, size: number | undefined) => void
  /** It is tried again. */
  readonly retried: (id: string) => number
  /** So many connections read it. */
  readonly connections: (id: string, count: number) => void
  /** It is there, or will not come. */
  readonly ended: (id: string | undefined) => void
  /** Another one comes in its place. */
  readonly abandoned: (id: string) => void
  /** Writes to one of the two streams without tearing what is drawn. */
  readonly write: (stream: NodeJS.WriteStream, text: string) => void
  /** Wipes what is drawn, for good. */
  readonly stop: () => void
}

export type Style = "none" | "lines" | "redraw"

const frame = "100 millis"

/** Soon once, and then so that a log is neither silent nor full. */
const lines = { first: "5 seconds", every: "1 minute" } as const

export const make = (style: Style, colors: Colors.Colors = Colors.none): Effect.Effect<Progress, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { stderr } = process
    const tasks = Tasks.make()
    const block = ScreenBlock.make(stderr)
    let files: ProgressBlock.Files = { expected: 0, completed: 0 }
    let isStopped = false

    const draw = (time: number): void => {
      if (isStopped) return
      const size = { columns: stderr.columns || 80, rows: stderr.rows || 24 }
      block.draw(ProgressBlock.lines(tasks.overview(time), files, size, colors))
    }
    const print = (time: number): void => {
      const line = isStopped ? undefined : ProgressBlock.summary(tasks.overview(time), files)
      if (line !== undefined) stderr.write(`${line}\n`)
    }
    const expect = (count: number) => void (files = { ...files, expected: files.expected + count })
    const stop = () => {
      isStopped = true
      block.wipe()
    }

    yield* Effect.addFinalizer(() => Effect.sync(stop))
    // After Ctrl-Z and `fg` the shell's words are below the block.
    if (style === "redraw") {
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on("SIGCONT", block.forget)),
        () => Effect.sync(() => process.off("SIGCONT", block.forget))
      )
    }
    if (style === "redraw") {
      yield* Effect.forkScoped(
        Effect.repeat(Effect.delay(Effect.map(Clock.currentTimeMillis, draw), frame), Schedule.forever)
      )
    }
    if (style === "lines") {
      yield* Effect.map(Clock.currentTimeMillis, print).pipe(
        Effect.repeat(Schedule.spaced(lines.every)),
        Effect.delay(lines.first),
        Effect.forkScoped
      )
    }

    return {
      redraws: style === "redraw",
      expect: (count) => {
        expect(count)
        tasks.expect(count)
      },
      expectIn: expect,
      several: tasks.expect,
      completed: (count = 1) => void (files = { ...files, completed: files.completed + count }),
      waiting: (id, state) => Effect.map(Clock.currentTimeMillis, (time) => tasks.waiting(id, state, time)),
      bytes: tasks.bytes,
      retried: tasks.retried,
      connections: tasks.connections,
      ended: (id) => (id === undefined ? undefined : tasks.ended(id)),
      abandoned: tasks.abandoned,
      write: (stream, text) => {
        if (stream === stderr || stream.isTTY) block.wipe()
        stream.write(text)
      },
      stop
    }
  })
