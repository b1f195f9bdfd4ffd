/** What effect/cli finds wrong with the words of a command line, said in one line each. */
import type * as CliError from "effect/cli/CliError"
import * as Format from "../text/Format.ts"

export const of = (error: CliError.NonShowHelpErrors): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `there is no flag ${Format.shortName(error.option)}${didYouMean(similar(error))}`
    case "UnknownSubcommand":
      return `there is no command ${Format.quoted(error.subcommand)}${didYouMean(error.suggestions)}`
    case "MissingOption":
      return `--${error.option} is missing`
    case "MissingArgument":
      return `<${error.argument}> is missing`
    case "UnexpectedArgument":
      return `too many words: ${error.arguments.map((word) => Format.quoted(word)).join(" ")}`
    case "InvalidValue":
      return invalidValue(error)
    default:
      return error.message
  }
}

/** Flags that may have been meant. */
export const similar = ({ suggestions }: CliError.UnrecognizedOption): ReadonlyArray<string> =>
  suggestions.filter((name) => name.startsWith("--"))

const didYouMean = (suggestions: ReadonlyArray<string>): string =>
  suggestions.length === 0 ? "" : `; did you mean ${suggestions.join(" or ")}?`

const invalidValue = ({ expected, kind, option, value }: CliError.InvalidValue): string => {
  // Not on the command line, but in the environment or the configuration file, which it names.
  if (expected.startsWith(source)) return expected.slice(source.length)
  const name = kind === "flag" ? `--${option}` : `<${option}>`
  const times = /^(\d+) occurrences$/.exec(value)?.[1]
  if (times !== undefined && expected === "at most 1 value") return `${name} is given ${times} times; give it once`
  const choices = choicesIn(expected)
  if (value === "") return `${name} has no value${choices === undefined ? "" : `; it takes ${choices}`}`
  if (choices !== undefined) return `${name}: ${Format.quoted(value)} is not one of ${choices}`
  const why = expected.replace(/^Schema validation failed: /, "").replace(/^Expected /, "expected ")
  // Our own checks repeat the value where it reads best.
  return why.includes(JSON.stringify(value))
    ? `${name}: ${why}`
    : `${name}: ${Format.quoted(value)} is not accepted, ${why}`
}

/** How effect/cli hands on what `ConfigFile` and `Settings` say. */
const source = "SourceError: "

/** `a, b, c` of what effect/cli writes as `"a" | "b" | "c"`. */
const choicesIn = (expected: string): string | undefined =>
  expected.includes(" | ")
    ? expected
        .replace(/^Expected /, "")
        .split(" | ")
        .map((choice) => choice.replaceAll('"', ""))
        .join(", ")
    : undefined
