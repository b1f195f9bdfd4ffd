/** The message of an error in the words of this command line, where the library speaks of its own options or of bytes. */
import type { ArchiveError } from "@scenario-assets/node/archive/ArchiveError"
import type { FileError } from "@scenario-assets/node/file/FileError"
import * as Predicate from "effect/Predicate"
import * as Format from "../text/Format.ts"

export const of = (error: unknown): string => {
  if (!Predicate.hasProperty(error, "message")) return String(error)
  const message = String(error.message)
  if (!isReworded(error)) return message
  switch (error._tag) {
    case "ArchiveError":
      // The hint names the flag, where there is one.
      return message.replace(/; where so much is meant, raise the limit \w+(?=\.$)/, "")
    case "FileError":
      return error.reason._tag === "NoSpace"
        ? message.replace(error.reason.message, error.reason.describe(Format.bytes))
        : message
  }
}

const isReworded = (error: unknown): error is ArchiveError | FileError =>
  Predicate.hasProperty(error, "_tag") && (error._tag === "ArchiveError" || error._tag === "FileError")
