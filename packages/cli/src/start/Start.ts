/** The beginning of a program, with Node alone: what is too old, or asks for the version alone, loads nothing heavy. */
import { setFlagsFromString } from "node:v8"
import * as CompileCache from "./CompileCache.ts"
import * as Crash from "./Crash.ts"
import * as Ending from "./Ending.ts"
import * as Version from "./Version.ts"

/** What carries out a command line. */
export type Run = (args: ReadonlyArray<string>, version: string) => void

export const start = async (load: () => Promise<Run>): Promise<void> => {
  // Of the memory for what is short-lived V8 would take 100 MiB more than it is worth here: it makes nothing faster.
  setFlagsFromString("--semi-space-growth-factor=1")
  // The heap for what is long-lived grows by a fifth at a time: 100,000 files take a fifth less memory by that, and a tenth more CPU.
  setFlagsFromString("--heap-growing-percent=20")

  Ending.watch(process.stdout)

  const args = process.argv.slice(2)
  const refusal = Version.refusal(process.versions.node)
  if (refusal !== undefined) {
    const hints = ["Install a newer one: https://nodejs.org/en/download"]
    return Crash.end(args, { error: "UsageError", exitCode: 2, message: refusal, hints })
  }
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-v")) {
    return void process.stdout.write(`${Version.version}\n`)
  }
  CompileCache.enable()
  return load()
    .then((run) => run(args, Version.version))
    .catch((error: unknown) => Crash.tell(args, error))
}
