/**
 * What is told of an error that nobody foresaw. Here with Node alone, for where no more of the program can be loaded, or
 * `Report` fails itself; `Bug` tells more.
 */
export const message = (what: string): string => `this should not happen: ${what}`

export const request = "This is a bug of scenario-assets. Please report it: npm bugs @scenario-assets/cli"

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** On stderr, and with `--json` as the last line of stdout. */
export const tell = (args: ReadonlyArray<string>, error: unknown): void => {
  process.exitCode = 1
  const said = message(messageOf(error))
  const hints = [request, "If a part of it is missing or damaged, install it again."]
  process.stderr.write(["scenario-assets: ", said, "\n", ...hints.map((hint) => `${hint}\n`)].join(""))
  if (!args.includes("--json")) return
  // @effect-diagnostics-next-line globalDate:off - Effect may be what cannot be loaded
  const time = new Date().toISOString()
  const end = { type: "error", error: "Defect", exitCode: 1, messages: [said], hints, version: 1, time }
  process.stdout.write(`${JSON.stringify(end)}\n`)
}
