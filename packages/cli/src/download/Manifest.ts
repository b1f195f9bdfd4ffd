/** A list of the files that were extracted, for programs: one JSON object a line. */
import { dirname, resolve } from "node:path"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import type { FileError } from "@scenario-assets/node/file/FileError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { UsageError } from "../errors/CommandError.ts"
import * as SystemCode from "../files/SystemCode.ts"
import * as WholeFile from "../files/WholeFile.ts"
import * as Json from "../json/Json.ts"
import { Output } from "../output/Output.ts"

/** What it says of a file. */
export type Line = Json.Fields & { readonly path: string }

export interface Manifest {
  /** Writes it whole, or not at all. */
  readonly write: (lines: ReadonlyArray<Line>) => Effect.Effect<void, FileError | UsageError>
}

/** Checks that it can be written, in time. `-` is stdout. The paths of its lines are below the directory. */
export const open = Effect.fnUntraced(function* (file: string, directory: string, mode: { readonly json: boolean }) {
  const fs = yield* FileSystem.FileSystem
  const { line } = yield* Output
  const failed = (path: string) => SystemCode.fileError("write the manifest to", path)
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
    return yield* new UsageError({ message: `--manifest: ${Redaction.quoted(file)} is not the name of a file` })
  }
  const parent = dirname(file)
  yield* Effect.andThen(fs.makeDirectory(parent, { recursive: true }), fs.access(parent, { writable: true })).pipe(
    Effect.mapError(failed(parent))
  )
  const toFile: Manifest = {
    write: Effect.fnUntraced(
      function* (lines) {
        const own = resolve(file).toLowerCase()
        if (lines.some(({ path }) => resolve(directory, path).toLowerCase() === own)) {
          return yield* new UsageError({
            message: `--manifest: an extracted file is called ${file}; give another name`
          })
        }
        yield* Effect.mapError(WholeFile.write(file, texts(lines)), failed(file))
      },
      Effect.provideService(FileSystem.FileSystem, fs)
    )
  }
  return toFile
})

/** Some at once. */
function* texts(lines: ReadonlyArray<Json.Fields>): Generator<string> {
  for (const some of Arr.chunksOf(lines, 1000)) yield some.map((fields) => `${Json.stringify(fields)}\n`).join("")
}
