/** Writes anew what is made of the commands (docs/cli.md and more), after a change of their words. */
import { writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Reference from "../packages/cli/test/support/Reference.ts"

for (const { file, text } of await Effect.runPromise(Reference.make)) writeFileSync(file, text)
