/** What a download is asked for, so that it can be written down and carried out by another process. It holds no credentials. */
import { isAbsolute, join, resolve } from "node:path"
import { JobId } from "@scenario-assets/core/Asset"
import { FileNameTemplate } from "@scenario-assets/core/FileNameTemplate"
import type { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import { Selection } from "@scenario-assets/core/Selection"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Format from "./Format.ts"

const text = Schema.OptionFromOptionalKey(Schema.String)
const count = Schema.OptionFromOptionalKey(Schema.Int)
const duration = Schema.OptionFromOptionalKey(Schema.DurationFromMillis)

/** Jobs to be begun, one for each batch. */
const OfSelection = Schema.Struct({
  selection: Selection,
  fileNameTemplate: FileNameTemplate,
  flat: Schema.Boolean
})
export type OfSelection = typeof OfSelection.Type

/** Jobs that were begun by somebody. */
const OfJobs = Schema.Struct({ jobIds: Schema.Array(JobId) })

/** What it is and where it goes: two requests that agree in this are for the same files. */
const what = {
  wanted: Schema.Union([OfSelection, OfJobs]),
  baseUrl: text,
  project: text,
  directory: Schema.String,
  /** The name of an archive that is kept as it is. */
  archive: text,
  include: Schema.Array(Schema.String),
  exclude: Schema.Array(Schema.String),
  force: Schema.Boolean,
  manifest: text
}
const What = Schema.Struct(what)

export const Request = Schema.Struct({
  ...what,
  maxSize: Schema.OptionFromOptionalKey(Schema.Number),
  deadline: duration,
  concurrency: Schema.Int,
  connections: count,
  limitRate: Schema.OptionFromOptionalKey(Schema.Number),
  idleTimeout: duration,
  timeLimit: duration,
  retries: count
})
export type Request = typeof Request.Type

/** The same for a process in another place, with another environment. */
export const standalone = (request: Request, { baseUrl, projectId }: ScenarioConfig["Service"]): Request => ({
  ...request,
  baseUrl: Option.some(baseUrl),
  // Empty is none, and not that of the environment.
  project: Option.some(projectId ?? ""),
  directory: resolve(request.directory),
  manifest: Option.map(request.manifest, (file) => (file === "-" ? file : resolve(file)))
})

const encodeWhat = Schema.encodeSync(Schema.fromJsonString(What))

/** Whether both are for the same files. */
export const isSame = (a: Request, b: Request): boolean => encodeWhat(a) === encodeWhat(b)

/** Whether its jobs are its own, and not begun by somebody else. */
export const beginsJobs = ({ wanted }: Request): boolean => !("jobIds" in wanted)

/** What is asked for, in few words. */
export const describe = ({ wanted }: Request): string => {
  if ("jobIds" in wanted) return few(wanted.jobIds, "job")
  const { assetIds, inferenceIds, modelIds } = wanted.selection
  return few([...assetIds, ...inferenceIds, ...modelIds], "id")
}

/** Where it goes: a directory, or the file of an archive. */
export const place = ({ archive, directory }: Request): string =>
  Option.match(archive, {
    onNone: () => directory,
    onSome: (file) => (isAbsolute(file) ? file : join(directory, file))
  })

const few = (ids: ReadonlyArray<string>, one: string): string =>
  ids.length === 1 ? (ids[0] ?? "") : Format.count(ids.length, one)
