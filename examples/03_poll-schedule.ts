/**
 * @title A poll schedule of one's own, and the stream of states
 *
 * The pauses between looks are a `Schedule`, and a schedule sees the job: this one looks every 10 seconds while the job is
 * queued and every 2 seconds once it is being worked on, for at most 200 looks. The id is given by a person, so a job that the
 * server does not know is an error at once.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/03_poll-schedule.ts job_…
 */
import { NodeRuntime } from "@effect/platform-node"
import { Asset, type DownloadJob, JobPoller } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { Console, Effect, Schedule, Schema, Stream } from "effect"

export const schedule = Schedule.identity<DownloadJob.DownloadJob | undefined>().pipe(
  Schedule.addDelay(({ input }) => Effect.succeed(input?.jobStatus === "in-progress" ? "2 seconds" : "10 seconds")),
  Schedule.upTo({ times: 200 })
)

export const program = Effect.fn("watchJob")(function* (id: string) {
  const jobId = yield* Schema.decodeUnknownEffect(Asset.JobId)(id)
  const { states } = yield* JobPoller.JobPoller
  return yield* states(jobId, { schedule, deadline: "10 minutes", justBegun: false }).pipe(
    Stream.map((job) => job.jobStatus),
    Stream.tap((status) => Console.log(status)),
    Stream.runCollect
  )
})

if (import.meta.main) {
  NodeRuntime.runMain(program(process.argv[2] ?? "").pipe(Effect.provide(NodeScenario.layerConfig)))
}
