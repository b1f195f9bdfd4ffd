/** What the system calls an error, such as `EACCES`. */
import { FileError } from "@scenario-assets/node/file/FileError"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"

export const of = ({ reason }: PlatformError): string => {
  const cause: unknown = "cause" in reason ? reason.cause : undefined
  return Predicate.hasProperty(cause, "code") ? String(cause.code) : reason._tag
}

/** The same as an error that says what was tried, such as `write`, and with what. */
export const fileError =
  (operation: string, path: string) =>
  (error: PlatformError): FileError =>
    FileError.fromSystem(operation, path, { code: of(error) })
