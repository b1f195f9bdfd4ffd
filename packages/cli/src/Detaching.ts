/** Jobs that are begun and left to Scenario; whoever wants the files goes on with the run. */
import * as Archives from "@scenario-assets/core/Archives"
import type { JobId } from "@scenario-assets/core/Asset"
import type { BatchRequest } from "@scenario-assets/core/AssetDownload"
import * as Selection from "@scenario-assets/core/Selection"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Archiving from "./Archiving.ts"
import { CurrentRun, resume } from "./CurrentRun.ts"
import * as Failures from "./Failures.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import * as Watch from "./Watch.ts"

export const begin = Effect.fnUntraced(function* <A>(
  request: BatchRequest,
  { concurrency }: Archiving.Options,
  destination: Archiving.Destination<A>,
  { begun }: Archiving.Jobs
) {
  const { line, note, result } = yield* Output
  const run = yield* CurrentRun
  yield* Archiving.check(request, destination)
  const found: Array<{ readonly batch: number; readonly jobId: JobId; readonly resumed: boolean }> = []
  const failures: Array<{ readonly of: string; readonly error: Archives.BatchError }> = []
  yield* Effect.flatMap(Archives.Archives, (archives) =>
    archives.begin({ ...request, concurrency }).pipe(
      Stream.tap((event) => (event._tag === "Requested" ? begun(event.index, event.jobId) : Effect.void)),
      Stream.tap(Watch.archive),
      Stream.runForEach((event) =>
        Effect.sync(() => {
          if (event._tag === "Requested")
            found.push({ batch: event.index + 1, jobId: event.jobId, resumed: event.resumed })
          if (event._tag === "Failed") failures.push({ of: `batch ${event.index + 1}`, error: event.error })
        })
      )
    )
  )
  const jobs = found.toSorted((a, b) => a.batch - b.batch)
  const [only] = failures
  if (only !== undefined) {
    const total = Selection.batches(request.selection).length
    if (total === 1) return yield* only.error
    return yield* Failures.make({
      summary: `${failures.length} of ${Format.count(total, "job")} could not be started`,
      failures,
      run,
      fields: { jobs }
    })
  }
  yield* line(run?.runId ?? jobs.map(({ jobId }) => jobId).join("\n"))
  yield* result({ runId: run?.runId ?? null, jobs })
  yield* note(
    run === undefined
      ? "To take the files: run the same command again without --detach"
      : `To take the files: ${resume(run.runId)}`
  )
})
