/** A terminal for the binary. */
import { spawnSync } from "node:child_process"
import type * as Binary from "./Binary.ts"

/** util-linux's `script`, which runs a command in a terminal; stdout and stderr of the command come as one. */
export const hasScript = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout)

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

/** Runs the binary in a terminal that is so wide. */
export const inTerminal =
  (columns: number): NonNullable<Binary.Options["through"]> =>
  (command) => ["script", "-qefc", `stty cols ${columns} rows 10; exec ${command.map(quote).join(" ")}`, "/dev/null"]
