/** Help, laid out for reading: examples first, then what can be given, in as many columns as there are. */
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import type { FlagDoc, HelpDoc } from "effect/cli/HelpDoc"
import * as Option from "effect/Option"
import { meanings } from "../errors/ExitCode.ts"
import * as Moment from "../text/Moment.ts"
import * as Reader from "../text/Reader.ts"

/** A section of a command's help beside the usual ones. */
export interface Section {
  readonly title: string
  readonly rows: ReadonlyArray<readonly [left: string, right: string]>
}

export interface Options {
  readonly colors: boolean
  /** Columns of the terminal. */
  readonly width: number
  /** The section of the command's own. */
  readonly more?: Section | undefined
}

type Row = readonly [left: string, right: string]

export const format = (doc: HelpDoc, { colors, more, width }: Options): string => {
  const bold = (text: string) => (colors ? `\u001b[1m${text}\u001b[0m` : text)
  const lineWidth = Math.min(width, widest)
  const section = (title: string, rows: ReadonlyArray<Row>, aligned = rows) =>
    rows.length === 0 ? [] : ["", bold(`${title}:`), ...table(rows, lineWidth, aligned)]
  const flags = doc.flags.map(flagRow)
  const examples = (doc.examples ?? []).flatMap(({ command, description }) => [
    ...(description === undefined ? [] : [`  # ${description}`]),
    `  ${command}`
  ])

  return [
    doc.description,
    "",
    `${bold("Usage:")} ${usage(doc)}`,
    ...(examples.length === 0 ? [] : ["", bold("Examples:"), ...examples]),
    ...section(
      "Commands",
      (doc.subcommands ?? []).flatMap((group) =>
        group.commands.map(({ description, name }): Row => [name, description])
      )
    ),
    ...section(
      "Arguments",
      (doc.args ?? []).map((arg) => [
        `${arg.name}${arg.variadic ? "..." : ""}`,
        Option.getOrElse(arg.description, () => "")
      ])
    ),
    ...flagGroups(doc.flags).flatMap(([title, group]) => section(title, group.map(flagRow), flags)),
    ...section(
      "Values",
      [...Reader.values, [Moment.reader.metavar, Moment.taken] as const].filter(([metavar]) =>
        doc.flags.some(({ type }) => type === metavar)
      )
    ),
    ...(more === undefined ? [] : section(more.title, more.rows)),
    ...section("Global flags", (doc.globalFlags ?? []).map(flagRow)),
    ...(doc.commandPath?.length === 1
      ? [...section("Environment", environment), ...section("Exit codes", exitRows)]
      : []),
    ""
  ].join("\n")
}

/** A command is a command, wherever it stands. */
export const usage = (doc: HelpDoc): string => doc.usage.replace("<subcommand>", "<command>")

/** The flags of a command under the titles that they are listed under, whichever of them there are. */
export const flagGroups = (
  flags: ReadonlyArray<FlagDoc>
): ReadonlyArray<readonly [title: string, flags: ReadonlyArray<FlagDoc>]> => {
  const found = titles.map((title) => [title, flags.filter(({ name }) => titleOf(name) === title)] as const)
  const groups = found.filter(([, flags]) => flags.length > 0)
  return groups.map(([title, flags], index) => [title === others && index > 0 ? "Other flags" : title, flags])
}

const titleOf = (name: string): string => grouped.find(([, names]) => names.includes(name))?.[0] ?? others

/** What is not in the table below. */
const others = "Flags"

/** What each flag is about. Those that hold for long, and are best set for good, come last. */
export const grouped: ReadonlyArray<readonly [title: string, names: ReadonlyArray<string>]> = [
  ["Selection", ["asset", "inference", "model", "from-file", "job"]],
  ["Search", ["collection", "kind", "since", "until", "author", "tag", "search", "limit", "refresh"]],
  [
    "Destination",
    [
      "output",
      "archive",
      "template",
      "flat",
      "force",
      "manifest",
      "metadata",
      "names",
      "format",
      "repair",
      "watch",
      "gallery"
    ]
  ],
  ["What to extract", ["include", "exclude", "max-size"]],
  ["Output", ["json", "quiet", "verbose"]],
  [
    "Advanced",
    ["concurrency", "connections", "limit-rate", "idle-timeout", "time-limit", "retries", "base-url", "project"]
  ]
]

const titles = [...grouped.slice(0, 4).map(([title]) => title), others, ...grouped.slice(4).map(([title]) => title)]

const widest = 100

const flagRow = ({ aliases, description, name, type }: FlagDoc): Row => [
  [...aliases, `--${name}`].join(", ") + (type === "boolean" ? "" : ` ${type}`),
  // effect/cli repeats in the description what the type or our own words say.
  Option.getOrElse(description, () => "").replace(/ \(choices: [^)]*\)$/, "")
]

const exitRows = meanings.map(([code, meaning]): Row => [String(code), meaning])

/**
 * Two columns, as wide as those of all rows that are aligned; where there is no room beside the left one, the right one goes
 * below it.
 */
const table = (rows: ReadonlyArray<Row>, width: number, aligned: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const column = Math.min(26, Math.max(...aligned.map(([left]) => left.length)) + 2)
  const indent = " ".repeat(column + 2)
  return rows.flatMap(([left, right]) => {
    const [first = "", ...others] = wrap(right, Math.max(20, width - column - 2))
    const beside = left.length + 2 <= column ? [`  ${left.padEnd(column)}${first}`] : [`  ${left}`, indent + first]
    return [...beside, ...others.map((line) => indent + line)].map((line) => line.trimEnd())
  })
}

const wrap = (text: string, width: number): ReadonlyArray<string> =>
  text.split(" ").reduce<Array<string>>((lines, word) => {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) return [...lines, word]
    return [...lines.slice(0, -1), `${last} ${word}`]
  }, [])

/** The variables of the environment that are read. */
export const environment: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["SCENARIO_SDK_API_KEY, SCENARIO_SDK_API_SECRET", "API key and secret, under the names of the official SDKs"],
  ["SCENARIO_API_KEY, SCENARIO_API_SECRET", "The same, under the names of Scenario's guides; those above come first"],
  ["SCENARIO_SDK_JWT", "A bearer token, instead of key and secret"],
  ["SCENARIO_BASE_URL", `Base URL of the API [default: ${ScenarioConfig.defaultBaseUrl}]`],
  ["SCENARIO_PROJECT_ID", "The project to work in [default: the key's own]"],
  ["SCENARIO_ASSETS_…", "Other lasting defaults, such as SCENARIO_ASSETS_LIMIT_RATE; see doctor"],
  ["XDG_CONFIG_HOME, XDG_STATE_HOME", "Where credentials and defaults, and the records of runs, are kept"],
  ["NODE_EXTRA_CA_CERTS", "A file with certificates to trust besides those that Node trusts"],
  ["HTTPS_PROXY, HTTP_PROXY, ALL_PROXY", "Proxy for https, for http, and for anything else"],
  ["NO_PROXY", "Hosts to reach without a proxy, such as example.com,10.0.0.0/8; this machine always is"],
  ["NO_COLOR, FORCE_COLOR", "Without colours; with colours also where stdout is no terminal"]
]
