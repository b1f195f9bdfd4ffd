/** What the system calls an error, such as `EACCES`. */
import * as SystemCode from "@scenario-assets/node/engine/file/SystemCode"
import { FileError } from "@scenario-assets/node/file/FileError"
import type { PlatformError } from "effect/PlatformError"

export const of = ({ reason }: PlatformError): string =>
  SystemCode.of("cause" in reason ? reason.cause : undefined) ?? reason._tag

/** The same as an error that says what was tried, such as `write`, and with what. */
export const fileError =
  (operation: string, path: string) =>
  (error: PlatformError): FileError =>
    FileError.fromSystem(operation, path, { code: of(error) })

/** Why something cannot be read, and what to do: `(EACCES); see its permissions`. */
export const unreadable = (error: PlatformError): string => {
  const { reason } = fileError("read", "")(error)
  return reason._tag === "PermissionDenied" || !("code" in reason)
    ? `(${of(error)}); see its permissions`
    : `(${reason.code}): ${reason.problem.replace(` (${reason.code})`, "")}; ${reason.advice}`
}
