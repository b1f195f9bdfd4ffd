/** What is told of an entry of an archive in JSON. */
import type { ZipEntry } from "@scenario-assets/node/archive/ZipEntry"
import * as DateTime from "effect/DateTime"

export const ofFile = ({ crc32, name, size }: ZipEntry) => ({
  name,
  size,
  crc32: crc32.toString(16).padStart(8, "0")
})

export const of = (entry: ZipEntry) => ({
  ...ofFile(entry),
  compressedSize: entry.compressedSize,
  modified: entry.modified === undefined ? null : DateTime.formatIso(DateTime.makeUnsafe(entry.modified))
})
