/** What the catalogue knows of assets, in a file: a line for each, as JSON, or as CSV where the name of the file ends so. */
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as SystemCode from "../files/SystemCode.ts"
import * as WholeFile from "../files/WholeFile.ts"
import * as Json from "../json/Json.ts"

/** Writes them whole or not at all, while they come. */
export const write = Effect.fnUntraced(function* <E, R>(file: string, rows: Stream.Stream<Schema.JsonObject, E, R>) {
  const fs = yield* FileSystem.FileSystem
  const failed = SystemCode.fileError("write the metadata to", file)
  yield* Effect.mapError(fs.makeDirectory(dirname(file), { recursive: true }), failed)
  const isCsv = /\.csv$/i.test(file)
  const lines = isCsv
    ? Stream.concat(
        Stream.make(csvLine(columns)),
        Stream.map(rows, (row) => csvLine(columns.map(cellOf(row))))
      )
    : Stream.map(rows, jsonLine)
  yield* WholeFile.write(file, Stream.encodeText(lines)).pipe(
    Effect.catchIf(isOfDisk, (error) => Effect.fail(failed(error)))
  )
})

const isOfDisk = (error: unknown): error is PlatformError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "PlatformError"

const jsonLine = (row: Schema.JsonObject): string => `${Json.stringify(row)}\n`

const columns = [
  "id",
  "path",
  "kind",
  "createdAt",
  "size",
  "mimeType",
  "name",
  "prompt",
  "negativePrompt",
  "seed",
  "modelId",
  "inferenceId",
  "authorId",
  "tags",
  "collectionIds"
] as const

const cellOf =
  (row: Schema.JsonObject) =>
  (column: string): string => {
    const value = row[column]
    if (Array.isArray(value)) return value.join(" ")
    return typeof value === "string" || typeof value === "number" ? String(value) : ""
  }

/** As RFC 4180 has it. */
const csvLine = (cells: ReadonlyArray<string>): string =>
  `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`
