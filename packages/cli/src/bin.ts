#!/usr/bin/env node
/** Wiring only: the process around the command tree. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cli from "./Cli.ts"
import { exitCodes } from "./ExitCode.ts"
import { version } from "./version.ts"

// `| head` closes the pipe: that is no error to tell anybody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? exitCodes.outputClosed : exitCodes.failed))
}

// The first signal asks, and what is under way is put in order; the second one leaves at once.
let signals = 0
let interrupted: number = exitCodes.interrupted
const onSignal = (code: number) => () => {
  interrupted = code
  if (++signals > 1) process.exit(code)
}
process.on("SIGINT", onSignal(exitCodes.interrupted))
process.on("SIGTERM", onSignal(exitCodes.terminated))

const main = Cli.run(process.argv.slice(2), version).pipe(
  Effect.map((code) => {
    process.exitCode = code
  }),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(main, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? Number(process.exitCode ?? 0) : interrupted)
})
