/** A program that carries out many command lines in one process, which costs less than a process for each. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Cli from "../../src/Cli.ts"

const lines: ReadonlyArray<ReadonlyArray<string>> = JSON.parse(process.argv[2] ?? "[]")

/** Collects what is printed meanwhile. */
const printed: Array<string> = []
const write = process.stdout.write.bind(process.stdout)
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (text: unknown, ...more: ReadonlyArray<unknown>) => {
    printed.push(String(text))
    for (const done of more) if (typeof done === "function") done()
    return true
  }
}

const all = Effect.forEach(lines, (args) =>
  Effect.map(Cli.run(args, "0.0.0"), (code) => ({ code, text: printed.splice(0).join("") }))
)

NodeRuntime.runMain(
  Effect.flatMap(Effect.provide(all, NodeServices.layer), (ended) => Effect.sync(() => write(JSON.stringify(ended))))
)
