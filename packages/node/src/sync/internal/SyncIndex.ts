/**
 * The index of a synchronized directory: a line of JSON for each file, with where it is and what the catalogue knows of it. A line is added
 * when its file is there, whole; a line that was torn off is taken away.
 */
import { createReadStream } from "node:fs"
import type * as Fs from "node:fs/promises"
import { join } from "node:path"
import * as AssetRecord from "@scenario-assets/core/AssetRecord"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"

export const fileName = "scenario-assets.jsonl"

/** What a run needs to know of a line. */
const Line = Schema.fromJsonString(Schema.Struct({ id: Schema.NonEmptyString, path: Schema.NonEmptyString }))
const decode = Schema.decodeOption(Line)

export interface SyncIndex {
  /** How long it is now, in bytes. */
  readonly size: () => number
  /** The path of each asset that is there, relative to the directory. */
  readonly paths: ReadonlyMap<string, string>
  readonly add: (
    record: AssetRecord.AssetRecord,
    file: { readonly path: string; readonly bytes: number }
  ) => Effect.Effect<void, FileError>
}

/** The lines that are whole, and where each ends, in bytes. */
async function* linesOf(file: string): AsyncGenerator<{ readonly text: string; readonly end: number }> {
  let rest: Buffer = Buffer.alloc(0)
  let end = 0
  for await (const chunk of createReadStream(file)) {
    const bytes = Buffer.concat([rest, Buffer.from(chunk)])
    let start = 0
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, start)) {
      end += at + 1 - start
      yield { text: bytes.toString("utf8", start, at), end }
      start = at + 1
    }
    rest = bytes.subarray(start)
  }
}

/** Where each asset is, and where the last line that is whole ends. */
export const read = (
  directory: string
): Effect.Effect<{ readonly paths: Map<string, string>; readonly end: number }, FileError> => {
  const file = join(directory, fileName)
  const all = async () => {
    const paths = new Map<string, string>()
    let last = 0
    for await (const { end, text } of linesOf(file)) {
      const line = Option.getOrUndefined(decode(text))
      if (line !== undefined) paths.set(line.id, line.path)
      last = end
    }
    return { paths, end: last }
  }
  return Effect.map(
    Files.orMissing(Files.attempt("read", file, all)),
    (found) => found ?? { paths: new Map<string, string>(), end: 0 }
  )
}

const decodeObject = Schema.decodeOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))

/** All that the lines say. */
export const lines = (directory: string): Stream.Stream<Schema.JsonObject, FileError> => {
  const file = join(directory, fileName)
  return Stream.fromAsyncIterable(linesOf(file), (cause) => FileError.fromSystem("read", file, cause)).pipe(
    Stream.flatMap(({ text }) => Stream.fromIterable(Option.toArray(decodeObject(text)))),
    Stream.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => Stream.empty
    )
  )
}

/** Opens it for as long as the scope lasts. Nobody else may write it meanwhile. */
export const open = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<SyncIndex, FileError, Scope.Scope> {
  const file = join(directory, fileName)
  const { end, paths } = yield* read(directory)
  const handle: Fs.FileHandle = yield* Files.open(file, "a")
  yield* Files.attempt("write", file, () => handle.truncate(end))
  const one = yield* Semaphore.make(1)
  yield* Effect.addFinalizer(() => Effect.ignore(Files.sync(file, handle)))
  let size = end
  return {
    size: () => size,
    paths,
    add: (record, { bytes, path }) => {
      const line = `${JSON.stringify(Object.assign({ path, bytes }, AssetRecord.toJson(record)))}\n`
      return Files.attempt("write", file, () => handle.appendFile(line)).pipe(
        Effect.andThen(
          Effect.sync(() => {
            size += Buffer.byteLength(line)
            paths.set(record.id, path)
          })
        ),
        // A line is written whole, or it is torn off and taken away by the next run.
        Effect.uninterruptible,
        one.withPermits(1)
      )
    }
  }
})
