/** `status` and `wait`: one look at jobs, or until they end; for jobs by themselves, and for all jobs of a run. */
import type { JobId } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import type { DownloadJob } from "@scenario-assets/core/DownloadJob"
import { JobError } from "@scenario-assets/core/JobError"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import * as Runs from "@scenario-assets/node/runs/Runs"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Scenario from "../access/Scenario.ts"
import * as CommandError from "../errors/CommandError.ts"
import * as IdKind from "../ids/IdKind.ts"
import * as Fields from "../json/Fields.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import * as AskedJobs from "../runs/AskedJobs.ts"
import * as Recorded from "../runs/Recorded.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface StatusValues extends Connection, Output.Mode {
  readonly ids: ReadonlyArray<string>
}

export const status = (values: StatusValues) =>
  Effect.gen(function* () {
    const asked = yield* AskedJobs.read(values.ids, values)
    const look = (jobId: JobId) => Effect.flatMap(AssetDownload, ({ getStatus }) => getStatus(jobId))
    const looking = each(asked, { look, mustSucceed: false, what: "jobs could not be looked up" })
    yield* Effect.provide(looking, Scenario.layer(asked.connection))
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))

interface WaitValues extends StatusValues {
  readonly deadline: Option.Option<Duration.Duration>
}

export const wait = (values: WaitValues) =>
  Effect.gen(function* () {
    const { note, whenInterrupted } = yield* Output.Output
    const isSingle = values.ids.length === 1 && IdKind.of(values.ids[0] ?? "") !== "run"
    const waiting = Effect.gen(function* () {
      const asked = yield* AskedJobs.read(values.ids, values)
      const { head, jobIds } = asked
      const look = waitFor(values, head !== undefined)
      const watching = each(asked, { look, mustSucceed: true, what: "jobs did not succeed" })
      yield* Effect.provide(watching, Scenario.layer(asked.connection))
      yield* note(
        head === undefined
          ? `Ready; to download: scenario-assets download ${jobIds.map((jobId) => `--job ${jobId}`).join(" ")}`
          : `Ready; to download: ${Recorded.resume(head.runId)}`
      )
    })
    yield* whenInterrupted(
      () =>
        `${isSingle ? "The job continues" : "The jobs continue"} at Scenario. To wait again: scenario-assets wait ${values.ids.join(" ")}`
    )(waiting)
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))

const waitFor = ({ deadline }: WaitValues, justBegun: boolean) =>
  Effect.fnUntraced(function* (jobId: JobId) {
    const { states } = yield* JobPoller
    const { job } = yield* Watch.make
    const last = yield* states(jobId, { deadline: Option.getOrUndefined(deadline), justBegun }).pipe(
      Stream.tap(job),
      Stream.runLast
    )
    return yield* Effect.orDie(Effect.fromOption(last))
  })

interface How<E, R> {
  readonly look: (jobId: JobId) => Effect.Effect<DownloadJob, E, R>
  /** Whether a job that has failed is an error of the command. */
  readonly mustSucceed: boolean
  /** What to say of those with an error. */
  readonly what: string
}

/** All jobs at once; one that fails does not stop the others. A single one is told without its id. */
const each = Effect.fnUntraced(function* <E extends CommandError.Failure, R>(
  { head, jobIds }: AskedJobs.AskedJobs,
  { look, mustSucceed, what }: How<E, R>
) {
  const { line, result } = yield* Output.Output
  const isSingle = head === undefined && jobIds.length === 1
  const done = head === undefined ? {} : { runId: head.runId }
  const outcomes = yield* Effect.forEach(
    jobIds,
    (jobId) =>
      Effect.gen(function* () {
        const job = yield* look(jobId)
        yield* line(`${isSingle ? "" : `${jobId}: `}${Format.printable(job.jobStatus)}`)
        const error = mustSucceed ? JobError.fromJob(job) : undefined
        return error === undefined ? job : yield* error
      }).pipe(
        Effect.mapError((error) => ({ of: `job ${jobId}`, error, jobId })),
        Effect.result
      ),
    { concurrency: mostAtOnce }
  )
  const [jobs, [first, ...others]] = Arr.partition(outcomes, (outcome) => outcome)
  if (first === undefined) {
    const [job] = jobs
    if (isSingle && job !== undefined) return yield* result(Fields.ofJob(job))
    return yield* result({ ...done, jobs: jobs.map(Fields.ofJob) })
  }
  return yield* new CommandError.Failures({
    failed: [first, ...others],
    total: jobIds.length,
    what,
    done: isSingle ? {} : { ...done, jobs: jobs.map(Fields.ofJob) },
    run: head === undefined ? undefined : Recorded.ofHead(head, true)
  })
})

const mostAtOnce = 16
