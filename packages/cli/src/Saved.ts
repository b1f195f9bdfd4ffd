/** Files that were to be saved: what became of each, and what is told of all in the end. */
import type { DownloadedFile, FileEvent } from "@scenario-assets/node/FileDownload"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { CurrentRun } from "./CurrentRun.ts"
import * as Failures from "./Failures.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import * as Watch from "./Watch.ts"

/** Downloads a file, telling what happens under a name; and prints its path. */
export const file = Effect.fnUntraced(function* <E, R>(id: string, events: Stream.Stream<FileEvent, E, R>) {
  const { line } = yield* Output
  const last = yield* events.pipe(Stream.tap(Watch.file(id)), Stream.runLast)
  const completed = yield* Effect.orDie(Effect.fromOption(last))
  if (completed._tag !== "Completed") return yield* Effect.die(completed)
  yield* line(completed.file.path)
  return completed.file
})

/** What became of one of them: a file, or an error with a name for what it happened to. */
export type Outcome<A, E> = Result.Result<A, { readonly of: string; readonly error: E }>

/** One that fails does not stop the others. */
export const outcome = <A, E, R>(of: string, effect: Effect.Effect<A, E, R>): Effect.Effect<Outcome<A, E>, never, R> =>
  Effect.result(Effect.mapError(effect, (error) => ({ of, error })))

/** Tells the result, or fails with what went wrong. */
export const tell = Effect.fnUntraced(function* <A extends DownloadedFile, E extends Failures.Failure>(options: {
  /** The name of the list in JSON. */
  readonly kind: string
  readonly one: string
  readonly total: number
  readonly outcomes: ReadonlyArray<Outcome<A, E>>
  /** When it all began, in milliseconds; where that is of interest. */
  readonly since?: number | undefined
}) {
  const { kind, one, outcomes, since, total } = options
  const output = yield* Output
  const [files, failures] = Arr.partition(outcomes, (outcome) => outcome)
  if (files.length > 0) {
    const sum = (of: (file: A) => number) => files.reduce((total, file) => total + of(file), 0)
    const bytes = sum((file) => file.bytes)
    const fetched = sum((file) => (file.alreadyThere ? 0 : file.bytes - file.resumedFrom))
    const some = fetched < bytes ? ` (${Format.bytes(fetched)} of it fetched now)` : ""
    const took = since === undefined ? "" : ` in ${Format.time((yield* Clock.currentTimeMillis) - since)}`
    yield* output.note(`${Format.count(files.length, one)}, ${Format.bytes(bytes)}${some}${took}`)
  }
  const [only] = failures
  if (only === undefined) return yield* output.result({ [kind]: files })
  if (total === 1) return yield* Effect.fail(only.error)
  return yield* Failures.make({
    summary: `${failures.length} of ${Format.count(total, one)} could not be downloaded`,
    failures,
    run: yield* CurrentRun,
    fields: {
      [kind]: files,
      failed: failures.map(({ error, of }) => ({ of, error: error._tag, message: error.message }))
    }
  })
})
