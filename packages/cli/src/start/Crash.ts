/**
 * What is said about an unexpected error. Here with Node alone, for where no more of the program can be loaded, or `Report` fails
 * itself; `Bug` says more.
 */
import * as Ending from "./Ending.ts"

export const message = (what: string): string => `unexpected error: ${what}`

/** The package names no page for bugs, but npm knows who publishes it. */
export const request =
  "This is a bug in scenario-assets. Please report it to its maintainers: npm view @scenario-assets/cli maintainers"

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const tell = (args: ReadonlyArray<string>, error: unknown): void =>
  end(args, {
    error: "Defect",
    exitCode: 1,
    message: message(messageOf(error)),
    hints: [request, "If a file of it is missing or damaged, install it again."]
  })

/** On stderr, and with `--json` as the last line of stdout. */
export const end = (args: ReadonlyArray<string>, told: Told): void => {
  const { exitCode, hints, message } = told
  process.exitCode = exitCode
  Ending.watch(process.stderr)
  process.stderr.write(["scenario-assets: ", message, "\n", ...hints.map((hint) => `${hint}\n`)].join(""))
  endJson(args, told)
}

interface Told {
  readonly error: string
  readonly exitCode: number
  readonly message: string
  readonly hints: ReadonlyArray<string>
}

/** With `--json` the last line of stdout, unless there is one. */
export const endJson = (args: ReadonlyArray<string>, { error, exitCode, hints, message }: Told): void => {
  if (!Ending.claim(exitCode) || !Ending.isGiven(args, "--json")) return
  // @effect-diagnostics-next-line globalDate:off - Effect may be what cannot be loaded
  const time = new Date().toISOString()
  const line = { type: "error", error, exitCode, messages: [message], hints, version: 1, time }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
