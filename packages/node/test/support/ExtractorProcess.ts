/** The process of `extractor.ts`, run from a test. */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const extractor = fileURLToPath(new URL("./extractor.ts", import.meta.url))

/** What it said last of each kind, and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly said: ReadonlyMap<string, number>
}

/** Runs it until it has said a number of this kind that is large enough, and kills it then; or to its end. */
export const run = (
  url: string,
  directory: string,
  until: (what: string, number: number) => boolean = () => false,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<Ended> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, [extractor, url, directory], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"]
    })
    const said = new Map<string, number>()
    createInterface(child.stdout).on("line", (line) => {
      const [what = "", number] = line.split(" ")
      said.set(what, Number(number))
      if (until(what, Number(number))) child.kill("SIGKILL")
    })
    child.on("close", (code) => resume(Effect.succeed({ code, said })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })
