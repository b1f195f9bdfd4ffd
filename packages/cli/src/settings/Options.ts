/** Flags that several commands share, and how their values are read. */
import * as Flag from "effect/cli/Flag"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Reader from "../text/Reader.ts"
import * as Settings from "./Settings.ts"

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
  directory: directory("The directory that the files go to"),
  ...patterns,
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Replace files that are there with another content, instead of naming new ones 'name (2)'"),
    Flag.withDefault(false)
  ),
  manifest: Flag.String("manifest").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Where to write a list of the files as JSON lines, in the order of extraction, once all are there ('-': stdout) [default: nowhere]"
    ),
    Flag.optional
  ),
  maxSize: setting(Settings.maxSize, "The most that the files of one archive may hold").pipe(Flag.optional)
}

/** What `extraction` gives. */
export interface Extraction {
  readonly directory: string
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly force: boolean
  readonly manifest: Option.Option<string>
  readonly maxSize: Option.Option<number>
}

/** Where to, and what in. What is wrong with them is told by whoever uses them. */
export const connection = {
  baseUrl: Flag.String(Settings.baseUrl.key).pipe(
    Flag.withMetavar(Settings.baseUrl.reader.metavar),
    Flag.withDescription(`Where the API is [default: SCENARIO_BASE_URL, or ${Settings.baseUrl.otherwise}]`),
    Flag.withFallbackConfig(Settings.text(Settings.baseUrl)),
    Flag.optional
  ),
  project: Flag.String(Settings.project.key).pipe(
    Flag.withMetavar(Settings.project.reader.metavar),
    Flag.withDescription(`The project to work in [default: SCENARIO_PROJECT_ID, or ${Settings.project.otherwise}]`),
    Flag.withFallbackConfig(Settings.text(Settings.project)),
    Flag.optional
  )
}

export const transfer = {
  concurrency: setting(Settings.concurrency, "How many at once").pipe(Flag.withDefault(4)),
  connections: setting(Settings.connections, "The most connections in all; more are opened only where they help").pipe(
    Flag.optional
  ),
  limitRate: setting(Settings.limitRate, "The most bytes a second in all, for example 10MB").pipe(Flag.optional),
  idleTimeout: setting(Settings.idleTimeout, "How long no byte may come before a transfer is tried again").pipe(
    Flag.optional
  ),
  timeLimit: setting(Settings.timeLimit, "How long the transfer of one file may take").pipe(Flag.optional),
  retries: setting(Settings.retries, "Tries in a row without a byte, before a transfer ends").pipe(Flag.optional)
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
export const transferOptions = ({
  connections = Option.none(),
  idleTimeout = Option.none(),
  limitRate = Option.none(),
  retries = Option.none(),
  timeLimit = Option.none()
}: Partial<Transfer>) => ({
  ...(Option.isSome(connections) ? { connections: connections.value } : {}),
  ...(Option.isSome(limitRate) ? { limitRate: limitRate.value } : {}),
  ...(Option.isSome(idleTimeout) ? { idleTimeout: idleTimeout.value } : {}),
  ...(Option.isSome(timeLimit) ? { timeLimit: timeLimit.value } : {}),
  ...(Option.isSome(retries) ? { retries: retries.value } : {})
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

/** A flag whose lasting default a person may set. */
export function setting<A>(setting: Settings.Setting<A>, description: string): Flag.Flag<A> {
  return read(setting.key, setting.reader).pipe(
    Flag.withDescription(`${description} [default: ${setting.otherwise}]`),
    Flag.withFallbackConfig(Settings.value(setting))
  )
}

/** The same for one that is given without a value. */
export function toggle(setting: Settings.Setting<boolean>, description: string): Flag.Flag<boolean> {
  return Flag.Boolean(setting.key).pipe(
    Flag.withDescription(description),
    Flag.withFallbackConfig(Settings.value(setting)),
    Flag.withDefault(false)
  )
}

/** Where files go. */
export function directory(description: string): Flag.Flag<string> {
  return setting(Settings.output, description).pipe(Flag.withAlias("o"), Flag.withDefault("."))
}

/** `100MB`, `2 GiB`, `512K`, or a number of bytes. */
export const byteSize = (name: string): Flag.Flag<number> => read(name, Reader.byteSize)

/** Such as `30s`, `10m` or `1h30m`. */
export const duration = (name: string): Flag.Flag<Duration.Duration> => read(name, Reader.duration)

/** A whole number from `minimum` to `maximum`. */
export const wholeNumber = (name: string, metavar: string, minimum: number, maximum: number): Flag.Flag<number> =>
  read(name, Reader.wholeNumber(metavar, minimum, maximum))

function read<A>(name: string, { metavar, read, refusal }: Reader.Reader<A>): Flag.Flag<A> {
  return Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.filterMap(read, refusal))
}

/**
 * The handler of a command, loaded when the command runs: most of what a command needs is of no use to the others, to
 * `--help`, or to a command line that is wrong.
 */
export const lazily =
  <Handlers, Values, A, E, R>(
    load: () => Promise<Handlers>,
    handler: (handlers: Handlers) => (values: Values) => Effect.Effect<A, E, R>
  ) =>
  (values: Values): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(load), (handlers) => handler(handlers)(values))
