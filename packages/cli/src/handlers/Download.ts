/** `download`: from a selection, or from jobs begun earlier, to files in a directory, or to archives that are kept. */
import * as Asset from "@scenario-assets/core/Asset"
import * as FileNameTemplate from "@scenario-assets/core/FileNameTemplate"
import type { InvalidSelection } from "@scenario-assets/core/Selection"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import type * as Stdio from "effect/Stdio"
import * as Downloading from "../Downloading.ts"
import * as DryRun from "../DryRun.ts"
import * as Format from "../Format.ts"
import * as Ids from "../Ids.ts"
import * as Output from "../Output.ts"
import type { Request } from "../Request.ts"
import { UsageError } from "../UsageError.ts"

interface Values extends Omit<Request, "wanted">, Ids.Input, Output.Mode {
  readonly jobs: ReadonlyArray<string>
  readonly template: string
  readonly flat: boolean
  readonly dryRun: boolean
  readonly detach: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const request = yield* whenInterrupted("Nothing was started; run the same command again.")(read(values))
    return yield* values.dryRun ? DryRun.ofDownload(request) : Downloading.perform(request, values)
  }).pipe(Effect.provide(Output.layer(values)))

/** All that was said on the command line, in files and on stdin. */
const read = Effect.fnUntraced(function* (
  values: Values
): Effect.fn.Return<Request, InvalidSelection | UsageError, FileSystem.FileSystem | Output.Output | Stdio.Stdio> {
  return { ...values, wanted: values.jobs.length > 0 ? yield* jobsOf(values) : yield* selectionOf(values) }
})

const selectionOf = Effect.fnUntraced(function* (values: Values) {
  const { warn } = yield* Output.Output
  const fileNameTemplate = yield* readTemplate(values.template)
  const { duplicates, selection } = yield* Ids.read(values)
  if (values.dryRun && duplicates > 0) {
    yield* warn(`${Format.count(duplicates, "id is", "ids are")} given more than once, and requested once`)
  }
  return { selection, fileNameTemplate, flat: values.flat }
})

const jobsOf = Effect.fnUntraced(function* (values: Values) {
  if (Ids.isGiven(values))
    return yield* new UsageError({ message: "give either --job or a selection of ids, not both" })
  if (values.detach)
    return yield* new UsageError({ message: "--detach starts jobs; those of --job were started before" })
  return { jobIds: yield* Effect.forEach(new Set(values.jobs), readJobId) }
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
