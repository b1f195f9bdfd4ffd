/** Help that was asked for is data; help after a mistake is not. Mistakes themselves are told by `Report`. */
import type * as CliOutput from "effect/cli/CliOutput"
import type { HelpDoc } from "effect/cli/HelpDoc"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"
import * as HelpSection from "./HelpSection.ts"
import * as HelpText from "./HelpText.ts"

export const presenter: CliOutput.Presenter = {
  present: Effect.fnUntraced(function* (event) {
    const { canColor } = yield* TerminalCapabilities
    switch (event._tag) {
      case "Version":
        return void process.stdout.write(`${event.version}\n`)
      case "Help": {
        const more = yield* HelpSection.of(event.helpDoc)
        return event.reason === "Requested"
          ? writeHelp(process.stdout, event.helpDoc, canColor, more)
          : writeHelp(process.stderr, event.helpDoc, false, more)
      }
      case "InvalidInvocation":
        return
    }
  })
}

const writeHelp = (stream: NodeJS.WriteStream, doc: HelpDoc, colors: boolean, more?: HelpSection.Section): void =>
  void stream.write(HelpText.format(doc, { colors, width: stream.columns || 80, more }))
