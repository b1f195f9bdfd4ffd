/** How to resume a download that did not finish, without paying for its jobs twice. */
import { basename, dirname } from "node:path"
import type { DownloadEvent } from "@scenario-assets/node/download/DownloadEvent"
import type { ArchiveFiles, Directory, DownloadRequest } from "@scenario-assets/node/download/DownloadRequest"
import type { RunHead, RunId } from "@scenario-assets/node/download/RunRecord"
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

/** The one command that resumes a run. */
export const resume = (runId: RunId): string => `scenario-assets runs resume ${runId}`

/** Jobs that no run knows. */
export const ofJobs = (jobIds: ReadonlyArray<string>, request: DownloadRequest, connection: Connection): Resumable => ({
  beginsJobs: false,
  isResumed: false,
  command: fetchJobs(jobIds, request, connection)
})

/** The command that fetches jobs begun earlier; `directory` is that of the request, unless there is another. */
export const fetchJobs = (
  jobIds: ReadonlyArray<string>,
  { destination }: DownloadRequest,
  { baseUrl, project }: Connection,
  directory = destination._tag === "Directory" ? destination.directory : dirname(destination.file)
): string =>
  Shell.command([
    "scenario-assets",
    "download",
    ...jobIds.flatMap((jobId) => Shell.flag("--job", jobId)),
    ...Shell.flag("--output", directory),
    ...(destination._tag === "Directory" ? rules(destination) : archive(destination)),
    ...optional("--base-url", Option.getOrUndefined(baseUrl)),
    ...optional("--project", Option.getOrUndefined(project))
  ])

const archive = ({ file, replace }: ArchiveFiles): ReadonlyArray<string> => [
  ...Shell.flag("--archive", basename(file)),
  ...(replace === true ? ["--force"] : [])
]

const rules = ({ exclude = [], ifDiffers, include = [], maxSize }: Directory): ReadonlyArray<string> => [
  ...include.flatMap((pattern) => Shell.flag("--include", pattern)),
  ...exclude.flatMap((pattern) => Shell.flag("--exclude", pattern)),
  ...(ifDiffers === "replace" ? ["--force"] : []),
  ...optional("--max-size", maxSize?.toString())
]

const optional = (name: string, value = ""): ReadonlyArray<string> => (value === "" ? [] : Shell.flag(name, value))

export interface Begun {
  readonly hear: (event: DownloadEvent) => void
  /** Nothing where there is nothing to go on with: then the same command does it. */
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
