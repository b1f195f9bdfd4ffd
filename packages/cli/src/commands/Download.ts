/** `download`: from a selection to archives on disk. */
import * as Arr from "effect/Array"
import * as Archives from "@scenario-assets/core/Archives"
import * as Asset from "@scenario-assets/core/Asset"
import * as FileNameTemplate from "@scenario-assets/core/FileNameTemplate"
import { JobJournal } from "@scenario-assets/core/JobJournal"
import * as Selection from "@scenario-assets/core/Selection"
import { FileDownload, type Options as FileOptions } from "@scenario-assets/node/FileDownload"
import * as JobJournalFile from "@scenario-assets/node/JobJournalFile"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { join, parse as parsePath } from "node:path"
import * as Failures from "../Failures.ts"
import * as Format from "../Format.ts"
import * as Ids from "../Ids.ts"
import * as Options from "../Options.ts"
import { Output } from "../Output.ts"
import { UsageError } from "../UsageError.ts"
import * as Watch from "../Watch.ts"

const ids = (name: string, what: string) =>
  Flag.String(name).pipe(Flag.withMetavar("ID"), Flag.withDescription(`${what} (repeatable)`), Flag.atLeast(0))

const flags = {
  ids: Argument.String("id").pipe(
    Argument.withDescription("Ids that begin with asset_, inf_ or model_; '-' reads ids from stdin"),
    Argument.variadic()
  ),
  assets: ids("asset", "An asset"),
  inferences: ids("inference", "All assets of an inference"),
  models: ids("model", "All assets of a model"),
  files: Flag.String("from-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("A file with one id a line ('-': stdin); '# …' is a comment (repeatable)"),
    Flag.atLeast(0)
  ),
  jobs: Flag.String("job").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("A job begun earlier, instead of a selection (repeatable)"),
    Flag.atLeast(0)
  ),
  directory: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("DIR"),
    Flag.withDescription("Where the archives go, as JOB_ID.zip [default: .]"),
    Flag.withDefault(".")
  ),
  archive: Flag.String("archive").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("The archive's own name; several get -1, -2, … before the extension"),
    Flag.optional
  ),
  template: Flag.String("template").pipe(
    Flag.withMetavar("TEMPLATE"),
    Flag.withDescription(`Names of the files in the archive [default: ${FileNameTemplate.defaultTemplate}]`),
    Flag.withDefault<string>(FileNameTemplate.defaultTemplate)
  ),
  flat: Flag.Boolean("flat").pipe(
    Flag.withDescription("Do not group the files in directories"),
    Flag.withDefault(false)
  ),
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Replace archives that are there already"),
    Flag.withDefault(false)
  ),
  concurrency: Options.count("concurrency", 64).pipe(
    Flag.withDescription("Jobs and transfers at once [default: 4]"),
    Flag.withDefault(4)
  ),
  deadline: Options.duration("deadline").pipe(
    Flag.withDescription("How long to wait for a job [default: 30m]"),
    Flag.optional
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Say what would be requested, and request nothing"),
    Flag.withDefault(false)
  ),
  ...Options.connection,
  ...Options.output
}

/** What the command line gives. */
type Values = Command.Command.Config.Infer<typeof flags>

export const command = Command.make("download", flags, (values) =>
  Effect.gen(function*() {
    const template = yield* parseTemplate(values.template)
    return yield* values.jobs.length > 0 ? downloadJobs(values) : downloadSelection(values, template)
  }).pipe(Effect.provide(Options.outputLayer(values)))).pipe(
    Command.withDescription("Request archives of assets, wait for them, and download them"),
    Command.withExamples([
      { command: "scenario-assets download model_abc -o renders", description: "All assets of a model" },
      { command: "scenario-assets download --from-file ids.txt", description: "Thousands of ids, as several archives" },
      { command: "scenario-assets download --job job_abc", description: "The archive of a job begun earlier" }
    ])
  )

const parseTemplate = Effect.fnUntraced(function*(text: string) {
  const template = yield* Schema.decodeUnknownEffect(FileNameTemplate.FileNameTemplate)(text).pipe(
    Effect.mapError((error) => new UsageError({ message: `--template: ${error.message}.` }))
  )
  const { warn } = yield* Output
  yield* Effect.forEach(FileNameTemplate.check(template), (warning) => warn(warning.message), { discard: true })
  return template
})

