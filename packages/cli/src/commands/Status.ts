/** `status` and `wait`: one look at a job, or looks until it ends. */
import { JobId } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import { JobError } from "@scenario-assets/core/JobError"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Options from "../Options.ts"
import { Output } from "../Output.ts"
import * as Watch from "../Watch.ts"

const jobId = Argument.String("job").pipe(Argument.withDescription("The job's id"), Argument.withSchema(JobId))

/** What is told of a job: not its URL, which is a secret. */
const describe = (job: DownloadJob.DownloadJob) => ({
  jobId: job.jobId,
  jobStatus: job.jobStatus,
  phase: DownloadJob.phase(job.jobStatus),
  ready: DownloadJob.isReady(job),
  details: job.details
})

export const status = Command.make("status", { jobId, ...Options.connection, ...Options.output }, (values) =>
  Effect.gen(function*() {
    const { getStatus } = yield* AssetDownload
    const output = yield* Output
    const job = yield* getStatus(values.jobId)
    yield* output.result({ type: "result", ...describe(job) }, [job.jobStatus])
  }).pipe(
    Effect.provide(Options.scenarioLayer(values)),
    Effect.provide(Options.outputLayer(values))
  )).pipe(
    Command.withDescription("Print the state of a job"),
    Command.withExamples([{ command: "scenario-assets status job_abc", description: "One look" }])
  )

export const wait = Command.make(
  "wait",
  {
    jobId,
    deadline: Options.duration("deadline").pipe(
      Flag.withDescription("How long to wait [default: 30m]"),
      Flag.optional
    ),
    ...Options.connection,
    ...Options.output
  },
  (values) =>
    Effect.gen(function*() {
      const { states } = yield* JobPoller
      const output = yield* Output
      const options = Option.match(values.deadline, { onNone: () => ({}), onSome: (deadline) => ({ deadline }) })
      const last = yield* states(values.jobId, options).pipe(Stream.tap(Watch.job), Stream.runLast)
      const job = yield* Effect.orDie(Effect.fromOption(last))
      yield* output.result({ type: "result", ...describe(job) }, [job.jobStatus])
      const error = JobError.fromJob(job)
      if (error !== undefined) return yield* error
      yield* output.note(`Ready; fetch it with: scenario-assets download --job ${job.jobId}`)
    }).pipe(
      Effect.provide(Options.scenarioLayer(values)),
      Effect.provide(Options.outputLayer(values))
    )
).pipe(
  Command.withDescription("Wait until a job ends"),
  Command.withExamples([{ command: "scenario-assets wait job_abc --deadline 2h", description: "Wait for two hours at most" }])
)
