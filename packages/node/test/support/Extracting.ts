/** Extractions in tests: archives in files and on hosts, and what is in a directory afterwards. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { assert } from "@effect/vitest"
import { ScenarioConfig } from "@scenario-assets/core"
import { type ArchiveReader, Extraction, type FileError, NodeScenario } from "@scenario-assets/node"
import { Cause, Effect, Exit, Layer, Redacted, Stream } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import type * as ZipMaker from "../../../../test-support/ZipMaker.ts"

/** All services; storage hosts may speak `http`. */
export const layer = Layer.provide(
  NodeScenario.layerServices(),
  Layer.orDie(
    ScenarioConfig.layer({
      baseUrl: "http://127.0.0.1:9",
      apiKey: Redacted.make(Canary.key),
      apiSecret: Redacted.make(Canary.secret)
    })
  )
)

/** Writes an archive to a file of its own. */
export const fileOf = (archive: ZipMaker.Made | Uint8Array): string => {
  const file = join(TestDirectory.make("archive"), "archive.zip")
  writeFileSync(file, archive instanceof Uint8Array ? archive : archive.bytes)
  return file
}

/** What an extraction has told, and how it ended. */
export interface Outcome {
  readonly events: ReadonlyArray<Extraction.ExtractionEvent>
  readonly exit: Exit.Exit<void, ArchiveReader.ReadError>
}

/** Quick where something is tried again. */
export const quick: Extraction.Options = { backoffBase: "1 millis", retries: 3 }

/** Extracts, and gives whatever comes of it. */
export const run = (
  location: ArchiveReader.ArchiveLocation,
  directory: string,
  options: Extraction.Options = {}
): Effect.Effect<Outcome, never, Extraction.Extraction> =>
  Effect.flatMap(Extraction.Extraction, (extraction) =>
    collect(extraction.events(location, directory, { ...quick, ...options }))
  )

export const collect = Effect.fnUntraced(function* <R>(
  stream: Stream.Stream<Extraction.ExtractionEvent, ArchiveReader.ReadError, R>
): Effect.fn.Return<Outcome, never, R> {
  const events: Array<Extraction.ExtractionEvent> = []
  const exit = yield* Effect.exit(Stream.runForEach(stream, (event) => Effect.sync(() => void events.push(event))))
  return { events, exit }
})

/** Extracts archives together, and gives what came of each, in their order. */
export const runAll = Effect.fnUntraced(function* (
  archives: ReadonlyArray<ArchiveReader.ArchiveLocation>,
  directory: string,
  options: Extraction.Options & { readonly concurrency?: number } = {}
): Effect.fn.Return<ReadonlyArray<Outcome>, FileError.FileError, Extraction.Extraction> {
  const { eventsAll } = yield* Extraction.Extraction
  const outcomes = archives.map(() => ({ events: new Array<Extraction.ExtractionEvent>(), exit: unfinished }))
  const numbered = archives.map((archive, index) => ({ ...archive, index }))
  yield* eventsAll(Stream.fromIterable(numbered), directory, { ...quick, ...options }).pipe(
    Stream.runForEach(({ archive, event }) =>
      Effect.sync(() => {
        const outcome = outcomes[archive.index]
        assert(outcome !== undefined && outcome.exit === unfinished, "nothing comes after the last event")
        if (event._tag === "Failed") outcome.exit = Exit.fail(event.error)
        else outcome.events.push(event)
        if (event._tag === "Completed") outcome.exit = Exit.void
      })
    )
  )
  return outcomes
})

const unfinished: Outcome["exit"] = Exit.die("it has no last event")

/** The same for what must succeed. */
export const extracted = ({ events, exit }: Outcome): Extraction.Extracted => {
  assert(Exit.isSuccess(exit), Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "")
  const last = events.at(-1)
  assert(last?._tag === "Completed")
  return last.extracted
}

/** And for what must fail. */
export const failure = ({ exit }: Outcome): ArchiveReader.ReadError => {
  assert(Exit.isFailure(exit), "it succeeded")
  const error = Cause.findErrorOption(exit.cause)
  assert(error._tag === "Some", Cause.pretty(exit.cause))
  return error.value
}

/** The tag of what is behind an error; or the code of a disk. */
export const kindOf = (outcome: Outcome): string => {
  const error = failure(outcome)
  return error.reason._tag
}

/** Paths of files that were told of, by whether they were there before. */
export const told = ({ events }: Outcome) => {
  const files = events.flatMap((event) => (event._tag === "Extracted" ? event.files : []))
  const paths = (alreadyThere: boolean) =>
    files
      .filter((file) => file.alreadyThere === alreadyThere)
      .map(({ path }) => path)
      .toSorted()
  return {
    written: paths(false),
    there: paths(true),
    refused: events.flatMap((event) => (event._tag === "Refused" ? [event.entry.name] : []))
  }
}

/** Everything in a directory: files by size and checksum, or by their text where that is short. */
export const tree = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(itemsOf(directory, "").toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** Links are not followed. */
const itemsOf = (directory: string, prefix: string): ReadonlyArray<readonly [name: string, content: string]> =>
  readdirSync(directory, { withFileTypes: true }).flatMap((item) => {
    const path = join(directory, item.name)
    const name = prefix + item.name
    if (item.isSymbolicLink()) return [[name, `-> ${readlinkSync(path)}`]]
    return item.isFile() ? [[name, describe(readFileSync(path))]] : [[`${name}/`, ""], ...itemsOf(path, `${name}/`)]
  })

export const describe = (content: string | Uint8Array): string => {
  const bytes =
    typeof content === "string"
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  const sum = crc32(bytes).toString(16)
  return bytes.length < 100 && !bytes.some((byte) => byte < 32 || byte > 126)
    ? bytes.toString()
    : `${bytes.length} bytes, ${sum}`
}

/** What a tree looks like that has just these files, and the directories on the way to them. */
export const treeOf = (files: Readonly<Record<string, string | Uint8Array>>): Readonly<Record<string, string>> => {
  const all = new Map<string, string>()
  for (const [name, content] of Object.entries(files)) {
    const segments = name.split("/")
    segments.slice(0, -1).forEach((_, index) => all.set(`${segments.slice(0, index + 1).join("/")}/`, ""))
    if (!name.endsWith("/")) all.set(name, describe(content))
  }
  return Object.fromEntries([...all].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** When files were last changed: that of a file which was left alone stays. */
export const inodes = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((name) => lstatSync(join(directory, name)).isFile())
      .map((name) => {
        const { ino, mtimeMs } = lstatSync(join(directory, name))
        return [name, `${ino} ${mtimeMs}`]
      })
  )

/** Bytes that deflate makes little of, always the same for a seed. */
export const noise = (length: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(length)
  const words = new Int32Array(bytes.buffer, 0, Math.floor(length / 4))
  let state = seed
  for (let at = 0; at < words.length; at++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0
    words[at] = state ^ (state << 7)
  }
  return bytes
}

/** Files by name, as an archive has them. */
export const entriesOf = (
  files: Readonly<Record<string, string | Uint8Array>>,
  method = 8
): ReadonlyArray<ZipMaker.Entry> => Object.entries(files).map(([name, content]) => ({ name, content, method }))
