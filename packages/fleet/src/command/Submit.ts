/** `submit`: what was said on the command line, written down for the workers. */
import * as Scenario from "@scenario-assets/cli/engine/access/Scenario"
import * as Destination from "@scenario-assets/cli/engine/download/Destination"
import { UsageError } from "@scenario-assets/cli/engine/errors/CommandError"
import * as Ids from "@scenario-assets/cli/engine/ids/Ids"
import * as Output from "@scenario-assets/cli/engine/output/Output"
import * as Arguments from "@scenario-assets/cli/engine/settings/Arguments"
import type { Connection } from "@scenario-assets/cli/engine/settings/Options"
import { ProjectId } from "@scenario-assets/core/Asset"
import * as FileNameTemplate from "@scenario-assets/core/FileNameTemplate"
import * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Fleet from "../Fleet.ts"
import * as Database from "./Database.ts"
import * as Told from "./Told.ts"
import { watch } from "./Watch.ts"

interface Values extends Ids.Input, Connection, Output.Mode {
  readonly directory: Option.Option<string>
  readonly to: Option.Option<string>
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly force: boolean
  readonly template: string
  readonly flat: boolean
  readonly watch: boolean
  readonly database: Option.Option<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const wanted = yield* wantedOf(values)
    const destination = yield* destinationOf(values)
    const account = { baseUrl: yield* Scenario.baseUrl(values), projectId: yield* projectOf(values) }
    return yield* Effect.gen(function* () {
      const fleet = yield* Fleet.Fleet
      const { line, note } = yield* Output.Output
      const runId = yield* fleet.submit({ wanted, destination }, account)
      if (values.watch) {
        yield* note(`Submitted ${runId}`)
        return yield* watch(values, runId)
      }
      yield* line(runId)
      yield* note(`To watch it, run: scenario-assets-fleet watch ${runId}`)
      return yield* Told.result(values, { runId })
    }).pipe(Effect.provide(Database.layerFleet(values.database)))
  }).pipe(Effect.provide(Output.layer(values)))

const wantedOf = Effect.fnUntraced(function* (values: Values) {
  const wanted = yield* Ids.read(values).pipe(
    Effect.catchTag("InvalidSelection", (error) =>
      Effect.fail(
        error.refusedCount > 0
          ? error
          : new UsageError({
              message: "no ids are given; pass ids, a file of them with --from-file, or - to read stdin"
            })
      )
    )
  )
  switch (wanted._tag) {
    case "Assets": {
      const fileNameTemplate = yield* Schema.decodeUnknownEffect(FileNameTemplate.FileNameTemplate)(
        values.template
      ).pipe(Effect.mapError(({ message }) => new UsageError({ message: `--template: ${message}` })))
      return DownloadRequest.Assets.make({ selection: wanted.selection, fileNameTemplate, flat: values.flat })
    }
    case "Jobs":
      return DownloadRequest.Jobs.make({ jobIds: wanted.jobIds })
    default:
      return yield* new UsageError({
        message: "a run is not submitted again; to offer what failed, use: scenario-assets-fleet retry"
      })
  }
})

const destinationOf = Effect.fnUntraced(function* ({ directory, exclude, force, include, to }: Values) {
  yield* Destination.filter({ include, exclude })
  if (Option.isSome(to)) {
    yield* Destination.checkStore(to.value, yield* Arguments.Flags)
    return DownloadRequest.store(to.value, { include, exclude })
  }
  if (Option.isNone(directory)) {
    return yield* new UsageError({
      message: "no place is given; pass a directory that all workers reach with --output, or a bucket with --to"
    })
  }
  return DownloadRequest.directory(directory.value, { include, exclude, ifDiffers: force ? "replace" : "keep" })
})

const projectOf = ({ project }: Connection) => {
  const text = Option.getOrElse(project, () => "")
  return text === ""
    ? Effect.succeed(undefined)
    : Effect.mapError(
        Schema.decodeUnknownEffect(ProjectId)(text),
        () => new UsageError({ message: "--project is not a project id, such as proj_…" })
      )
}
