/** Programs that the binary loads first, to trip over them. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

/** The directory of the program, which is also that of temporary files, and the environment that loads it. */
export const make = (text: string) => {
  const directory = TestDirectory.make("sabotage")
  const file = path.join(directory, "sabotage.mjs")
  writeFileSync(file, text)
  return { directory, env: { NODE_OPTIONS: `--import ${file}`, TMPDIR: directory } }
}
