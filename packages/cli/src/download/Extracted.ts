/** Files of archives that are extracted into one directory: what is kept of them in memory, and what is told of all in the end. */
import type { ArchiveError } from "@scenario-assets/node/archive/ArchiveError"
import type { SavedFile } from "@scenario-assets/node/download/DownloadEvent"
import type { FileError } from "@scenario-assets/node/file/FileError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as CommandError from "../errors/CommandError.ts"
import * as Fields from "../json/Fields.ts"
import type * as JsonShapes from "../json/JsonShapes.ts"
import { Output } from "../output/Output.ts"
import * as Format from "../text/Format.ts"
import * as Manifest from "./Manifest.ts"
import * as SavedFiles from "./SavedFiles.ts"

/** Where an archive comes from, as it is told. */
export type Origin = { readonly jobId: string } | { readonly file: string }

export interface Options {
  readonly directory: string
  readonly manifest: Option.Option<string>
  /** Whether only some files are wanted. */
  readonly isFiltered: boolean
  readonly json: boolean
}

export interface Outcome {
  readonly total: number
  readonly archives: ReadonlyArray<JsonShapes.ExtractedArchive>
  readonly failed: ReadonlyArray<CommandError.Failed>
  readonly run?: CommandError.Resumable | undefined
}

export interface Extracted {
  /** Files of the archive with this number are there. */
  readonly saved: (index: number, origin: Origin, files: ReadonlyArray<SavedFile>) => Effect.Effect<void>
  readonly refused: (index: number, error: ArchiveError) => void
  /** The archive comes once more, with the same files. */
  readonly again: (index: number) => Effect.Effect<void>
  /** Tells the result, or fails with what went wrong. */
  readonly end: (outcome: Outcome) => Effect.Effect<void, CommandError.Failures | CommandError.UsageError | FileError>
}

/** Of one archive. */
interface Found {
  files: number
  bytes: number
  alreadyThere: number
  readonly renamed: Lines
  readonly refused: Lines
}

/** The first of so many. */
interface Lines {
  count: number
  readonly first: Array<string>
}

/** Lines about single files, before they become too many. */
const most = 20

const add = (lines: Lines, line: () => string): void => {
  if (lines.count++ < most) lines.first.push(line())
}

/** The manifest is checked at once, and put in place when all files are there. */
export const make = Effect.fnUntraced(function* ({
  directory: given,
  isFiltered,
  json,
  manifest: file
}: Options): Effect.fn.Return<
  Extracted,
  CommandError.UsageError | FileError,
  Output | FileSystem.FileSystem | Scope.Scope
> {
  const { line, note, result, warn } = yield* Output
  const directory = SavedFiles.shownDirectory(given)
  const since = yield* Clock.currentTimeMillis
  const manifest = yield* Effect.transposeOption(Option.map(file, (file) => Manifest.open(file, directory, { json })))
  const archives = new Map<number, Found>()
  /** Files of archives that turned out damaged: this run has brought them, so they were not there before. */
  const brought = new Map<number, number>()
  const foundIn = (index: number): Found => {
    const found = archives.get(index) ?? {
      files: 0,
      bytes: 0,
      alreadyThere: 0,
      renamed: { count: 0, first: [] },
      refused: { count: 0, first: [] }
    }
    archives.set(index, found)
    return found
  }

  /** As many as a person reads. */
  const some = Effect.fnUntraced(function* (all: ReadonlyArray<Lines>, tell: (line: string) => Effect.Effect<void>) {
    const lines = all.flatMap(({ first }) => first).slice(0, most)
    const more = sum(all, ({ count }) => count) - lines.length
    yield* Effect.forEach(lines, tell, { discard: true })
    if (more > 0) yield* note(`… and ${more} more; --json tells all of them`)
  })

  return {
    saved: Effect.fnUntraced(function* (index, origin, files) {
      const found = foundIn(index)
      for (const saved of files) {
        found.files++
        found.bytes += saved.size
        if (saved.alreadyThere) found.alreadyThere++
        if (saved.why.length > 0) {
          add(found.renamed, () => {
            const [name, path] = [Format.shortName(saved.name), Format.shortPath(saved.path)]
            return `"${name}" is now "${path}" (${saved.why.join(", ")})`
          })
        }
      }
      if (Option.isNone(manifest)) return
      yield* manifest.value.add(
        index,
        files.map((saved) => ({ ...Fields.ofSaved(saved), ...origin }))
      )
    }),
    refused: (index, error) => add(foundIn(index).refused, () => `not extracted: ${error.message}`),
    again: (index) => {
      const { alreadyThere, files } = foundIn(index)
      brought.set(index, files - alreadyThere)
      archives.delete(index)
      return Option.isSome(manifest) ? manifest.value.forget(index) : Effect.void
    },
    end: Effect.fnUntraced(function* ({ archives: whole, failed: [first, ...others], run, total }: Outcome) {
      const found = [...archives].toSorted(([a], [b]) => a - b).map(([, found]) => found)
      const files = sum(found, ({ files }) => files)
      const refused = sum(found, ({ refused }) => refused.count)
      yield* some(
        found.map(({ renamed }) => renamed),
        note
      )
      // Of a single one the error tells.
      if (refused > 1) {
        yield* some(
          found.map(({ refused }) => refused),
          warn
        )
      }
      if (whole.length > 0 || files > 0) {
        const there = Math.max(
          0,
          sum(found, ({ alreadyThere }) => alreadyThere) - sum([...brought.values()], (one) => one)
        )
        const bytes = sum(found, ({ bytes }) => bytes)
        const known = there === 0 ? "" : ` (${there === files ? "all" : there} already existed)`
        const took = Format.time((yield* Clock.currentTimeMillis) - since)
        yield* note(`${Format.count(files, "file")}, ${Format.bytes(bytes)}${known} in ${took}`)
      }

      const fields = { directory, archives: whole, renamed: sum(found, ({ renamed }) => renamed.count) }
      const toStdout = Option.contains(file, "-")
      if (first === undefined) {
        if (files === 0 && isFiltered) yield* warn("no file matches --include and --exclude")
        if (Option.isSome(manifest)) yield* manifest.value.write
        if (!toStdout) yield* line(directory)
        return yield* result(fields)
      }
      if (whole.length > 0 && !toStdout) yield* line(directory)
      return yield* new CommandError.Failures({
        failed: [first, ...others],
        total,
        what: "archives could not be extracted",
        done: { ...fields, refused },
        run
      })
    })
  }
})

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)
