/** The help of all commands, from the command tree itself. */
import { NodeServices } from "@effect/platform-node"
import * as Arr from "effect/Array"
import { CliOutput, Command } from "effect/cli"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cli from "../../src/Cli.ts"
import * as Help from "../../src/help/Help.ts"
import * as HelpText from "../../src/help/HelpText.ts"
import * as Program from "../../src/Program.ts"

/** A command's help, and that of the commands below it, as they are listed. */
export const below = (path: ReadonlyArray<string> = []): Effect.Effect<ReadonlyArray<HelpDoc>> =>
  Effect.gen(function* () {
    const doc = yield* of(path)
    const names = (doc.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))
    return [doc, ...(yield* Effect.forEach(names, (name) => below([...path, name]))).flat()]
  })

const of = Effect.fnUntraced(function* (path: ReadonlyArray<string>) {
  const docs: Array<HelpDoc> = []
  const presenter: CliOutput.Presenter = {
    present: (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") docs.push(event.helpDoc)
      })
  }
  yield* Command.runWith(Cli.tree, { version: "" })([...path, "--help"]).pipe(
    Effect.provide(Layer.mergeAll(CliOutput.layerPresenter(presenter), Program.layerConfig, NodeServices.layer)),
    Effect.orDie
  )
  return yield* Effect.orDie(Effect.fromOption(Arr.head(docs)))
})

/** What a command is called with the commands above it. */
export const nameOf = (doc: HelpDoc): string => (doc.commandPath ?? []).join(" ")

/** All of it as a terminal of 80 columns shows it. */
export const asText = (docs: ReadonlyArray<HelpDoc>): Effect.Effect<string> =>
  Effect.map(
    Effect.forEach(docs, (doc) =>
      Effect.map(
        Help.sectionOf(doc),
        (more) => `$ ${nameOf(doc)} --help\n${HelpText.format(doc, { colors: false, width: 80, more })}`
      )
    ),
    (pages) => pages.join(`\n${"=".repeat(80)}\n`)
  )
