/** How to resume a download that did not finish, without paying for its jobs twice. */
import { basename, dirname } from "node:path"
import type { DownloadEvent } from "@scenario-assets/node/download/DownloadEvent"
import type { FileError } from "@scenario-assets/node/file/FileError"
import type {
  ArchiveFiles,
  Destination,
  Directory,
  DownloadRequest,
  Store
} from "@scenario-assets/node/runs/DownloadRequest"
import type { RunHead, RunId } from "@scenario-assets/node/runs/RunRecord"
import type { SyncRequest } from "@scenario-assets/node/runs/SyncRequest"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Resumable } from "../errors/CommandError.ts"
import type { Connection } from "../settings/Options.ts"
import * as Shell from "../text/Shell.ts"

export const ofHead = ({ runId, wanted }: RunHead, isResumed: boolean): Resumable => ({
  runId,
  beginsJobs: wanted.kind === "assets",
  isResumed,
  command: resume(runId)
})

/** Why a run is on no list. */
export const isNot = ({ problem }: FileError): string =>
  `this run will not be listed by 'scenario-assets runs'. ${problem}. ` +
  "To record runs elsewhere, set XDG_STATE_HOME to a directory that can be written to."

/** The one command that resumes a run. */
export const resume = (runId: RunId): string => `scenario-assets runs resume ${runId}`

/** Jobs that no run knows. */
const ofJobs = (jobIds: ReadonlyArray<string>, request: DownloadRequest, connection: Connection): Resumable => ({
  beginsJobs: false,
  isResumed: false,
  command: fetchJobs(jobIds, request, connection)
})

/** The command that fetches jobs begun earlier; `place` is that of the request, unless there is another. */
export const fetchJobs = (
  jobIds: ReadonlyArray<string>,
  { destination }: DownloadRequest,
  { baseUrl, project }: Connection,
  place = placeOf(destination)
): string =>
  Shell.command([
    "scenario-assets",
    "download",
    ...jobIds.flatMap((jobId) => Shell.flag("--job", jobId)),
    ...Shell.flag(destination._tag === "Store" ? "--to" : "--output", place),
    ...(destination._tag === "ArchiveFiles" ? archive(destination) : rules(destination)),
    ...optional("--base-url", Option.getOrUndefined(baseUrl)),
    ...optional("--project", Option.getOrUndefined(project))
  ])

/** The flags of `download` that a request was made with, but for what it wants and where that goes. */
export const flags = (request: DownloadRequest): ReadonlyArray<string> => {
  const { annotations, concurrency, connections, destination, limitRate, retries, wanted } = request
  const { deadline, idleTimeout, timeLimit } = request
  return [
    ...(destination._tag === "ArchiveFiles" ? archive(destination) : rules(destination)),
    ...(wanted._tag === "Assets" && wanted.flat === true ? ["--flat"] : []),
    ...optional("--manifest", annotations?.[manifest]),
    ...optional("--deadline", time(deadline)),
    ...optional("--concurrency", concurrency === usualConcurrency ? undefined : concurrency?.toString()),
    ...optional("--connections", connections?.toString()),
    ...optional("--limit-rate", limitRate?.toString()),
    ...optional("--idle-timeout", time(idleTimeout)),
    ...optional("--time-limit", time(timeLimit)),
    ...optional("--retries", retries?.toString())
  ]
}

/** The note of a request that says where a manifest goes. */
export const manifest = "manifest"

/** The notes of what was chosen out of the catalogue: by which flags, and a digest of where. */
export const filter = "filter"
export const within = "within"

/** The notes of a directory that is kept in step: where the metadata goes, and that a page is written. */
export const metadata = "metadata"
export const gallery = "gallery"

const time = (duration: Duration.Duration | undefined): string | undefined => {
  if (duration === undefined) return undefined
  const millis = Duration.toMillis(duration)
  return millis % 1000 === 0 ? `${millis / 1000}s` : `${millis}ms`
}

const archive = ({ file, replace }: ArchiveFiles): ReadonlyArray<string> => [
  ...Shell.flag("--archive", basename(file)),
  ...(replace === true ? ["--force"] : [])
]

const placeOf = (destination: Destination): string => {
  switch (destination._tag) {
    case "Directory":
      return destination.directory
    case "ArchiveFiles":
      return dirname(destination.file)
    case "Store":
      return destination.url
  }
}

const rules = ({ exclude = [], include = [], maxSize, ...others }: Directory | Store): ReadonlyArray<string> => [
  ...include.flatMap((pattern) => Shell.flag("--include", pattern)),
  ...exclude.flatMap((pattern) => Shell.flag("--exclude", pattern)),
  ...("ifDiffers" in others && others.ifDiffers === "replace" ? ["--force"] : []),
  ...("folders" in others && others.folders ? ["--folders"] : []),
  ...optional("--max-size", maxSize?.toString())
]

/** The flags of `sync`, but for what chooses the assets. */
export const syncFlags = (request: SyncRequest): ReadonlyArray<string> => {
  const { annotations, concurrency, connections, format, idleTimeout, limitRate, repair, retries, template } = request
  return [
    ...optional("--names", template),
    ...optional("--format", format),
    ...(repair === true ? ["--repair"] : []),
    ...optional("--metadata", annotations?.[metadata]),
    ...(annotations?.[gallery] === undefined ? [] : ["--gallery"]),
    ...optional("--concurrency", concurrency === usualConcurrency ? undefined : concurrency?.toString()),
    ...optional("--connections", connections?.toString()),
    ...optional("--limit-rate", limitRate?.toString()),
    ...optional("--idle-timeout", time(idleTimeout)),
    ...optional("--retries", retries?.toString())
  ]
}

/** That of both, which nobody has to give. */
const usualConcurrency = 4

const optional = (name: string, value = ""): ReadonlyArray<string> => (value === "" ? [] : Shell.flag(name, value))

export interface Begun {
  readonly hear: (event: DownloadEvent) => void
  /** Nothing where there is nothing to resume: then the same command starts again. */
  readonly run: () => Resumable | undefined
}

export const listen = (
  request: DownloadRequest,
  options: { readonly connection: Connection; readonly run?: Resumable }
): Begun => {
  const { connection } = options
  const beginsJobs = request.wanted._tag === "Assets"
  /** By the number of the batch. */
  const jobs = new Map<number, string>()
  /** Those that the record of the run does not have. */
  const unrecorded = new Set<string>()
  let runId: RunId | undefined = options.run?.runId

  const recorded = (): Resumable | undefined =>
    runId === undefined
      ? undefined
      : { runId, beginsJobs, isResumed: options.run !== undefined, command: resume(runId) }

  return {
    hear: (event) => {
      if (event._tag === "Started") runId = event.runId
      if (event._tag === "JobStarted") jobs.set(event.batch, event.jobId)
      if (event._tag === "NotRecorded" && event.error._tag === "JournalError" && event.error.jobId !== undefined) {
        unrecorded.add(event.error.jobId)
      }
    },
    run: () => {
      const ids = [...jobs].toSorted(([a], [b]) => a - b).map(([, jobId]) => jobId)
      if (ids.length === 0) return recorded()
      const isKnown = runId !== undefined && !ids.some((jobId) => unrecorded.has(jobId))
      const run = (isKnown || !beginsJobs ? recorded() : undefined) ?? ofJobs(ids, request, connection)
      return { ...run, elsewhere: fetchJobs(ids, request, connection, "OTHER") }
    }
  }
}
