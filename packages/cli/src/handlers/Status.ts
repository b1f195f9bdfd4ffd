import type { JobId } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import { JobError } from "@scenario-assets/core/JobError"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import type { RunHead } from "@scenario-assets/node/download/RunRecord"
import * as Runs from "@scenario-assets/node/download/Runs"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
/** `status` and `wait`: one look at a job, or until it ends; `wait` takes all jobs of a run too. */
import * as Scenario from "../access/Scenario.ts"
import { NoJobBegun } from "../errors/CommandError.ts"
import * as CommandError from "../errors/CommandError.ts"
import * as IdKind from "../ids/IdKind.ts"
import * as Fields from "../json/Fields.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import * as Recorded from "../runs/Recorded.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface StatusValues extends Connection, Output.Mode {
  readonly jobId: JobId
}

export const status = (values: StatusValues) =>
  Effect.gen(function* () {
    const { getStatus } = yield* AssetDownload
    const { line, result } = yield* Output.Output
    const job = yield* getStatus(values.jobId)
    yield* line(Format.printable(job.jobStatus))
    yield* result(Fields.ofJob(job))
  }).pipe(Effect.provide(Layer.provideMerge(Scenario.layer(values), Output.layer(values))))

interface WaitValues extends Connection, Output.Mode {
  readonly id: JobId
  readonly deadline: Option.Option<Duration.Duration>
}

export const wait = (values: WaitValues) =>
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

const ofJob = Effect.fnUntraced(function* (values: WaitValues) {
  const { line, note, result } = yield* Output.Output
  const job = yield* endOf(values.id, values, false)
  yield* line(Format.printable(job.jobStatus))
  const error = JobError.fromJob(job)
  if (error !== undefined) return yield* error
  yield* result(Fields.ofJob(job))
  return yield* note(`Ready; to fetch it: scenario-assets download --job ${values.id}`)
})

const ofRun = (values: WaitValues) =>
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
const ofJobs = Effect.fnUntraced(function* (head: RunHead, jobIds: ReadonlyArray<JobId>, values: WaitValues) {
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
  const fields = { runId, jobs: jobs.map(Fields.ofJob) }
  if (first !== undefined) {
    return yield* new CommandError.Failures({
      failed: [first, ...others],
      total: jobIds.length,
      what: "jobs did not succeed",
      done: fields,
      run: Recorded.ofHead(head, true)
    })
  }
  yield* result(fields)
  return yield* note(`Ready; to download: ${Recorded.resume(runId)}`)
})

const endOf = Effect.fnUntraced(function* (jobId: JobId, { deadline }: WaitValues, justBegun: boolean) {
  const { states } = yield* JobPoller
  const { job } = yield* Watch.make
  const last = yield* states(jobId, { deadline: Option.getOrUndefined(deadline), justBegun }).pipe(
    Stream.tap(job),
    Stream.runLast
  )
  return yield* Effect.orDie(Effect.fromOption(last))
})
