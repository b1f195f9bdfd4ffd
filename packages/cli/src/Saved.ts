/** Files that were to be saved: what became of each, and what is told of all in the end. */
import type { JobId } from "@scenario-assets/core/Asset"
import type { FileEvent } from "@scenario-assets/node/file/FileDownload"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { CurrentRun } from "./CurrentRun.ts"
import * as Failures from "./Failures.ts"
import * as Format from "./Format.ts"
import type * as JsonShapes from "./JsonShapes.ts"
import { Output } from "./Output.ts"
import * as Watch from "./Watch.ts"

/** Downloads a file, telling what happens under a name; and prints its path. */
export const file = Effect.fnUntraced(function* <E, R>(id: string, events: Stream.Stream<FileEvent, E, R>) {
  const { line } = yield* Output
  const last = yield* events.pipe(Stream.tap(Watch.file(id)), Stream.runLast, Watch.task(id))
  const completed = yield* Effect.orDie(Effect.fromOption(last))
  if (completed._tag !== "Completed") return yield* Effect.die(completed)
  yield* line(completed.file.path)
  return completed.file
})

/** What became of one of them: a file, or an error with a name for what it happened to. */
export type Outcome<A, E> = Result.Result<A, Failed<E>>

export interface Failed<E> {
  readonly of: string
  readonly error: E
  /** The job whose archive did not come. */
  readonly jobId?: JobId
}

/** One that fails does not stop the others. */
export const outcome = <A, E, R>(of: string, effect: Effect.Effect<A, E, R>): Effect.Effect<Outcome<A, E>, never, R> =>
  Effect.result(Effect.mapError(effect, (error) => ({ of, error })))

/** The files, under the name of their list in JSON. */
type Outcomes<E> =
  | { readonly kind: "archives"; readonly outcomes: ReadonlyArray<Outcome<JsonShapes.SavedArchive, E>> }
  | { readonly kind: "assets"; readonly outcomes: ReadonlyArray<Outcome<JsonShapes.SavedAsset, E>> }

/** Tells the result, or fails with what went wrong. */
export const tell = Effect.fnUntraced(function* <E extends Failures.Failure>(
  options: Outcomes<E> & {
    readonly one: string
    readonly total: number
    /** When it all began, in milliseconds; where that is of interest. */
    readonly since?: number | undefined
  }
) {
  const { one, since, total } = options
  const output = yield* Output
  const { failures, files, result } = parted(options)
  if (files.length > 0) {
    const bytes = sum(files, (file) => file.bytes)
    const fetched = sum(files, (file) => (file.alreadyThere ? 0 : file.bytes - file.resumedFrom))
    const some = fetched < bytes ? ` (${Format.bytes(fetched)} of it fetched now)` : ""
    const took = since === undefined ? "" : ` in ${Format.time((yield* Clock.currentTimeMillis) - since)}`
    yield* output.note(`${Format.count(files.length, one)}, ${Format.bytes(bytes)}${some}${took}`)
  }
  const [only] = failures
  if (only === undefined) return yield* output.result(result)
  if (total === 1) return yield* Failures.single(only.error, jobOf(only), yield* CurrentRun)
  return yield* Failures.make({
    summary: `${failures.length} of ${Format.count(total, one)} could not be downloaded`,
    failures,
    run: yield* CurrentRun,
    fields: {
      ...result,
      failed: failures.map(({ error, of }) => ({ of, error: error._tag, message: error.message }))
    }
  })
})

/** To be told of a failure, where it is of a job. */
export const jobOf = ({ jobId }: Failed<unknown>) => (jobId === undefined ? {} : { jobId })

interface Parted<E> {
  readonly files: ReadonlyArray<JsonShapes.SavedArchive | JsonShapes.SavedAsset>
  readonly failures: ReadonlyArray<Failed<E>>
  readonly result:
    | { readonly archives: ReadonlyArray<JsonShapes.SavedArchive> }
    | { readonly assets: ReadonlyArray<JsonShapes.SavedAsset> }
}

const parted = <E>(options: Outcomes<E>): Parted<E> => {
  if (options.kind === "archives") {
    const [archives, failures] = Arr.partition(options.outcomes, (outcome) => outcome)
    return { files: archives, failures, result: { archives } }
  }
  const [assets, failures] = Arr.partition(options.outcomes, (outcome) => outcome)
  return { files: assets, failures, result: { assets } }
}

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)
