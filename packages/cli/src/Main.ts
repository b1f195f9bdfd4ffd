/** The process around the command line: its streams, its signals, its end. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import { exitCodes } from "./errors/ExitCode.ts"
import type { Program } from "./Program.ts"
import * as Crash from "./start/Crash.ts"
import * as Ending from "./start/Ending.ts"

export const run = (program: Program, args: ReadonlyArray<string>, version: string): void => {
  Ending.watch(process.stderr)

  // The first signal asks, and what is under way is put in order. To a second one nobody listens any more, so the system
  // ends the process at once: also while it waits for a disk that hangs, as even `process.exit` does.
  for (const [signal, code] of signals) {
    process.on(signal, () => {
      Ending.signal(code)
      // The one that NodeRuntime does not listen to.
      if (signal === "SIGHUP") process.emit("SIGTERM")
      for (const [any] of signals) process.removeAllListeners(any)
    })
  }

  let exitCode: number | undefined
  const leave = () => process.exit(exitCode ?? Ending.exitCode())

  // What is thrown where Effect does not see it, in a listener of Node. What comes of it later is of no interest.
  process.on("uncaughtException", (error) => {
    if (Ending.hasCrashed()) return
    Ending.crash()
    void Effect.runPromise(Effect.provide(program.crashed(args, error), layerServices))
      .then((code) => void (exitCode = code))
      .catch((error) => Crash.tell(args, error))
      .then(() => afterWriting(leave))
  })

  const main = program.run(args, version).pipe(
    Effect.map((code) => {
      exitCode = code
    }),
    Effect.provide(layerServices)
  )
  NodeRuntime.runMain(main, {
    disableErrorReporting: true,
    teardown: (exit) => {
      if (Ending.hasCrashed()) return
      if (Exit.isFailure(exit)) {
        if (!Cause.hasInterruptsOnly(exit.cause)) Crash.tell(args, Cause.squash(exit.cause))
        else Crash.endJson(args, { ...interrupted, exitCode: Ending.exitCode() })
      }
      // After a signal nobody may be reading any more; otherwise every line must get out first.
      if (Ending.ofSignal() === undefined) afterWriting(leave)
      else leave()
    }
  })
}

/** All that effect/cli can ask for. Nothing here starts other programs, so what does that on Node is not loaded. */
const layerServices = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  NodeStdio.layer,
  NodeTerminal.layer,
  Layer.succeed(
    ChildProcessSpawner.ChildProcessSpawner,
    ChildProcessSpawner.make(() => Effect.die(new Error("scenario-assets starts no programs")))
  )
)

/** What a run ends with that had nothing else to tell when the signal came. */
const interrupted = { error: "Interrupted", message: "Interrupted.", hints: [] }

const signals = [
  ["SIGINT", exitCodes.interrupted],
  ["SIGTERM", exitCodes.terminated],
  ["SIGHUP", exitCodes.hungUp]
] as const

/**
 * Writes to pipes wait in memory while the reader is slow, and `process.exit` would drop them. That one has failed is told a
 * moment after the next ones have returned.
 */
const afterWriting = (then: () => void): void => {
  process.stdout.write("", () => process.stderr.write("", () => setImmediate(then)))
}
