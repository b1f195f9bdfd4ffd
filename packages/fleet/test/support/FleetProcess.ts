/** The command line of a fleet as a process, pointed at a database and an emulator of the test. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert, expect } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"
import * as Postgres from "../../../../test-support/Postgres.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

const bin = fileURLToPath(new URL("../../src/command/bin.ts", import.meta.url))

export interface Options {
  readonly database: Postgres.Database
  /** The address of the API. */
  readonly baseUrl: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

export interface Running {
  readonly process: ChildProcess
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Waits until what it printed on stdout or stderr matches. */
  readonly until: (pattern: RegExp) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const start = (
  args: ReadonlyArray<string>,
  { baseUrl, database, env, stdin }: Options
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [bin, ...args, "--database", database.url], {
        cwd: TestDirectory.make("cwd"),
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: TestDirectory.root(),
          SCENARIO_BASE_URL: baseUrl,
          SCENARIO_API_KEY: Canary.key,
          SCENARIO_API_SECRET: Canary.secret,
          PGPASSWORD: Postgres.password,
          ...env
        },
        stdio: ["pipe", "pipe", "pipe"]
      })
      child.stdin.on("error", () => {})
      child.stdin.end(stdin)
      const printed = { stdout: "", stderr: "" }
      const watchers = new Set<() => void>()
      const notify = () => watchers.forEach((watcher) => watcher())
      for (const stream of ["stdout", "stderr"] as const) {
        child[stream].setEncoding("utf8").on("data", (text: string) => {
          printed[stream] += text
          notify()
        })
      }
      const testFile = expect.getState().testPath ?? "unknown"
      const closed = once(child, "close").then(([code]: ReadonlyArray<unknown>) => {
        TestDirectory.recordPrinted(testFile, printed.stdout + printed.stderr)
        notify()
        return { code: typeof code === "number" ? code : null, ...printed }
      })
      const running: Running = {
        process: child,
        signal: (signal) => Effect.sync(() => void child.kill(signal)),
        until: (pattern) =>
          Effect.callback<void>((resume) => {
            const look = () => {
              const text = printed.stdout + printed.stderr
              const hasEnded = child.exitCode !== null || child.signalCode !== null
              if (!pattern.test(text) && !hasEnded) return
              watchers.delete(look)
              resume(Effect.sync(() => assert.match(text, pattern)))
            }
            watchers.add(look)
            look()
            return Effect.sync(() => void watchers.delete(look))
          }),
        ended: Effect.promise(() => closed)
      }
      return running
    }),
    ({ process: child }) => Effect.sync(() => void child.kill("SIGKILL"))
  )

export const run = (args: ReadonlyArray<string>, options: Options): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(args, options), ({ ended }) => ended))
