/**
 * The real binary as a child process. All it prints is kept for the sweep of the run, and must hold no canary.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { assert, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Canary from "../../../../test-support/Canary.ts"
import * as TestBundle from "../../../../test-support/TestBundle.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as JsonOutput from "./JsonOutput.ts"
import * as Watchers from "./Watchers.ts"

/** The command line as it is published. */
export const bin = TestBundle.bin

/** Its source, for tests that trip over single modules. */
const source = fileURLToPath(new URL("../../src/bin.ts", import.meta.url))

export interface Options {
  /** Default: a fresh directory. */
  readonly cwd?: string | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Whether its source is run, and not the bundle. */
  readonly fromSource?: boolean | undefined
  /** What is written to stdin, which is then closed; or `"open"` to leave it to the test. */
  readonly stdin?: string | undefined
  /** Another program that runs the binary, such as one that gives it a terminal. */
  readonly through?:
    | ((command: ReadonlyArray<string>) => readonly [command: string, ...args: ReadonlyArray<string>])
    | undefined
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  /**
   * Without the lines of progress, which come by the clock and so only where the machine is slow; but with them where there must be
   * none, with `--quiet` and `--json`.
   */
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcessWithoutNullStreams
  /** Waits until what was printed so far matches; gives its whole lines. Fails when the process ends before. */
  readonly until: (stream: "stdout" | "stderr", pattern: RegExp) => Effect.Effect<string>
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

/**
 * Nothing of the environment the tests run in, but what a process needs; and one cache of compiled code for all. Runs are
 * written down where no other test looks.
 */
export const environment = (): Readonly<Record<string, string>> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: TestDirectory.root(),
  XDG_STATE_HOME: TestDirectory.make("state"),
  NODE_COMPILE_CACHE: path.join(TestDirectory.root(), "compile-cache")
})

/** The line that says after five seconds, and then once a minute, how far a command is: how it begins, or all of it. */
const progressLine =
  /^(?:\d+\/\d+ (?:files|done)\b|\d+%|[\d.]+ [kMG]?B\b|\d+ waiting\b|(?:batch \d+|job_\w+|asset_\w+) [\w-]*(?: \d+(?:ms|s|m|h)[ \dsm]*)?(?: {2}\d+ retr(?:y|ies))?\r?$)/

/** What was said, without the lines of progress. */
export const withoutProgress = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !progressLine.test(line))
    .join("\n")

/** Whether another program is here. */
export const canRun = (command: string): boolean => spawnSync(command, ["--version"]).status === 0

/** Starts the binary. It is killed when the scope is closed. */
export const start = (args: ReadonlyArray<string>, options: Options = {}): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => launch(args, options)),
    ({ process }) => Effect.sync(() => void process.kill("SIGKILL"))
  )

/** Runs the binary to its end. */
export const run = (args: ReadonlyArray<string>, options?: Options): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(args, options), ({ ended }) => ended))

const launch = (args: ReadonlyArray<string>, options: Options): Running => {
  const plain = [process.execPath, options.fromSource === true ? source : bin, ...args]
  const [command = "", ...words] = options.through?.(plain) ?? plain
  const child = spawn(command, words, {
    cwd: options.cwd ?? TestDirectory.make("cwd"),
    env: { ...environment(), ...options.env },
    stdio: "pipe"
  })
  // A process that has ended reads no more.
  child.stdin.on("error", () => {})
  if (options.stdin !== "open") child.stdin.end(options.stdin)

  const printed = { stdout: "", stderr: "" }
  const { notify, when } = Watchers.make()
  let end: Ended | undefined
  const isSilent = ["--quiet", "-q", "--json"].some((flag) => args.includes(flag))
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      printed[stream] += text
      notify()
    })
  }
  const testFile = expect.getState().testPath ?? "unknown"
  child.once("close", (code, signal) => {
    end = { code, signal, stdout: printed.stdout, stderr: isSilent ? printed.stderr : withoutProgress(printed.stderr) }
    TestDirectory.recordPrinted(testFile, printed.stdout + printed.stderr)
    notify()
  })

  return {
    process: child,
    until: (stream, pattern) =>
      Effect.map(
        when(() => (pattern.test(printed[stream]) || end !== undefined ? printed[stream] : undefined)),
        (text) => {
          assert.match(text, pattern, JSON.stringify(end))
          return text.slice(0, text.lastIndexOf("\n") + 1)
        }
      ),
    kill: (signal) => Effect.sync(() => void child.kill(signal)),
    ended: Effect.map(
      when(() => end),
      (end) => {
        assert.deepStrictEqual(Canary.find(Buffer.from(end.stdout + end.stderr)), [], "secrets were printed")
        if (options.through === undefined && args.includes("--json")) JsonOutput.assertValid(end.stdout)
        return end
      }
    )
  }
}

/** Each line of NDJSON; fails where one is none. */
export const jsonLines = (text: string): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  assert.isTrue(text === "" || text.endsWith("\n"), "the last line is not whole")
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/** The lines of one type. */
export const events = (text: string, type: string): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  jsonLines(text).filter((line) => line["type"] === type)

/** The job that was requested first, or taken up again. */
export const jobIn = (text: string): string => String(events(text, "requested")[0]?.["jobId"])

/** The only object that ends the output, without what is the same in all lines. */
export const lastLine = (text: string): Readonly<Record<string, unknown>> => {
  const lines = jsonLines(text)
  const ends = lines.filter(({ type }) => type === "result" || type === "error")
  assert.strictEqual(ends.length, 1, "one result or error")
  assert.strictEqual(lines.at(-1), ends[0], "the result or error is last")
  const { time: _time, version: _version, ...fields } = ends[0] ?? {}
  return fields
}
