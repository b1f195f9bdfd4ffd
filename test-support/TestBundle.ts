/**
 * The command line as it is published, for tests: its many short runs start in a third of the time that its sources take. It is made
 * once, and again when a source is newer.
 */
import { globSync, rmSync, statSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import * as Bundle from "../scripts/bundle.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const directory = path.join(root, "packages/cli/dist-test")

/** The binary. */
export const bin = path.join(directory, "bin.js")

export const make = async (): Promise<void> => {
  const made = modified(path.join(directory, "THIRD-PARTY-LICENSES.txt"))
  const sources = globSync(
    ["packages/*/src/**/*.ts", "packages/*/package.json", "pnpm-lock.yaml", "scripts/bundle.ts"],
    { cwd: root }
  )
  if (sources.every((file) => modified(path.join(root, file)) < made)) return
  rmSync(directory, { recursive: true, force: true })
  await Bundle.write(directory)
}

const modified = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
