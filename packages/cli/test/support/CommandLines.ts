/** Many command lines in one process, one after the other: for what is said, where nothing depends on how a process starts or ends. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Binary from "./Binary.ts"

const program = fileURLToPath(new URL("commandLinesProgram.ts", import.meta.url))

export interface Ended {
  readonly code: number
  /** What was printed, on stdout and on stderr. */
  readonly text: string
  readonly stdout: string
  readonly stderr: string
}

export const run = (
  lines: ReadonlyArray<ReadonlyArray<string>>,
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {}
): Effect.Effect<ReadonlyArray<Ended>> => {
  const testFile = expect.getState().testPath ?? "unknown"
  return Effect.map(
    Effect.callback<string>((resume) => {
      const child = execFile(
        process.execPath,
        [program, JSON.stringify(lines)],
        {
          cwd: options.cwd ?? TestDirectory.make("cwd"),
          env: { ...Binary.environment(), ...options.env },
          maxBuffer: 64 * 1024 * 1024
        },
        (error, stdout, stderr) => {
          TestDirectory.recordPrinted(testFile, stdout + stderr)
          resume(error === null ? Effect.succeed(stdout) : Effect.die(new Error(stderr, { cause: error })))
        }
      )
      return Effect.sync(() => void child.kill())
    }),
    (text): ReadonlyArray<Ended> => JSON.parse(text)
  )
}
