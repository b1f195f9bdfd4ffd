/** A list of the files that were extracted, for programs: one JSON object a line. */
import { dirname, resolve } from "node:path"
import { FileError } from "@scenario-assets/node/FileError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Json from "./Json.ts"
import { Output } from "./Output.ts"
import * as SystemCode from "./SystemCode.ts"
import { UsageError } from "./UsageError.ts"

export interface Manifest {
  /** Writes it whole, or not at all. */
  readonly write: (
    lines: ReadonlyArray<Json.Fields & { readonly path: string }>
  ) => Effect.Effect<void, FileError | UsageError>
}

/** Checks that it can be written, in time. `-` is stdout. The paths of its lines are below the directory. */
export const open = Effect.fnUntraced(function* (file: string, directory: string, mode: { readonly json: boolean }) {
  const fs = yield* FileSystem.FileSystem
  const { line } = yield* Output
  const failed = (path: string) => (error: PlatformError) =>
    new FileError({ operation: "write the manifest to", path, code: SystemCode.of(error) })
  if (file === "-") {
    if (mode.json) {
      return yield* new UsageError({ message: "--manifest: stdout is taken by --json; give the name of a file" })
    }
    const toStdout: Manifest = {
      write: (lines) => Effect.forEach(lines, (fields) => line(Json.stringify(fields)), { discard: true })
    }
    return toStdout
  }

  const there = yield* Effect.option(fs.stat(file))
  if (file === "" || there.pipe((stat) => stat._tag === "Some" && stat.value.type === "Directory")) {
    return yield* new UsageError({ message: `--manifest: ${JSON.stringify(file)} is no name of a file` })
  }
  const parent = dirname(file)
  yield* Effect.andThen(fs.makeDirectory(parent, { recursive: true }), fs.access(parent, { writable: true })).pipe(
    Effect.mapError(failed(parent))
  )
  const toFile: Manifest = {
    write: Effect.fnUntraced(function* (lines) {
      const own = resolve(file).toLowerCase()
      if (lines.some(({ path }) => resolve(directory, path).toLowerCase() === own)) {
        return yield* new UsageError({ message: `--manifest: an extracted file is called ${file}; give another name` })
      }
      const temporary = `${file}.part`
      yield* Effect.gen(function* () {
        const handle = yield* fs.open(temporary, { flag: "w" })
        for (const some of chunks(lines)) {
          yield* handle.writeAll(new TextEncoder().encode(some.map((fields) => `${Json.stringify(fields)}\n`).join("")))
        }
        yield* handle.sync
      }).pipe(
        Effect.scoped,
        Effect.andThen(fs.rename(temporary, file)),
        Effect.onError(() => Effect.ignore(fs.remove(temporary))),
        Effect.mapError(failed(file))
      )
    })
  }
  return toFile
})

const chunks = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / 1000) }, (_, index) => all.slice(index * 1000, (index + 1) * 1000))
