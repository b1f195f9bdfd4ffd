#!/usr/bin/env node
/** Wiring only. The version is told before anything heavy is loaded. */
import * as CompileCache from "./CompileCache.ts"
import * as Crash from "./Crash.ts"
import { version } from "./version.ts"

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === "--version" || args[0] === "-v")) process.stdout.write(`${version}\n`)
else {
  CompileCache.enable()
  await import("./Main.ts").then(({ run }) => run(args, version)).catch((error) => Crash.tell(args, error))
}
