/** `download`: from a selection, or from jobs begun earlier, to archives on disk. */
import { join } from "node:path"
import * as Asset from "@scenario-assets/core/Asset"
import type { BatchRequest } from "@scenario-assets/core/AssetDownload"
import * as FileNameTemplate from "@scenario-assets/core/FileNameTemplate"
import * as Selection from "@scenario-assets/core/Selection"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ArchiveFile from "../ArchiveFile.ts"
import * as Archiving from "../Archiving.ts"
import * as Format from "../Format.ts"
import * as Ids from "../Ids.ts"
import type { Connection } from "../Options.ts"
import * as Output from "../Output.ts"
import * as Scenario from "../Scenario.ts"
import { UsageError } from "../UsageError.ts"

interface Values extends Ids.Input, Archiving.Options, Connection, Output.Mode {
  readonly jobs: ReadonlyArray<string>
  readonly template: string
  readonly flat: boolean
  readonly dryRun: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const download = values.jobs.length > 0 ? ofJobs(values) : ofSelection(values)
    yield* whenInterrupted(
      "Run the same command again to go on where it stopped; jobs that were begun go on at Scenario."
    )(download)
  }).pipe(Effect.provide(Output.layer(values)))

const ofSelection = Effect.fnUntraced(function* (values: Values) {
  const fileNameTemplate = yield* readTemplate(values.template)
  const selection = yield* Ids.read(values)
  const { flat } = values
  if (values.dryRun) return yield* tellPlan({ selection, fileNameTemplate, flat })
  return yield* Archiving.ofSelection({ selection, fileNameTemplate, flat }, values).pipe(
    Effect.provide(Scenario.layerJournal(values, join(values.directory, ".scenario-assets-jobs.json")))
  )
})

const ofJobs = Effect.fnUntraced(function* (values: Values) {
  if (Ids.isGiven(values))
    return yield* new UsageError({ message: "give either --job or a selection of ids, not both" })
  const jobIds = yield* Effect.forEach(new Set(values.jobs), readJobId)
  if (!values.dryRun) return yield* Effect.provide(Archiving.ofJobs(jobIds, values), Scenario.layer(values))
  const { line, result } = yield* Output.Output
  const jobs = jobIds.map((jobId, index) => ({ jobId, path: ArchiveFile.path(values, jobIds.length, index, jobId) }))
  yield* line(jobs.map(({ jobId, path }) => `${jobId}: ${path}`).join("\n"))
  return yield* result({ dryRun: true, jobs })
})

const readTemplate = Effect.fnUntraced(function* (text: string) {
  const template = yield* Schema.decodeUnknownEffect(FileNameTemplate.FileNameTemplate)(text).pipe(
    Effect.mapError((error) => new UsageError({ message: `--template: ${error.message}` }))
  )
  const { warn } = yield* Output.Output
  yield* Effect.forEach(FileNameTemplate.check(template), (warning) => warn(warning.message), { discard: true })
  return template
})

const readJobId = (id: string) =>
  Schema.decodeUnknownEffect(Asset.JobId)(id).pipe(
    Effect.mapError((error) => new UsageError({ message: `--job ${JSON.stringify(id)}: ${error.message}` }))
  )

/** What would be requested. */
const tellPlan = Effect.fnUntraced(function* ({ selection, ...options }: BatchRequest) {
  const { line, result } = yield* Output.Output
  const batches = Selection.batches(selection)
  yield* line(batches.map((batch, index) => `batch ${index + 1}: ${Format.count(batch.size, "id")}`).join("\n"))
  yield* result({ dryRun: true, ids: selection.size, batches, ...options })
})
