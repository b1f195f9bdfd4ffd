/** A list of the files that were extracted, for programs: one JSON object a line, in the order in which they were extracted. */
import { dirname, join, resolve } from "node:path"
import type { FileError } from "@scenario-assets/node/file/FileError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { UsageError } from "../errors/CommandError.ts"
import * as SystemCode from "../files/SystemCode.ts"
import * as WholeFile from "../files/WholeFile.ts"
import * as Json from "../json/Json.ts"
import { Output } from "../output/Output.ts"

/** What it says of a file. */
export type Line = Json.Fields & { readonly path: string }

export interface Manifest {
  /** Files of the archive with this number. Where that fails, {@link write} does. */
  readonly add: (archive: number, lines: ReadonlyArray<Line>) => Effect.Effect<void>
  /** The archive comes once more, with the same files. */
  readonly forget: (archive: number) => Effect.Effect<void>
  /** Writes it whole, archive by archive, or not at all. */
  readonly write: Effect.Effect<void, FileError | UsageError>
}

/** What is kept in memory of an archive before it goes to the disk. */
const mostKept = 64 * 1024

/**
 * Checks that it can be written, in time. `-` is stdout. The paths of its lines are below the directory. Until all files are there,
 * the lines are in temporary files, one for each archive, so that memory does not grow with them.
 */
export const open = Effect.fnUntraced(function* (file: string, directory: string, mode: { readonly json: boolean }) {
  const fs = yield* FileSystem.FileSystem
  const { line } = yield* Output
  const isStdout = file === "-"
  if (isStdout && mode.json) {
    return yield* new UsageError({ message: "--manifest: stdout is taken by --json; give the name of a file" })
  }
  if (!isStdout) yield* WholeFile.checkName("--manifest", file)
  const target = isStdout ? undefined : yield* WholeFile.target(file)
  // Beside a device or a pipe there is no room.
  const parent = target?.isFile === true ? dirname(target.path) : undefined
  const failed = (path: string) => SystemCode.fileError("write the manifest to", path)
  if (parent !== undefined) {
    yield* Effect.andThen(fs.makeDirectory(parent, { recursive: true }), fs.access(parent, { writable: true })).pipe(
      Effect.mapError(failed(parent))
    )
  }
  const temporary = yield* fs
    .makeTempDirectoryScoped({ prefix: ".scenario-assets-", ...(parent === undefined ? {} : { directory: parent }) })
    .pipe(Effect.mapError(failed(parent ?? file)))

  const own = isStdout ? undefined : resolve(file).toLowerCase()
  const archives = new Map<number, string>()
  const partOf = (archive: number) => join(temporary, String(archive))
  let failure: FileError | UsageError | undefined
  const unlessFailed = (effect: Effect.Effect<void, PlatformError>) =>
    Effect.catch(effect, (error) =>
      Effect.sync(() => {
        failure ??= failed(file)(error)
      })
    )
  const flush = (archive: number) =>
    Effect.suspend(() => {
      const text = archives.get(archive) ?? ""
      archives.set(archive, "")
      return unlessFailed(fs.writeFileString(partOf(archive), text, { flag: "a" }))
    })

  const manifest: Manifest = {
    add: (archive, lines) =>
      Effect.suspend(() => {
        if (failure !== undefined) return Effect.void
        if (own !== undefined && lines.some(({ path }) => resolve(directory, path).toLowerCase() === own)) {
          failure = new UsageError({ message: `--manifest: an extracted file is called ${file}; give another name` })
          return Effect.void
        }
        const text = (archives.get(archive) ?? "") + lines.map((fields) => `${Json.stringify(fields)}\n`).join("")
        archives.set(archive, text)
        return text.length < mostKept ? Effect.void : flush(archive)
      }),
    forget: (archive) =>
      Effect.suspend(() => {
        archives.delete(archive)
        return unlessFailed(fs.remove(partOf(archive), { force: true }))
      }),
    write: Effect.gen(function* () {
      const all = [...archives.keys()].toSorted((a, b) => a - b)
      yield* Effect.forEach(all, flush, { discard: true })
      if (failure !== undefined) return yield* Effect.fail(failure)
      const contents = Stream.flatMap(Stream.fromIterable(all), (archive) => fs.stream(partOf(archive)))
      const written = isStdout
        ? contents.pipe(Stream.decodeText, Stream.splitLines, Stream.runForEach(line))
        : Effect.provideService(WholeFile.write(file, contents), FileSystem.FileSystem, fs)
      yield* Effect.mapError(written, failed(file))
    })
  }
  return manifest
})
