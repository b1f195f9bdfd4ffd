/** A section of a command's help beside the usual ones, loaded when help is shown. */
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

export interface Section {
  readonly title: string
  readonly rows: ReadonlyArray<readonly [left: string, right: string]>
}

/** Annotates a command. */
export const HelpSection = Context.Reference<(() => Promise<Section>) | undefined>("@scenario-assets/cli/HelpSection", {
  defaultValue: () => undefined
})

export const of = ({ annotations }: HelpDoc): Effect.Effect<Section | undefined> => {
  const load = Context.get(annotations, HelpSection)
  return load === undefined ? Effect.succeed(undefined) : Effect.promise(load)
}
