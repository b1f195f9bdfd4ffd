/** `download`: from a selection, or from jobs begun earlier, to files in a directory, or to archives that are kept. */
import { join } from "node:path"
import * as Asset from "@scenario-assets/core/Asset"
import type { BatchRequest } from "@scenario-assets/core/AssetDownload"
import * as FileNameTemplate from "@scenario-assets/core/FileNameTemplate"
import * as Selection from "@scenario-assets/core/Selection"
import type { Extraction } from "@scenario-assets/node/Extraction"
import type { FileDownload } from "@scenario-assets/node/FileDownload"
import type { FileError } from "@scenario-assets/node/FileError"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as ArchiveFile from "../ArchiveFile.ts"
import * as Archiving from "../Archiving.ts"
import * as Extracting from "../Extracting.ts"
import * as Format from "../Format.ts"
import * as Ids from "../Ids.ts"
import * as Keeping from "../Keeping.ts"
import { type Connection, type Transfer, transferOptions } from "../Options.ts"
import * as Output from "../Output.ts"
import * as Scenario from "../Scenario.ts"
import { UsageError } from "../UsageError.ts"

interface Values extends Ids.Input, Archiving.Options, Extracting.Values, Transfer, Connection, Output.Mode {
  readonly jobs: ReadonlyArray<string>
  readonly archive: Option.Option<string>
  readonly template: string
  readonly flat: boolean
  readonly dryRun: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const download = Option.match(values.archive, {
      onNone: () => Effect.flatMap(extracting(values), (way) => follow(values, way)),
      onSome: (archive) => Effect.flatMap(keeping(values, archive), (way) => follow(values, way))
    })
    yield* whenInterrupted(
      "Run the same command again to go on where it stopped; jobs that were begun go on at Scenario."
    )(download)
  }).pipe(Effect.scoped, Effect.provide(Output.layer(values)))

/** What becomes of the archives, so many of them. */
interface Way<A> {
  readonly path: (total: number, index: number) => string
  readonly open: (
    total: number
  ) => Effect.Effect<
    Archiving.Destination<A>,
    FileError | UsageError,
    Extraction | FileDownload | FileSystem.FileSystem | Output.Output | Scope.Scope
  >
}

const extracting = Effect.fnUntraced(function* (values: Values) {
  const options = yield* Extracting.check(values)
  return {
    path: () => values.directory,
    open: (total: number) => Extracting.destination(options, total, transferOptions(values))
  }
})

const keeping = Effect.fnUntraced(function* (values: Values, archive: string) {
  const names = { directory: values.directory, archive }
  yield* ArchiveFile.checkName(names)
  const { exclude, include, manifest, maxSize } = values
  const others = { include: include.length > 0, exclude: exclude.length > 0, manifest: Option.isSome(manifest) }
  for (const [flag, isGiven] of Object.entries({ ...others, "max-size": Option.isSome(maxSize) })) {
    if (isGiven) return yield* new UsageError({ message: `--archive keeps the archive as it is; leave out --${flag}` })
  }
  return {
    path: (total: number, index: number) => ArchiveFile.path(names, total, index),
    open: (total: number) => Keeping.open({ ...values, ...names }, total)
  }
})

const follow = <A extends { readonly jobId: Asset.JobId }>(values: Values, way: Way<A>) =>
  values.jobs.length > 0 ? ofJobs(values, way) : ofSelection(values, way)

const ofSelection = Effect.fnUntraced(function* <A extends { readonly jobId: Asset.JobId }>(
  values: Values,
  { open }: Way<A>
) {
  const fileNameTemplate = yield* readTemplate(values.template)
  const selection = yield* Ids.read(values)
  const { flat } = values
  if (values.dryRun) return yield* tellPlan({ selection, fileNameTemplate, flat })
  return yield* Effect.flatMap(open(Selection.batches(selection).length), (destination) =>
    Archiving.ofSelection({ selection, fileNameTemplate, flat }, values, destination)
  ).pipe(Effect.provide(Scenario.layerJournal(values, join(values.directory, ".scenario-assets-jobs.json"))))
})

const ofJobs = Effect.fnUntraced(function* <A>(values: Values, { open, path }: Way<A>) {
  if (Ids.isGiven(values))
    return yield* new UsageError({ message: "give either --job or a selection of ids, not both" })
  const jobIds = yield* Effect.forEach(new Set(values.jobs), readJobId)
  if (!values.dryRun) {
    return yield* Effect.flatMap(open(jobIds.length), (destination) =>
      Archiving.ofJobs(jobIds, values, destination)
    ).pipe(Effect.provide(Scenario.layer(values)))
  }
  const { line, result } = yield* Output.Output
  const jobs = jobIds.map((jobId, index) => ({ jobId, path: path(jobIds.length, index) }))
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
