/** `wait`: looks at a job until it ends. */
import type { JobId } from "@scenario-assets/core/Asset"
import { JobError } from "@scenario-assets/core/JobError"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Format from "../Format.ts"
import * as JobFields from "../JobFields.ts"
import type { Connection } from "../Options.ts"
import * as Output from "../Output.ts"
import * as Scenario from "../Scenario.ts"
import * as Watch from "../Watch.ts"

interface Values extends Connection, Output.Mode {
  readonly jobId: JobId
  readonly deadline: Option.Option<Duration.Duration>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { states } = yield* JobPoller
    const { line, note, result, whenInterrupted } = yield* Output.Output
    const options = { deadline: Option.getOrUndefined(values.deadline) }
    const last = yield* states(values.jobId, options).pipe(
      Stream.tap(Watch.job),
      Stream.runLast,
      whenInterrupted(`The job goes on at Scenario; to wait again: scenario-assets wait ${values.jobId}`)
    )
    const job = yield* Effect.orDie(Effect.fromOption(last))
    yield* line(Format.printable(job.jobStatus))
    const error = JobError.fromJob(job)
    if (error !== undefined) return yield* error
    yield* result(JobFields.of(job))
    yield* note(`Ready; to fetch it: scenario-assets download --job ${job.jobId}`)
  }).pipe(Effect.provide(Layer.mergeAll(Scenario.layer(values), Output.layer(values))))
