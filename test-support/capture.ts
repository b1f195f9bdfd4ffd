/**
 * Set-up of every test file: keeps what is written to stdout and stderr past the console, which only vitest's
 * `onConsoleLog` would miss.
 */
import { expect } from "vitest"
import * as TestDirectory from "./TestDirectory.ts"

const testFile = expect.getState().testPath ?? "unknown"

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, ...rest: ReadonlyArray<unknown>): boolean => {
    TestDirectory.recordPrinted(testFile, chunk)
    return Reflect.apply(write, stream, [chunk, ...rest])
  }
}
