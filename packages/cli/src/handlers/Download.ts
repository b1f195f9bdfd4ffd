/** `download`: from a selection, or from jobs begun earlier, to files in a directory, or to archives that are kept. */
import { isAbsolute, join, resolve } from "node:path"
import * as Asset from "@scenario-assets/core/Asset"
import * as FileNameTemplate from "@scenario-assets/core/FileNameTemplate"
import * as DownloadRequest from "@scenario-assets/node/download/DownloadRequest"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Destination from "../download/Destination.ts"
import * as Downloading from "../download/Downloading.ts"
import * as DryRun from "../download/DryRun.ts"
import { UsageError } from "../errors/CommandError.ts"
import * as Ids from "../ids/Ids.ts"
import * as Output from "../output/Output.ts"
import { type Connection, type Extraction, type Transfer, transferOptions } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface Values extends Ids.Input, Extraction, Transfer, Connection, Output.Mode {
  readonly jobs: ReadonlyArray<string>
  /** The name of an archive that is kept as it is. */
  readonly archive: Option.Option<string>
  readonly template: string
  readonly flat: boolean
  readonly deadline: Option.Option<Duration.Duration>
  readonly dryRun: boolean
  readonly detach: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const request = yield* whenInterrupted(() => "Nothing was started; run the same command again.")(read(values))
    return yield* values.dryRun
      ? DryRun.ofDownload(request, values)
      : Downloading.perform(request, { connection: values, json: values.json, detach: values.detach })
  }).pipe(Effect.provide(Output.layer(values)))

/** All that was said on the command line, in files and on stdin. */
const read = Effect.fnUntraced(function* (values: Values) {
  const { concurrency, deadline, jobs, manifest } = values
  const request: DownloadRequest.DownloadRequest = {
    wanted: Arr.isReadonlyArrayNonEmpty(jobs) ? yield* jobsOf(jobs, values) : yield* assetsOf(values),
    destination: yield* destinationOf(values),
    concurrency,
    ...transferOptions(values),
    ...(Option.isSome(deadline) ? { deadline: deadline.value } : {}),
    // For a process in another directory.
    ...Downloading.annotations(Option.map(manifest, (file) => (file === "-" ? file : resolve(file))))
  }
  return request
})

const assetsOf = Effect.fnUntraced(function* (values: Values) {
  const { warn } = yield* Output.Output
  const fileNameTemplate = yield* readTemplate(values.template)
  const { duplicates, selection } = yield* Ids.read(values)
  if (values.dryRun && duplicates > 0) {
    yield* warn(`${Format.count(duplicates, "id is", "ids are")} given more than once, and requested once`)
  }
  return DownloadRequest.Assets.make({ selection, fileNameTemplate, flat: values.flat })
})

const jobsOf = Effect.fnUntraced(function* (jobs: Arr.NonEmptyReadonlyArray<string>, values: Values) {
  if (Ids.isGiven(values))
    return yield* new UsageError({ message: "give either --job or a selection of ids, not both" })
  if (values.detach)
    return yield* new UsageError({ message: "--detach starts jobs; those of --job were started before" })
  const [first, ...others] = Arr.dedupe(jobs)
  return DownloadRequest.Jobs.make({
    jobIds: [yield* readJobId(first), ...(yield* Effect.forEach(others, readJobId))]
  })
})

const destinationOf = Effect.fnUntraced(function* (values: Values) {
  const { archive, directory, exclude, force, include, maxSize } = values
  if (Option.isSome(archive)) {
    const file = isAbsolute(archive.value) ? archive.value : join(directory, archive.value)
    yield* Destination.checkArchive(archive.value, file, values)
    return DownloadRequest.archiveFiles(file, { replace: force })
  }
  yield* Destination.filter(values)
  return DownloadRequest.directory(directory, {
    include,
    exclude,
    ifDiffers: force ? "replace" : "keep",
    ...(Option.isSome(maxSize) ? { maxSize: maxSize.value } : {})
  })
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
