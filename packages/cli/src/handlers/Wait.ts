/** `wait`: looks at a job until it ends, or at all jobs of a run. */
import type { JobId } from "@scenario-assets/core/Asset"
import { JobError } from "@scenario-assets/core/JobError"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import type { RunHead } from "@scenario-assets/node/download/RunRecord"
import * as Runs from "@scenario-assets/node/download/Runs"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Scenario from "../access/Scenario.ts"
import { NoJobBegun } from "../errors/RunError.ts"
import * as IdKind from "../ids/IdKind.ts"
import * as JobFields from "../json/JobFields.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import * as Failures from "../report/Failures.ts"
import * as Recorded from "../runs/Recorded.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface Values extends Connection, Output.Mode {
  readonly id: JobId
  readonly deadline: Option.Option<Duration.Duration>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const isRun = IdKind.of(values.id) === "run"
    const waiting = Effect.gen(function* () {
      if (isRun) return yield* ofRun(values)
      return yield* Effect.provide(ofJob(values), Scenario.layer(values))
    })
    yield* whenInterrupted(
      () => `${isRun ? "The jobs go" : "The job goes"} on at Scenario; to wait again: scenario-assets wait ${values.id}`
    )(waiting)
  }).pipe(Effect.provide(Output.layer(values)))

const ofJob = Effect.fnUntraced(function* (values: Values) {
  const { line, note, result } = yield* Output.Output
  const job = yield* endOf(values.id, values, false)
  yield* line(Format.printable(job.jobStatus))
  const error = JobError.fromJob(job)
  if (error !== undefined) return yield* error
  yield* result(JobFields.of(job))
  return yield* note(`Ready; to fetch it: scenario-assets download --job ${values.id}`)
})

const ofRun = (values: Values) =>
  Effect.gen(function* () {
    const runs = yield* Runs.Runs
    const head = yield* runs.get(values.id)
    const jobs = yield* runs.jobs(head.runId)
    if (!Arr.isReadonlyArrayNonEmpty(jobs)) return yield* new NoJobBegun({ runId: head.runId })
    return yield* ofJobs(
      head,
      jobs.map(({ jobId }) => jobId),
      values
    ).pipe(Effect.provide(Scenario.layer(Scenario.ofRun(head))))
  }).pipe(Effect.provide(Runs.layerConfig))

/** All jobs at once, for the run began them; one that fails does not stop the others. */
const ofJobs = Effect.fnUntraced(function* (head: RunHead, jobIds: ReadonlyArray<JobId>, values: Values) {
  const { runId } = head
  const { line, note, result } = yield* Output.Output
  const outcomes = yield* Effect.forEach(
    jobIds,
    (jobId) =>
      Effect.gen(function* () {
        const job = yield* endOf(jobId, values, true)
        yield* line(`${jobId}: ${Format.printable(job.jobStatus)}`)
        const error = JobError.fromJob(job)
        return error === undefined ? job : yield* error
      }).pipe(
        Effect.mapError((error) => ({ of: `job ${jobId}`, error, jobId })),
        Effect.result
      ),
    { concurrency: "unbounded" }
  )
  const [jobs, [first, ...others]] = Arr.partition(outcomes, (outcome) => outcome)
  const fields = { runId, jobs: jobs.map(JobFields.of) }
  if (first !== undefined) {
    return yield* Failures.make({
      failed: [first, ...others],
      total: jobIds.length,
      what: "jobs did not succeed",
      fields,
      run: Recorded.ofHead(head, true)
    })
  }
  yield* result(fields)
  return yield* note(`Ready; to take the files: ${Recorded.resume(runId)}`)
})

const endOf = Effect.fnUntraced(function* (jobId: JobId, { deadline }: Values, justBegun: boolean) {
  const { states } = yield* JobPoller
  const { job } = yield* Watch.make
  const last = yield* states(jobId, { deadline: Option.getOrUndefined(deadline), justBegun }).pipe(
    Stream.tap(job),
    Stream.runLast
  )
  return yield* Effect.orDie(Effect.fromOption(last))
})
