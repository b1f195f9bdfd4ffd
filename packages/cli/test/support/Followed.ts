/** Hints as a person takes them: what is pasted into a shell. */
import { execFileSync } from "node:child_process"
import { assert } from "@effect/vitest"

/** The arguments of the command that a text names last, in words of a POSIX shell. `OTHER` is a place of one's own choice. */
export const args = (text: string): ReadonlyArray<string> => {
  const [, command] = /.*: scenario-assets (.+)$/.exec(text.trim()) ?? []
  assert(command !== undefined, `no command is named: ${text}`)
  const printed = execFileSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" })
  return printed.trimEnd().split("\n")
}
