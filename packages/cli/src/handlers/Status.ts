/** `status`: one look at a job. */
import type { JobId } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scenario from "../access/Scenario.ts"
import * as JobFields from "../json/JobFields.ts"
import * as Output from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface Values extends Connection, Output.Mode {
  readonly jobId: JobId
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { getStatus } = yield* AssetDownload
    const { line, result } = yield* Output.Output
    const job = yield* getStatus(values.jobId)
    yield* line(Format.printable(job.jobStatus))
    yield* result(JobFields.of(job))
  }).pipe(Effect.provide(Layer.provideMerge(Scenario.layer(values), Output.layer(values))))
