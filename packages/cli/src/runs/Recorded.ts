/** How to go on with a download that did not come to its end. */
import { basename, dirname } from "node:path"
import type { ArchiveFiles, Directory, DownloadRequest } from "@scenario-assets/node/download/DownloadRequest"
import type { RunHead, RunId } from "@scenario-assets/node/download/RunRecord"
import * as Option from "effect/Option"
import type { Connection } from "../settings/Options.ts"
import * as Shell from "../text/Shell.ts"

export interface Recorded {
  /** None where the run is not recorded. */
  readonly runId?: RunId
  /** Whether it begins its jobs, and could do so again. Jobs of others it only fetches. */
  readonly beginsJobs: boolean
  /** Whether it is resumed by its id alone, so that flags of `download` cannot be given. */
  readonly isResumed: boolean
  /** The one command that goes on with it, and begins no job that was begun. */
  readonly command: string
  /** The same for the jobs it has, to another place. */
  readonly elsewhere?: string
}

export const ofHead = ({ runId, wanted }: RunHead, isResumed: boolean): Recorded => ({
  runId,
  beginsJobs: wanted.kind === "assets",
  isResumed,
  command: resume(runId)
})

/** The one command that resumes a run. */
export const resume = (runId: RunId): string => `scenario-assets runs resume ${runId}`

/** Jobs that no run knows. */
export const ofJobs = (jobIds: ReadonlyArray<string>, request: DownloadRequest, connection: Connection): Recorded => ({
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
