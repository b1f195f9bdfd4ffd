/** `wait`: looks at a job until it ends, or at all jobs of a run. */
import type { JobId } from "@scenario-assets/core/Asset"
import { JobError } from "@scenario-assets/core/JobError"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { resume } from "../CurrentRun.ts"
import * as Failures from "../Failures.ts"
import * as Format from "../Format.ts"
import * as IdKind from "../IdKind.ts"
import * as JobFields from "../JobFields.ts"
import type { Connection } from "../Options.ts"
import * as Output from "../Output.ts"
import * as Request from "../Request.ts"
import { RunNotFound } from "../RunError.ts"
import * as RunRecord from "../RunRecord.ts"
import * as Runs from "../Runs.ts"
import * as Saved from "../Saved.ts"
import * as Scenario from "../Scenario.ts"
import * as Watch from "../Watch.ts"

interface Values extends Connection, Output.Mode {
  readonly id: JobId
  readonly deadline: Option.Option<Duration.Duration>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const isRun = IdKind.of(values.id) === "run"
    const waiting = Effect.gen(function* () {
      if (isRun) return yield* ofRun(yield* Runs.find(values.id), values)
      return yield* Effect.provide(ofJob(values.id, values), Scenario.layer(values))
    })
    yield* whenInterrupted(
      `${isRun ? "The jobs go" : "The job goes"} on at Scenario; to wait again: scenario-assets wait ${values.id}`
    )(waiting)
  }).pipe(Effect.provide(Output.layer(values)))

const ofJob = Effect.fnUntraced(function* (jobId: JobId, values: Values) {
  const { line, note, result } = yield* Output.Output
  const job = yield* endOf(jobId, values, false)
  yield* line(Format.printable(job.jobStatus))
  const error = JobError.fromJob(job)
  if (error !== undefined) return yield* error
  yield* result(JobFields.of(job))
  return yield* note(`Ready; to fetch it: scenario-assets download --job ${jobId}`)
})

/** All jobs at once, where the run began them; one that fails does not stop the others. */
const ofRun = Effect.fnUntraced(function* (record: RunRecord.RunRecord, values: Values) {
  const { runId } = record
  const jobIds = RunRecord.jobIds(record)
  if (jobIds.length === 0) {
    return yield* new RunNotFound({ message: `Run ${runId} has started no job; to start them: ${resume(runId)}` })
  }
  const { line, note, result } = yield* Output.Output
  const outcomes = yield* Effect.forEach(
    jobIds,
    (jobId) =>
      Saved.outcome(
        `job ${jobId}`,
        Effect.gen(function* () {
          const job = yield* endOf(jobId, values, true)
          yield* line(`${jobId}: ${Format.printable(job.jobStatus)}`)
          const error = JobError.fromJob(job)
          return error === undefined ? job : yield* error
        })
      ),
    { concurrency: "unbounded" }
  ).pipe(Effect.provide(Scenario.layer(record.request)))
  const [jobs, failures] = Arr.partition(outcomes, (outcome) => outcome)
  const fields = { runId, jobs: jobs.map(JobFields.of) }
  if (failures.length > 0) {
    return yield* Failures.make({
      summary: `${failures.length} of ${Format.count(jobIds.length, "job")} did not succeed`,
      failures,
      run: { runId, beginsJobs: Request.beginsJobs(record.request) },
      fields
    })
  }
  yield* result(fields)
  return yield* note(`Ready; to take the files: ${resume(runId)}`)
})

const endOf = Effect.fnUntraced(function* (jobId: JobId, { deadline }: Values, justBegun: boolean) {
  const { states } = yield* JobPoller
  const last = yield* states(jobId, { deadline: Option.getOrUndefined(deadline), justBegun }).pipe(
    Stream.tap(Watch.job),
    Stream.runLast
  )
  return yield* Effect.orDie(Effect.fromOption(last))
})
