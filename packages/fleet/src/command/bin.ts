#!/usr/bin/env node
/** Wiring only, as of `scenario-assets`. */
import { start } from "@scenario-assets/cli/engine/start/Start"

await start(async () => {
  const [{ run }, { program }] = await Promise.all([
    import("@scenario-assets/cli/engine/Main"),
    import("./Commands.ts")
  ])
  return (args, version) => run(program, args, version)
})
