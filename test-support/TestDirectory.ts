/**
 * One directory per test run, below which tests write every file. It is kept until the run has ended, then searched for
 * canaries, then removed; so a test does not remove its own files.
 */
import { appendFileSync, mkdtempSync } from "node:fs"
import path from "node:path"

export const variable = "SCENARIO_ASSETS_TEST_DIR"

/** The directory of this run. */
export const root = (): string => {
  const directory = process.env[variable]
  if (directory === undefined) throw new Error(`${variable} is not set: run the tests by "pnpm test"`)
  return directory
}

/** A fresh, empty directory for one test. */
export const make = (name = "test"): string => mkdtempSync(path.join(root(), `${name}-`))

/** Where that is kept which test files have printed. */
export const printed = (): string => path.join(root(), "printed")

/** Keeps what a test file has printed, so that it is searched like every other file. */
export const recordPrinted = (testFile: string, text: string | Uint8Array): void => {
  appendFileSync(path.join(printed(), `${path.relative(process.cwd(), testFile).replaceAll(/[\\/]/g, "__")}.txt`), text)
}
