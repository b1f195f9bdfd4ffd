/** Flags that several commands share, and how their values are read. */
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as ByteSize from "effect/ByteSize"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export const output = {
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print events and the result as JSON lines on stdout"),
    Flag.withDefault(false)
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Print nothing on stderr but warnings and errors"),
    Flag.withDefault(false)
  ),
  verbose: Flag.Boolean("verbose").pipe(Flag.withDescription("Print every step on stderr"), Flag.withDefault(false))
}

/** Which files of an archive. */
export const patterns = {
  include: pattern(
    "include",
    "Only files with such a name in the archive, for example '*.glb' or 'inf_1/**' (repeatable)"
  ),
  exclude: pattern("exclude", "No files with such a name; comes before --include (repeatable)")
}

/** How archives become files. */
export const extraction = {
  directory: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("DIR"),
    Flag.withDescription("The directory that the files go to [default: .]"),
    Flag.withDefault(".")
  ),
  ...patterns,
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Replace files that are there with another content, instead of naming new ones 'name (2)'"),
    Flag.withDefault(false)
  ),
  manifest: Flag.String("manifest").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Where to write a list of the files as JSON lines, once all are there ('-': stdout) [default: nowhere]"
    ),
    Flag.optional
  ),
  maxSize: byteSize("max-size").pipe(
    Flag.withDescription("The most that the files of one archive may hold [default: 1TiB, and 100 times the archive]"),
    Flag.optional
  )
}

export const connection = {
  baseUrl: Flag.String("base-url").pipe(
    Flag.withMetavar("URL"),
    Flag.withDescription(`Where the API is [default: SCENARIO_BASE_URL, or ${ScenarioConfig.defaultBaseUrl}]`),
    Flag.optional
  ),
  project: Flag.String("project").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("The project to work in [default: SCENARIO_PROJECT_ID, or the key's own]"),
    Flag.optional
  )
}

export const transfer = {
  concurrency: wholeNumber("concurrency", "N", 1, 64).pipe(
    Flag.withDescription("How many at once [default: 4]"),
    Flag.withDefault(4)
  ),
  connections: wholeNumber("connections", "N", 1, 64).pipe(
    Flag.withDescription("The most connections for one file; there are as many as pay [default: 16]"),
    Flag.optional
  ),
  limitRate: byteSize("limit-rate").pipe(
    Flag.withDescription("The most bytes a second of one file, for example 10MB [default: no limit]"),
    Flag.optional
  ),
  idleTimeout: duration("idle-timeout").pipe(
    Flag.withDescription("How long no byte may come before a transfer is tried again [default: 30s]"),
    Flag.optional
  ),
  timeLimit: duration("time-limit").pipe(
    Flag.withDescription("How long the transfer of one file may take [default: no limit]"),
    Flag.optional
  ),
  retries: wholeNumber("retries", "N", 0, 1000).pipe(
    Flag.withDescription("Tries in a row without a byte, before a transfer ends [default: 8]"),
    Flag.optional
  )
}

/** What `transfer` gives. */
export interface Transfer {
  readonly concurrency: number
  readonly connections: Option.Option<number>
  readonly limitRate: Option.Option<number>
  readonly idleTimeout: Option.Option<Duration.Duration>
  readonly timeLimit: Option.Option<Duration.Duration>
  readonly retries: Option.Option<number>
}

/** The same for the library, whose defaults stand for what was not given. */
export const transferOptions = (values: Transfer) => ({
  connections: Option.getOrUndefined(values.connections),
  limitRate: Option.getOrUndefined(values.limitRate),
  idleTimeout: Option.getOrUndefined(values.idleTimeout),
  timeLimit: Option.getOrUndefined(values.timeLimit),
  retries: Option.getOrUndefined(values.retries)
})

/** What `connection` gives. */
export interface Connection {
  readonly baseUrl: Option.Option<string>
  readonly project: Option.Option<string>
}

/** Patterns for names. */
function pattern(name: string, description: string): Flag.Flag<ReadonlyArray<string>> {
  return Flag.String(name).pipe(Flag.withMetavar("GLOB"), Flag.withDescription(description), Flag.atLeast(0))
}

/** `100MB`, `2 GiB`, or a number of bytes. */
export function byteSize(name: string): Flag.Flag<number> {
  const parse = (text: string): Option.Option<number> => {
    const spaced = text
      .trim()
      .replace(/^([\d.]+)\s*([A-Za-z]*)$/, (_, number: string, unit: string) => `${number} ${unit || "B"}`)
    return ByteSize.fromString(spaced).pipe(
      Option.flatMap(ByteSize.toNumber),
      Option.filter((size) => size > 0)
    )
  }
  return Flag.String(name).pipe(
    Flag.withMetavar("SIZE"),
    Flag.filterMap(parse, (text) => `${JSON.stringify(text)} is no size; write for example 100MB or 2GiB`)
  )
}

/** Such as `30s`, `10m` or `2h`. */
export function duration(name: string): Flag.Flag<Duration.Duration> {
  return Flag.String(name).pipe(
    Flag.withMetavar("DURATION"),
    Flag.filterMap(
      parseDuration,
      (value) => `${JSON.stringify(value)} is no duration; write for example 30s, 10m or 2h`
    )
  )
}

/** A whole number from `minimum` to `maximum`. */
export function wholeNumber(name: string, metavar: string, minimum: number, maximum: number): Flag.Flag<number> {
  const read = (text: string): Option.Option<number> => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1
    return value >= minimum && value <= maximum ? Option.some(value) : Option.none()
  }
  return Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.filterMap(read, (text) => `${JSON.stringify(text)} is no whole number from ${minimum} to ${maximum}`)
  )
}

/**
 * The handler of a command, loaded when the command runs: most of what a command needs is of no use to the others, to
 * `--help`, or to a command line that is wrong.
 */
export const lazily =
  <Values, A, E, R>(load: () => Promise<{ readonly run: (values: Values) => Effect.Effect<A, E, R> }>) =>
  (values: Values): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(load), ({ run }) => run(values))

const units: { readonly [unit: string]: (value: number) => Duration.Duration } = {
  ms: Duration.millis,
  s: Duration.seconds,
  m: Duration.minutes,
  h: Duration.hours,
  d: Duration.days
}

function parseDuration(text: string): Option.Option<Duration.Duration> {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  const make = units[unit ?? ""]
  return make === undefined ? Option.none() : Option.filter(Option.some(make(Number(amount))), Duration.isPositive)
}
