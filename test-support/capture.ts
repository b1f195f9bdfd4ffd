/**
 * Set-up of every test file: keeps what is written to stdout and stderr past the console, which only vitest's
 * `onConsoleLog` would miss. A process runs many test files: the streams are wrapped once in it.
 */
import { expect } from "vitest"
import * as TestDirectory from "./TestDirectory.ts"

const wrapped = Symbol.for("scenario-assets/test-support/capture")

if (!Reflect.has(globalThis, wrapped)) {
  Reflect.set(globalThis, wrapped, true)
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    stream.write = (chunk: string | Uint8Array, ...rest: ReadonlyArray<unknown>): boolean => {
      TestDirectory.recordPrinted(expect.getState().testPath ?? "unknown", chunk)
      return Reflect.apply(write, stream, [chunk, ...rest])
    }
  }
}
