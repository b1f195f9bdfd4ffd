/** An unexpected error: what to say about it, and a file with the details for whoever reports it. */
import { tmpdir } from "node:os"
import { join, parse } from "node:path"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Credentials from "../access/Credentials.ts"
import * as Crash from "../start/Crash.ts"
import * as Home from "../start/Home.ts"
import { version } from "../start/Version.ts"

export interface Bug {
  readonly message: string
  readonly hints: ReadonlyArray<string>
  /** What is in the file, for --verbose. */
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
        ? "Add the details, which the same command prints with --verbose."
        : `Add the details in ${file}, which hold no arguments, settings or credentials.`
    ],
    details,
    file
  }
  return bug
})

/** Takes out what is known to be a secret, queries of URLs, and the name of whoever is at home here. */
const redaction = Effect.map(Credentials.secrets, (secrets) => {
  const remove = Redaction.removing(secrets)
  const home = Home.directory()
  return (text: string): string => {
    const known = remove(text.split("\n").map(Redaction.redact).join("\n"))
    // A root is no home that tells who lives there, and is in every path.
    const nameless = home === parse(home).root ? known : known.replaceAll(home, "~")
    return nameless.replaceAll(/\b(Basic|Bearer) [\w+/=.~-]+/gi, "$1 <redacted>")
  }
})
