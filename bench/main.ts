/**
 * `pnpm bench transfer`, `pnpm bench extract` and `pnpm bench startup`: this project beside its peers, on this machine, in one run.
 * `pnpm bench scale`: by itself, from a thousand assets to a hundred thousand. `pnpm bench fleet`: by more and more workers.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Option, type Scope } from "effect"
import { Command, Flag } from "effect/cli"
import * as Postgres from "../test-support/Postgres.ts"
import { BenchError } from "./BenchError.ts"
import * as Certificate from "./Certificate.ts"
import * as Emulated from "./Emulated.ts"
import * as ExtractWorks from "./ExtractWorks.ts"
import * as Fleet from "./Fleet.ts"
import * as Machine from "./Machine.ts"
import * as Nginx from "./Nginx.ts"
import * as Ours from "./Ours.ts"
import * as Report from "./Report.ts"
import * as Scale from "./Scale.ts"
import type * as Server from "./Server.ts"
import * as StartupWorks from "./StartupWorks.ts"
import * as Units from "./Units.ts"
import * as Work from "./Work.ts"
import * as Works from "./Works.ts"

const rounds = (usual: number) =>
  Flag.Int("rounds").pipe(
    Flag.withDescription(`Rounds that count, after one to warm up [default: ${usual}]`),
    Flag.filter(
      (rounds) => rounds > 0 && rounds <= 100,
      () => "a number from 1 to 100"
    ),
    Flag.withDefault(usual)
  )

/** Flags of all commands. */
const common = {
  rounds: rounds(5),
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
  )
}

const only = (works: Readonly<Record<string, unknown>>, usual: string) => {
  const letters = Object.keys(works)
  return Flag.String("only").pipe(
    Flag.withMetavar(`${letters.slice(0, 2).join(",")},…`),
    Flag.withDescription(`Which works [default: ${usual}]`),
    Flag.filterMap(
      (text) => Option.filter(Option.some(text.split(",")), (ids) => ids.every((id) => letters.includes(id))),
      () => `some of ${letters.join(",")}, with commas between them`
    ),
    Flag.optional
  )
}

const size = (what: string, most: { readonly bytes: number; readonly text: string }) =>
  Flag.String("size").pipe(
    Flag.withMetavar("SIZE"),
    Flag.withDescription(what),
    Flag.filterMap(
      (text) =>
        Option.filter(
          Option.fromUndefinedOr(Units.parseSize(text)),
          (size) => size >= Units.mebibyte && size <= most.bytes
        ),
      () => `a size from 1MiB ${most.text}, such as 256MiB or 2GiB`
    )
  )

const transferFlags = {
  ...common,
  only: only(Works.all, "all but e, which needs much disk"),
  memory: Flag.Boolean("memory").pipe(
    Flag.withDescription("Add work e, peak memory at 512 MiB and 8 GiB"),
    Flag.withDefault(false)
  ),
  size: size("Size of works a and b; c has a quarter, d an eighth of it [default: 2GiB]", {
    bytes: Infinity,
    text: "on"
  }).pipe(Flag.withDefault(2048 * Units.mebibyte)),
  emulator: Flag.Boolean("emulator").pipe(
    Flag.withDescription("Serve by the emulator also where nginx is present"),
    Flag.withDefault(false)
  )
}

const extractFlags = {
  ...common,
  only: only(ExtractWorks.all, "all"),
  size: size("What the archives of works g and h hold [default: 1GiB]", {
    bytes: 3072 * Units.mebibyte,
    text: "to 3GiB"
  }).pipe(Flag.withDefault(1024 * Units.mebibyte))
}

const startupFlags = { ...common, rounds: rounds(20), only: only(StartupWorks.all, "all") }

const numbers = (name: string, what: string, usual: ReadonlyArray<number>) =>
  Flag.String(name).pipe(
    Flag.withMetavar("N,N,…"),
    Flag.withDescription(`${what} [default: ${usual.join(",")}]`),
    Flag.filterMap(
      (text) =>
        Option.filter(Option.some(text.split(",").map(Number)), (numbers) =>
          numbers.every((number) => Number.isInteger(number) && number > 0)
        ),
      () => "whole numbers with commas between them"
    ),
    Flag.withDefault(usual)
  )

