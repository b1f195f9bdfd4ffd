/**
 * Vitest's global set-up: bundles the command line, makes the directory of the run, and in the end searches every file below it for canaries.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Canary from "./Canary.ts"
import * as TestBundle from "./TestBundle.ts"
import * as TestDirectory from "./TestDirectory.ts"

export default async function setup(): Promise<() => void> {
  await TestBundle.make()
  const directory = mkdtempSync(path.join(tmpdir(), "scenario-assets-test-"))
  process.env[TestDirectory.variable] = directory
  mkdirSync(TestDirectory.printed())
  return () => {
    const leaks = sweep(directory)
    if (leaks.length > 0) throw new Error(report(directory, leaks))
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Leak {
  readonly file: string
  readonly secrets: ReadonlyArray<string>
}

function sweep(directory: string): ReadonlyArray<Leak> {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const file = path.join(entry.parentPath, entry.name)
    const secrets = new Set(Canary.find(Buffer.from(path.relative(directory, file))))
    if (entry.isFile() && !isCredentials(file))
      for (const piece of pieces(file)) for (const name of Canary.find(piece)) secrets.add(name)
    return secrets.size === 0 ? [] : [{ file, secrets: [...secrets] }]
  })
}

/** The one file that may hold secrets, as long as nobody but its owner can read it. */
function isCredentials(file: string): boolean {
  return file.endsWith(path.join("scenario-assets", "credentials.json")) && (statSync(file).mode & 0o777) === 0o600
}

/** What is larger is the made-up content of an archive in its middle. */
const searchedWhole = 8 * 1024 * 1024

/** The bytes of a file in overlapping pieces, for a canary may lie across two of them; of a large one the beginning and the end. */
function* pieces(file: string): Generator<Buffer> {
  const { size } = statSync(file)
  const isPrinted = path.basename(path.dirname(file)) === "printed"
  if (isPrinted || size <= searchedWhole) return yield* part(file, 0)
  yield* part(file, 0, searchedWhole / 2)
  yield* part(file, size - searchedWhole / 2)
}

/** One for all files: there are thousands. */
const buffer = Buffer.alloc(1024 * 1024 + Canary.overlap)

function* part(file: string, from: number, to = Number.POSITIVE_INFINITY): Generator<Buffer> {
  const descriptor = openSync(file, "r")
  try {
    let kept = 0
    let at = from
    for (let read = 0; at < to && (read = readSync(descriptor, buffer, kept, buffer.length - kept, at)) > 0;) {
      at += read
      const end = kept + read
      yield buffer.subarray(0, end)
      kept = Math.min(Canary.overlap, end)
      buffer.copyWithin(0, end - kept, end)
    }
  } finally {
    closeSync(descriptor)
  }
}

function report(directory: string, leaks: ReadonlyArray<Leak>): string {
  return [
    "Secrets escaped during this test run:",
    ...leaks.map(({ file, secrets }) => `  ${secrets.join(", ")} in ${path.relative(directory, file)}`),
    `The files are kept in ${directory}. "printed" holds what each test file printed: its console, stdout and stderr.`,
    "Secrets belong in Redacted, and signed URLs in SignedUrl; log and store neither their values nor the URL's query."
  ].join("\n")
}