const downloadSelection = Effect.fnUntraced(function*(values: Values, fileNameTemplate: FileNameTemplate.FileNameTemplate) {
  const output = yield* Output
  const selection = yield* Ids.read(values)
  const batches = Selection.batches(selection)
  if (values.dryRun) {
    return yield* output.result(
      { type: "plan", ids: selection.size, batches: batches.map((batch) => batch.size), fileNameTemplate, flat: values.flat },
      batches.map((batch, index) => `batch ${index + 1}: ${Format.count(batch.size, "id")}`)
    )
  }
  const request: Archives.Request = { selection, fileNameTemplate, flat: values.flat, concurrency: values.concurrency, poll: poll(values) }
  return yield* Effect.gen(function*() {
    const { events } = yield* Archives.Archives
    return yield* save(
      values,
      batches.length,
      Stream.flatMap(events(request), (event) =>
        Stream.concat(
          Stream.fromEffectDrain(Watch.archive(event)),
          event._tag === "Ready"
            ? Stream.succeed(event.archive)
            : event._tag === "Failed"
            ? Stream.fail(event.error)
            : Stream.empty
        ).pipe(Stream.result))
    )
  }).pipe(
    Effect.provide(
      JobJournalFile.layer(join(values.directory, ".scenario-assets", "jobs.json")).pipe(
        Layer.provideMerge(Options.scenarioLayer(values))
      )
    )
  )
})

const downloadJobs = Effect.fnUntraced(function*(values: Values) {
  const given = values.assets.length + values.inferences.length + values.models.length + values.ids.length + values.files.length
  if (given > 0) return yield* new UsageError({ message: "Give either --job or a selection of ids, not both." })
  const jobIds = yield* Effect.forEach(new Set(values.jobs), (id) =>
    Schema.decodeUnknownEffect(Asset.JobId)(id).pipe(
      Effect.mapError((error) => new UsageError({ message: `--job ${JSON.stringify(id)}: ${error.message}.` }))
    ))
  return yield* Effect.gen(function*() {
    const { ofJob } = yield* Archives.Archives
    return yield* save(
      values,
      jobIds.length,
      Stream.fromIterable(jobIds).pipe(
        Stream.mapEffect((jobId, index) =>
          Effect.result(Effect.map(ofJob(jobId, poll(values)), (archive) => ({ ...archive, index }))), { concurrency: values.concurrency })
      )
    )
  }).pipe(Effect.provide(Options.scenarioLayer(values)))
})

const poll = (values: Values) => Option.match(values.deadline, { onNone: () => ({}), onSome: (deadline) => ({ deadline }) })

/** Fetches each archive as soon as it is ready. One that fails does not stop the others. */
const save = Effect.fnUntraced(function*<E extends Failures.Failure, R>(
  values: Values,
  total: number,
  archives: Stream.Stream<Result.Result<Archives.Archive, E>, never, R>
) {
  const output = yield* Output
  const start = yield* Clock.currentTimeMillis
  const outcomes = yield* archives.pipe(
    Stream.mapEffect(
      (found) => Effect.result(Effect.flatMap(Effect.fromResult(found), (archive) => fetch(values, total, archive))),
      { concurrency: values.concurrency, unordered: true }
    ),
    Stream.runCollect,
    Effect.onInterrupt(() => output.warn("Interrupted. Run the same command again to go on where it stopped."))
  )
  const saved = Arr.getSuccesses(outcomes)
  const failures = Arr.getFailures(outcomes)
  const elapsed = (yield* Clock.currentTimeMillis) - start
  const bytes = saved.reduce((sum, file) => sum + file.bytes, 0)

  yield* output.result(
    { type: "result", archives: saved, failed: failures.map((failure) => failure.message), elapsedMs: elapsed },
    saved.map((file) => file.path)
  )
  if (saved.length > 0) {
    yield* output.note(`${Format.count(saved.length, "archive")}, ${Format.bytes(bytes)} in ${Format.time(elapsed)}`)
  }
  const [only] = failures
  if (total === 1 && only !== undefined) return yield* Effect.fail(only)
  if (failures.length > 0) {
    return yield* Failures.make(`${failures.length} of ${Format.count(total, "archive")} could not be downloaded`, failures)
  }
})

const fetch = Effect.fnUntraced(function*(values: Values, total: number, archive: Archives.Archive) {
  const download = yield* FileDownload
  const journal = yield* JobJournal
  const { jobId } = archive
  const options: FileOptions = { expect: "zip", ifExists: values.force ? "replace" : "skip" }
  const last = yield* download.events(archive.source, fileName(values, total, archive), options).pipe(
    Stream.tap((event) => Watch.file(jobId, event)),
    Stream.runLast
  )
  const completed = yield* Effect.orDie(Effect.fromOption(last))
  if (completed._tag !== "Completed") return yield* Effect.die(completed)
  yield* journal.forget(jobId)
  return { jobId, ...completed.file }
})

const fileName = (values: Values, total: number, { index, jobId }: Archives.Archive): string => {
  if (Option.isNone(values.archive)) return join(values.directory, `${jobId}.zip`)
  const { dir, ext, name } = parsePath(values.archive.value)
  return join(dir, total === 1 ? `${name}${ext}` : `${name}-${index + 1}${ext}`)
}
