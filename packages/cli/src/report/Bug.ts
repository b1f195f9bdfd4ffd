/** An error that nobody foresaw: what to tell of it, and a file with the details for who reports it. */
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Credentials from "../access/Credentials.ts"
import * as Places from "../files/Places.ts"
import * as Crash from "../start/Crash.ts"
import { version } from "../start/Version.ts"

export interface Bug {
  readonly message: string
  readonly hints: ReadonlyArray<string>
  /** What is in the file, for who asks for everything. */
  readonly details: string
  /** Where they are written; none where they could not be. */
  readonly file: string | undefined
}

export const of = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
  const fs = yield* FileSystem.FileSystem
  const redact = yield* redaction
  const now = DateTime.formatIso(yield* DateTime.now)
  const about = `scenario-assets ${version}, Node ${process.version}, ${process.platform} ${process.arch}`
  const details = `${redact(`${about}\n${now}\n\n${Cause.pretty(cause)}`)}\n`
  const path = join(tmpdir(), `scenario-assets-bug-${now.replaceAll(/[^\dT]/g, "")}-${process.pid}.txt`)
  const file = yield* fs.writeFileString(path, details, { flag: "wx", mode: 0o600 }).pipe(
    Effect.as(path),
    Effect.orElseSucceed(() => undefined)
  )
  const bug: Bug = {
    message: Crash.message(redact(Crash.messageOf(Cause.squash(cause)))),
    hints: [
      Crash.request,
      file === undefined
        ? "With --verbose the same command prints the details to add."
        : `The details to add are in ${file}; they hold no arguments, settings or credentials.`
    ],
    details,
    file
  }
  return bug
})

/** Takes out what is known to be a secret, queries of URLs, and the name of whoever is at home here. */
const redaction = Effect.map(Credentials.secrets, (secrets) => (text: string): string => {
  const known = [...secrets.map((secret) => [secret, "<redacted>"] as const), [Places.home(), "~"] as const]
  const lines = text.split("\n").map(Redaction.redact).join("\n")
  return known
    .reduce((text, [found, replacement]) => (found === "" ? text : text.replaceAll(found, replacement)), lines)
    .replaceAll(/\b(Basic|Bearer) [\w+/=.~-]+/gi, "$1 <redacted>")
})
