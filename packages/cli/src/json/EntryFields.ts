/** What is told of an entry of an archive in JSON. */
import type { ZipEntry } from "@scenario-assets/node/archive/ZipEntry"
import type { SavedFile } from "@scenario-assets/node/download/DownloadEvent"
import * as DateTime from "effect/DateTime"

export const ofFile = ({ crc32, name, size }: Pick<ZipEntry, "crc32" | "name" | "size">) => ({
  name,
  size,
  crc32: crc32.toString(16).padStart(8, "0")
})

/** Of one that is a file now. */
export const ofSaved = (file: SavedFile) => ({
  path: file.path,
  ...ofFile(file),
  alreadyThere: file.alreadyThere,
  why: file.why
})

/** Why an entry is not extracted, in a few words. */
export const whyRefused = (reason: NonNullable<ZipEntry["refused"]>): string => {
  switch (reason._tag) {
    case "Unsupported":
      return `${reason.feature} is not supported`
    case "UnsafeName":
      return `its name ${reason.description}`
    case "Damaged":
      return `it ${reason.description}`
    default:
      return reason.message
  }
}

export const of = (entry: ZipEntry) => ({
  ...ofFile(entry),
  compressedSize: entry.compressedSize,
  ...(entry.refused === undefined ? {} : { refused: whyRefused(entry.refused) }),
  modified: entry.modified === undefined ? null : DateTime.formatIso(DateTime.makeUnsafe(entry.modified))
})