const scaleFlags = {
  directory: common.directory,
  json: common.json,
  sources: common.sources,
  sizes: numbers("sizes", "How many assets", [1000, 5000, 10_000, 50_000, 100_000]),
  plot: Flag.String("plot").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Also draw time and memory, as SVG"),
    Flag.optional
  )
}

const fleetFlags = {
  directory: common.directory,
  json: common.json,
  sources: common.sources,
  workers: numbers("workers", "How many workers", [1, 2, 4]),
  assets: Flag.Int("assets").pipe(Flag.withDescription("How many assets [default: 8000]"), Flag.withDefault(8000))
}

type Common = Command.Command.Config.Infer<typeof common>

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

/** What every work needs, whatever it measures. */
const prepare = Effect.fnUntraced(function* (values: Common) {
  const directory = yield* workingDirectory(values.directory)
  // The runs of a benchmark are not those of the person.
  yield* Effect.sync(() => {
    process.env["XDG_STATE_HOME"] = path.join(directory, "state")
  })
  return {
    directory,
    rounds: values.rounds,
    machine: Machine.look(directory),
    certificate: yield* Certificate.make(directory),
    peers: yield* Machine.peers,
    ours: values.sources ? Ours.fromSources : yield* Ours.built(directory)
  }
})
type Prepared = Effect.Success<ReturnType<typeof prepare>>

type Make<Settings> = (settings: Settings) => Effect.Effect<Work.Work, BenchError, Scope.Scope>

/** Does some works, one after the other, and tells what came out. */
const measure = Effect.fnUntraced(function* <
  Settings extends Prepared & { readonly server: Server.Server; readonly size: number }
>(
  works: Readonly<Record<string, Make<Settings>>>,
  letters: ReadonlyArray<string>,
  settings: Settings,
  json: Option.Option<string>
) {
  const { machine, ours, peers, server, size } = settings
  const outcomes: Array<Work.Outcome> = []
  for (const [id, make] of Object.entries(works)) {
    if (!letters.includes(id)) continue
    yield* tell(`${id}) preparing`)
    const outcome = yield* Effect.scoped(
      Effect.gen(function* () {
        const work = yield* make(settings)
        const outcome = yield* Work.run(work, tell)
        yield* tell("")
        yield* Console.log(Report.table(outcome, work.columns))
        return outcome
      })
    )
    outcomes.push(outcome)
  }
  if (Option.isSome(json)) {
    const at = new Date().toISOString()
    const results = { at, machine, ours: ours.how, peers, server: server.name, size, works: outcomes }
    writeFileSync(json.value, `${JSON.stringify(results, null, 2)}\n`)
  }
})

const transfer = Effect.fnUntraced(function* (values: Command.Command.Config.Infer<typeof transferFlags>) {
  const prepared = yield* prepare(values)
  const { certificate, directory, peers } = prepared
  const server =
    peers.nginx === undefined || values.emulator
      ? Emulated.make(certificate, peers.nginx === undefined ? "nginx is missing here" : "asked for")
      : yield* Nginx.make({ directory, certificate, version: peers.nginx })
  const settings = { ...prepared, server, size: values.size }
  const { aria2c, curl } = peers
  const extra = "Ours include fsync and rename, which the peers leave out."
  yield* Console.log(Report.header({ ...settings, peers: { curl, aria2c }, extra }))
  const usual = Object.keys(Works.all).filter((id) => id !== "e" || values.memory)
  yield* measure(
    Works.all,
    Option.getOrElse(values.only, () => usual),
    settings,
    values.json
  )
}, Effect.scoped)

const extract = Effect.fnUntraced(function* (values: Command.Command.Config.Infer<typeof extractFlags>) {
  const { bsdtar, curl, nginx, unzip } = yield* Machine.peers
  if (nginx === undefined) {
    return yield* new BenchError({ message: "bench extract needs nginx, which is missing on this machine." })
  }
  const prepared = yield* prepare(values)
  const { certificate, directory } = prepared
  const server = yield* Nginx.make({ directory, certificate, version: nginx })
  const settings = { ...prepared, server, size: values.size }
  const extra = "Ours include a rename of each file, which the peers leave out."
  yield* Console.log(Report.header({ ...settings, peers: { curl, bsdtar, unzip }, extra }))
  const usual = Object.keys(ExtractWorks.all)
  yield* measure(
    ExtractWorks.all,
    Option.getOrElse(values.only, () => usual),
    settings,
    values.json
  )
}, Effect.scoped)

