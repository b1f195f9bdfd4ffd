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
    Flag.withDescription("Print only warnings and errors on stderr"),
    Flag.withDefault(false)
  ),
  verbose: Flag.Boolean("verbose").pipe(Flag.withDescription("Print every step on stderr"), Flag.withDefault(false))
}

/** Ids in files. */
export const fromFile = Flag.String("from-file").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription(
    "Read ids from a file: one per line, or a CSV table with a column 'id'; '-' is stdin, '# …' a comment (repeatable)"
  ),
  Flag.atLeast(0)
)

/** Which files of an archive. */
export const patterns = {
  include: pattern(
    "include",
    "Only files whose name in the archive matches, for example '*.glb' or 'inf_1/**' (repeatable)"
  ),
  exclude: pattern("exclude", "Skip files whose name matches, even if --include matches too (repeatable)")
}

/** How archives become files. */
export const extraction = {
  directory: directory("Directory to write the files to"),
  ...patterns,
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Replace existing files that differ, instead of saving new ones as 'name (2)'"),
    Flag.withDefault(false)
  ),
  manifest: Flag.String("manifest").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Write a list of the files as JSON lines to this file, once all are saved; '-' is stdout [default: no list]"
    ),
    Flag.optional
  ),
  maxSize: setting(Settings.maxSize, "Refuse archives whose files are larger than this in total").pipe(Flag.optional)
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
    Flag.withDescription(`Base URL of the API [default: SCENARIO_BASE_URL, or ${Settings.baseUrl.otherwise}]`),
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

/** Limits of all transfers of a command together, and of each. */
export const limits = {
  connections: setting(Settings.connections, "Maximum number of connections for the whole run").pipe(Flag.optional),
  limitRate: setting(Settings.limitRate, "Bandwidth limit per second for the whole run, for example 10MB").pipe(
    Flag.optional
  ),
  idleTimeout: setting(Settings.idleTimeout, "Retry a transfer that receives no data for this long").pipe(
    Flag.optional
  ),
  timeLimit: setting(
    Settings.timeLimit,
    "Stop the whole run after this long, with exit code 9; it can be resumed"
  ).pipe(Flag.optional),
  retries: setting(Settings.retries, "How often a transfer is retried in a row without receiving data").pipe(
    Flag.optional
  )
}

export const transfer = {
  concurrency: setting(Settings.concurrency, "How many to download at once").pipe(Flag.withDefault(4)),
  ...limits
}

/** What `transfer` gives. */
export interface Transfer extends Limits {
  readonly concurrency: number
}

/** What `limits` gives. */
export interface Limits {
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
}: Partial<Limits>) => ({
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

/** `--dry-run`, or `-n`. */
export const dryRun = (description: string): Flag.Flag<boolean> =>
  Flag.Boolean("dry-run").pipe(Flag.withAlias("n"), Flag.withDescription(description), Flag.withDefault(false))

/** `100MB`, `2 GiB`, `512K`, or a number of bytes. */
export const byteSize = (name: string): Flag.Flag<number> => read(name, Reader.byteSize)

/** Such as `30s`, `10m` or `1h30m`. */
export const duration = (name: string): Flag.Flag<Duration.Duration> => read(name, Reader.duration)

/** A whole number from `minimum` to `maximum`. */
export const wholeNumber = (name: string, metavar: string, minimum: number, maximum: number): Flag.Flag<number> =>
  read(name, Reader.wholeNumber(metavar, minimum, maximum))

/** A flag whose words are read so. */
export function read<A>(name: string, { metavar, read, refusal }: Reader.Reader<A>): Flag.Flag<A> {
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
