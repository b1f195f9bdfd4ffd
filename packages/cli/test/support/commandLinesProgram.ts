/** A program that carries out many command lines in one process, which costs less than a process for each. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Cli from "../../src/Cli.ts"

const lines: ReadonlyArray<ReadonlyArray<string>> = JSON.parse(process.argv[2] ?? "[]")

/** What is printed meanwhile, together and on each stream. */
const printed = { text: "", stdout: "", stderr: "" }
const write = process.stdout.write.bind(process.stdout)
for (const stream of ["stdout", "stderr"] as const) {
  process[stream].write = (text: unknown, ...more: ReadonlyArray<unknown>) => {
    printed.text += String(text)
    printed[stream] += String(text)
    for (const done of more) if (typeof done === "function") done()
    return true
  }
}

const all = Effect.forEach(lines, (args) =>
  Effect.map(Cli.program.run(args, "0.0.0"), (code) => {
    const ended = { code, ...printed }
    printed.text = printed.stdout = printed.stderr = ""
    return ended
  })
)

NodeRuntime.runMain(
  Effect.flatMap(Effect.provide(all, NodeServices.layer), (ended) => Effect.sync(() => write(JSON.stringify(ended))))
)
