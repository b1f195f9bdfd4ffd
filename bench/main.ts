/** `pnpm bench transfer`: this project beside its peers, on this machine, in one run. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { BenchError } from "./BenchError.ts"
import * as Certificate from "./Certificate.ts"
import * as Emulated from "./Emulated.ts"
import * as Machine from "./Machine.ts"
import * as Nginx from "./Nginx.ts"
import * as Ours from "./Ours.ts"
import * as Report from "./Report.ts"
import * as Units from "./Units.ts"
import * as Work from "./Work.ts"
import * as Works from "./Works.ts"

const flags = {
  only: Flag.String("only").pipe(
    Flag.withMetavar("a,b,…"),
    Flag.withDescription("Which works [default: all but e, which needs much disk]"),
    Flag.filterMap(
      (text) => Option.filter(Option.some(text.split(",")), (ids) => ids.every((id) => Object.hasOwn(Works.all, id))),
      () => `some of ${Object.keys(Works.all).join(",")}, with commas between them`
    ),
    Flag.optional
  ),
  memory: Flag.Boolean("memory").pipe(
    Flag.withDescription("Add work e, peak memory at 512 MiB and 8 GiB"),
    Flag.withDefault(false)
  ),
  rounds: Flag.Int("rounds").pipe(
    Flag.withDescription("Rounds that count, after one to warm up [default: 5]"),
    Flag.filter(
      (rounds) => rounds > 0 && rounds <= 100,
      () => "a number from 1 to 100"
    ),
    Flag.withDefault(5)
  ),
  size: Flag.String("size").pipe(
    Flag.withMetavar("SIZE"),
    Flag.withDescription("Size of works a and b; c has a quarter, d an eighth of it [default: 2GiB]"),
    Flag.filterMap(
      (text) => Option.filter(Option.fromUndefinedOr(Units.parseSize(text)), (size) => size >= Units.mebibyte),
      () => "a size from 1MiB on, such as 256MiB or 2GiB"
    ),
    Flag.withDefault(2048 * Units.mebibyte)
  ),
  directory: Flag.Directory("dir", { mustExist: true }).pipe(
    Flag.withDescription("Where files are written: its file system is part of what is measured [default: temporary]"),
    Flag.withDefault(tmpdir())
  ),
  json: Flag.String("json").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Also write the results, with every single run, as JSON"),
    Flag.optional
  ),
  sources: Flag.Boolean("sources").pipe(
    Flag.withDescription("Do not build: run ours from the sources, which start more slowly"),
    Flag.withDefault(false)
  ),
  emulator: Flag.Boolean("emulator").pipe(
    Flag.withDescription("Serve by the emulator also where nginx is present"),
    Flag.withDefault(false)
  )
}

type Values = Command.Command.Config.Infer<typeof flags>

/** A directory of our own, gone at the end. */
const workingDirectory = (parent: string) =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(path.join(path.resolve(parent), "scenario-assets-bench-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  )

const tell = (line: string) =>
  Effect.sync(() => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`)
  })

const transfer = Effect.fnUntraced(function* (values: Values) {
  const { rounds, size } = values
  const directory = yield* workingDirectory(values.directory)
  const machine = Machine.look(directory)
  const certificate = yield* Certificate.make(directory)
  const peers = yield* Machine.peers
  const ours = values.sources ? Ours.fromSources : yield* Ours.built(directory)
  const server =
    peers.nginx === undefined || values.emulator
      ? Emulated.make(certificate, peers.nginx === undefined ? "nginx is missing here" : "asked for")
      : yield* Nginx.make({ directory, certificate, version: peers.nginx })
  yield* Console.log(Report.header({ machine, ours, peers, server, certificate, directory }))

  const usual = Object.keys(Works.all).filter((id) => id !== "e" || values.memory)
  const outcomes: Array<Work.Outcome> = []
  for (const [id, make] of Object.entries(Works.all)) {
    if (!Option.getOrElse(values.only, () => usual).includes(id)) continue
    yield* tell(`${id}) preparing`)
    const outcome = yield* Effect.scoped(
      Effect.gen(function* () {
        const work = yield* make({ directory, rounds, size, ours, server, certificate, peers })
        const outcome = yield* Work.run(work, tell)
        yield* tell("")
        yield* Console.log(Report.table(outcome, work.columns))
        return outcome
      })
    )
    outcomes.push(outcome)
  }
  if (Option.isSome(values.json)) {
    const results = {
      at: new Date().toISOString(),
      machine,
      ours: ours.how,
      peers,
      server: server.name,
      size,
      works: outcomes
    }
    writeFileSync(values.json.value, `${JSON.stringify(results, null, 2)}\n`)
  }
}, Effect.scoped)

const command = Command.make("bench").pipe(
  Command.withDescription("Measures this project beside its peers"),
  Command.withSubcommands([
    Command.make("transfer", flags, transfer).pipe(
      Command.withDescription(
        [
          "Transfers beside curl, aria2c and undici, from a server on this machine. Works:",
          "a) to a file, HTTPS; b) the same, HTTP; c) a server that limits each connection;",
          "d) a far server; e) peak memory; f) calls of the API. See docs/benchmarks.md."
        ].join("\n")
      )
    )
  ])
)

const main = Command.run(command, { version: "" }).pipe(
  Effect.catchTag("BenchError", (error: BenchError) =>
    Effect.andThen(Console.error(`\n${error.message}`), Effect.fail(error))
  ),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(main, { disableErrorReporting: true })
