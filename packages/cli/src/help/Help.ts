/**
 * How help is shown, and the sections that commands add to it. Help that was asked for is data; help after a mistake is not.
 * Mistakes themselves are told by `Report`.
 */
import type * as CliOutput from "effect/cli/CliOutput"
import type { HelpDoc } from "effect/cli/HelpDoc"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HelpText from "./HelpText.ts"
import type { Section } from "./HelpText.ts"

/** Annotates a command. */
export const HelpSection = Context.Reference<(() => Promise<Section>) | undefined>("@scenario-assets/cli/HelpSection", {
  defaultValue: () => undefined
})

export const sectionOf = ({ annotations }: HelpDoc): Effect.Effect<Section | undefined> => {
  const load = Context.get(annotations, HelpSection)
  return load === undefined ? Effect.succeed(undefined) : Effect.promise(load)
}

export const presenter: CliOutput.Presenter = {
  present: Effect.fnUntraced(function* (event) {
    const { canColor } = yield* TerminalCapabilities
    switch (event._tag) {
      case "Version":
        return void process.stdout.write(`${event.version}\n`)
      case "Help": {
        const more = yield* sectionOf(event.helpDoc)
        return event.reason === "Requested"
          ? writeHelp(process.stdout, event.helpDoc, canColor, more)
          : writeHelp(process.stderr, event.helpDoc, false, more)
      }
      case "InvalidInvocation":
        return
    }
  })
}

const writeHelp = (stream: NodeJS.WriteStream, doc: HelpDoc, colors: boolean, more?: Section): void =>
  void stream.write(HelpText.format(doc, { colors, width: stream.columns || 80, more }))
