#!/usr/bin/env node
/** Wiring only, as of `scenario-assets`. */
import * as CompileCache from "@scenario-assets/cli/engine/start/CompileCache"
import * as Crash from "@scenario-assets/cli/engine/start/Crash"
import * as Ending from "@scenario-assets/cli/engine/start/Ending"
import * as Version from "@scenario-assets/cli/engine/start/Version"
import { version } from "@scenario-assets/cli/engine/start/Version"

Ending.watch(process.stdout)

const args = process.argv.slice(2)
const refusal = Version.refusal(process.versions.node)
if (refusal !== undefined) {
  const hints = ["Install a newer one: https://nodejs.org/en/download"]
  Crash.end(args, { error: "UsageError", exitCode: 2, message: refusal, hints })
} else if (args.length === 1 && (args[0] === "--version" || args[0] === "-v")) process.stdout.write(`${version}\n`)
else {
  CompileCache.enable()
  await Promise.all([import("@scenario-assets/cli/engine/Main"), import("./Commands.ts")])
    .then(([{ run }, { program }]) => run(program, args, version))
    .catch((error) => Crash.tell(args, error))
}