const startup = Effect.fnUntraced(function* (values: Command.Command.Config.Infer<typeof startupFlags>) {
  const prepared = yield* prepare(values)
  const { certificate, peers } = prepared
  const settings = { ...prepared, server: Emulated.make(certificate, "which answers at once"), size: 0 }
  const extra = "All programs start with their files in memory, and ours with its code compiled by an earlier start."
  yield* Console.log(Report.header({ ...settings, peers: { curl: peers.curl }, extra }))
  const usual = Object.keys(StartupWorks.all)
  yield* measure(
    StartupWorks.all,
    Option.getOrElse(values.only, () => usual),
    settings,
    values.json
  )
}, Effect.scoped)

const scale = Effect.fnUntraced(function* (values: Command.Command.Config.Infer<typeof scaleFlags>) {
  const prepared = yield* prepare({ ...values, rounds: 1 })
  const points = yield* Effect.scoped(Scale.measure(prepared, values.sizes, tell))
  yield* tell("")
  yield* Console.log(Report.align(Scale.rows(points)).join("\n"))
  const { machine, ours } = prepared
  if (Option.isSome(values.json)) {
    const results = { at: new Date().toISOString(), machine, ours: ours.how, points }
    writeFileSync(values.json.value, `${JSON.stringify(results, null, 2)}\n`)
  }
  if (Option.isSome(values.plot)) writeFileSync(values.plot.value, Scale.plot(points))
}, Effect.scoped)

const fleet = Effect.fnUntraced(function* (values: Command.Command.Config.Infer<typeof fleetFlags>) {
  if (!Postgres.isInstalled) {
    return yield* new BenchError({ message: "bench fleet needs postgresql, which is missing on this machine." })
  }
  const prepared = yield* prepare({ ...values, rounds: 1 })
  const points = yield* Fleet.measure({ ...prepared, assets: values.assets }, values.workers, tell).pipe(
    Effect.scoped,
    Effect.provide(Postgres.layer)
  )
  yield* tell("")
  yield* Console.log(Report.align(Fleet.rows(points, values.assets)).join("\n"))
  const { machine, ours } = prepared
  if (Option.isSome(values.json)) {
    const results = { at: new Date().toISOString(), machine, ours: ours.how, assets: values.assets, points }
    writeFileSync(values.json.value, `${JSON.stringify(results, null, 2)}\n`)
  }
}, Effect.scoped)

const command = Command.make("bench").pipe(
  Command.withDescription("Measures this project beside its peers"),
  Command.withSubcommands([
    Command.make("transfer", transferFlags, transfer).pipe(
      Command.withDescription(
        [
          "Transfers beside curl, aria2c and undici, from a server on this machine. Works:",
          "a) to a file, HTTPS; b) the same, HTTP; c) a server that limits each connection;",
          "d) a far server; e) peak memory; f) calls of the API. See docs/benchmarks.md."
        ].join("\n")
      )
    ),
    Command.make("extract", extractFlags, extract).pipe(
      Command.withDescription(
        [
          "Extractions beside curl with bsdtar and with unzip, from nginx on this machine. Works:",
          "g) images; h) 3D models as text; i) 50,000 small files. See docs/benchmarks.md."
        ].join("\n")
      )
    ),
    Command.make("scale", scaleFlags, scale).pipe(
      Command.withDescription(
        [
          "Downloads of more and more assets from an emulator on this machine: time and memory.",
          "The largest takes minutes, and 3.5 GB of the disk."
        ].join("\n")
      )
    ),
    Command.make("fleet", fleetFlags, fleet).pipe(
      Command.withDescription(
        [
          "The same download by one process, and by more and more workers of a fleet, from an emulator",
          "whose jobs take 4 s and whose storage host is slow. Needs postgresql."
        ].join("\n")
      )
    ),
    Command.make("startup", startupFlags, startup).pipe(
      Command.withDescription(
        [
          "Starts of the command line beside those of node and curl. Works:",
          "j) words alone; k) one look at a job. See docs/benchmarks.md."
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
