#!/usr/bin/env node
/** Wiring only. */
import { start } from "./start/Start.ts"

await start(async () => {
  const [{ run }, { program }] = await Promise.all([import("./Main.ts"), import("./Cli.ts")])
  return (args, version) => run(program, args, version)
})
