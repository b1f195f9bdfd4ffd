/** All that is recorded of one run, in JSON and in words. */
import { isSync, type RunRequest } from "@scenario-assets/node/engine/runs/RunRequest"
import type { DownloadRequest } from "@scenario-assets/node/runs/DownloadRequest"
import type { RunJob } from "@scenario-assets/node/runs/RunRecord"
import * as RunRecord from "@scenario-assets/node/runs/RunRecord"
import * as DateTime from "effect/DateTime"
import type * as JsonShapes from "../json/JsonShapes.ts"
import * as Format from "../text/Format.ts"
import * as Shell from "../text/Shell.ts"
import * as Recorded from "./Recorded.ts"
import * as RunFields from "./RunFields.ts"

export interface Record {
  readonly run: RunFields.Known
  /** None where it is damaged. */
  readonly request: RunRequest | undefined
  readonly jobs: ReadonlyArray<RunJob>
}

export const of = ({ jobs, request, run }: Record): JsonShapes.RunDetails => {
  const { baseUrl, cwd, projectId } = run.head
  return {
    ...RunFields.of(run),
    baseUrl,
    ...(projectId === undefined ? {} : { project: projectId }),
    startedIn: cwd,
    ...(request === undefined ? {} : { request: asked(run, request) }),
    jobs: jobs.map((job) => ({ ...job, batch: job.batch + 1 })),
    resume: resume(run)
  }
}

const asked = ({ head: { wanted } }: RunFields.Known, request: RunRequest) => {
  const { count, kind } = wanted
  const filter = request.annotations?.[Recorded.filter]
  const found = filter === undefined ? {} : { filter }
  if (isSync(request)) {
    return { kind, count, first: [], ...found, flags: Recorded.syncFlags(request) }
  }
  return {
    kind,
    count,
    first: firstIds(request),
    ...(request.wanted._tag === "Assets" && request.wanted.fileNameTemplate !== undefined
      ? { fileNameTemplate: request.wanted.fileNameTemplate }
      : {}),
    ...found,
    flags: Recorded.flags(request)
  }
}

const firstIds = ({ wanted }: DownloadRequest): ReadonlyArray<string> => {
  if (wanted._tag === "Jobs") return wanted.jobIds.slice(0, mostIds)
  const { assetIds, inferenceIds, modelIds } = wanted.selection
  const first = (ids: ReadonlyArray<string>) => ids.slice(0, mostIds)
  return first([...first(assetIds), ...first(inferenceIds), ...first(modelIds)])
}

const mostIds = 10

/** The command that resumes it; none where there is nothing to resume, or somebody is at it. */
const resume = (run: RunFields.Known): string | null => {
  const { head } = run
  if (RunRecord.mayRunElsewhere(head) && run.supersededBy === undefined) {
    return `${Recorded.resume(head.runId)} --take-over`
  }
  return RunFields.isUnfinished(run) ? Recorded.resume(head.runId) : null
}

/** The same in lines. */
export const lines = (record: Record, now: number): string => {
  const { run } = record
  const { head } = run
  const details = of(record)
  const { request } = details
  const at = (time: DateTime.Utc) =>
    `${DateTime.formatIso(time)} (${Format.age(now - DateTime.toEpochMillis(time))} ago)`
  const state = RunFields.state(run)
  const rows: ReadonlyArray<readonly [label: string, text: string | undefined]> = [
    ["Run", head.runId],
    ["State", details.supersededBy === undefined ? state : `${state} by ${details.supersededBy}`],
    ["Error", RunFields.why(head)],
    ["Started", at(head.started)],
    ["Resumed", DateTime.Equivalence(head.process.since, head.started) ? undefined : at(head.process.since)],
    ["Ended", head.end === undefined ? undefined : at(head.end.at)],
    ["Process", head.end === undefined ? `${head.process.pid} on ${head.process.host}` : undefined],
    ["Wanted", request === undefined ? RunFields.what(head) : idsInWords(request)],
    ["Found by", request?.filter],
    ["Place", head.place],
    ["Started in", head.cwd],
    ["Files", head.files?.toString()],
    ["Template", request?.fileNameTemplate],
    ["Flags", request === undefined || request.flags.length === 0 ? undefined : Shell.command(request.flags)],
    ["API", head.baseUrl],
    ["Project", head.projectId],
    ...details.jobs.map(({ batch, jobId, state }) => [`Job ${batch}`, `${jobId}  ${state}`] as const),
    ["To resume", details.resume ?? undefined]
  ]
  return rows
    .flatMap(([label, text]) => (text === undefined ? [] : [`${`${label}:`.padEnd(12)}${Format.name(text)}`]))
    .join("\n")
}

const idsInWords = ({
  count,
  filter = "everything",
  first,
  kind
}: NonNullable<JsonShapes.RunDetails["request"]>): string => {
  if (kind === "sync") return `sync: ${filter}`
  const ids = count === 1 ? "" : `${Format.count(count, kind === "jobs" ? "job" : "id")}: `
  return `${ids}${first.join(", ")}${first.length < count ? ", …" : ""}`
}
