/** The fields of errors, jobs and entries, as JSON tells them. */
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import type { ZipEntry } from "@scenario-assets/node/archive/ZipEntry"
import type { SavedFile } from "@scenario-assets/node/download/DownloadEvent"
import * as DateTime from "effect/DateTime"
import * as Predicate from "effect/Predicate"
import type * as Events from "./Events.ts"

/** What tells a program which error it is, and of what. */
export const ofError = (error: unknown): Events.Particulars => {
  const tag = text(error, "_tag")
  if (tag === undefined) return { error: "Defect" }
  const reason = Predicate.hasProperty(error, "reason") ? error.reason : undefined
  const response = Predicate.hasProperty(reason, "response") ? reason.response : undefined
  return {
    error: tag,
    reason: text(reason, "_tag"),
    operation: text(error, "operation"),
    subject: text(error, "subject"),
    jobId: text(error, "jobId"),
    path: text(error, "path"),
    code: text(error, "code") ?? text(reason, "code"),
    origin: text(error, "origin"),
    archive: text(error, "archive"),
    status:
      Predicate.hasProperty(response, "status") && Predicate.isNumber(response.status) ? response.status : undefined,
    requestId: text(response, "requestId"),
    answer: text(response, "body")?.slice(0, longestAnswer) || undefined
  }
}

/** An answer that is longer, such as the page of a gateway, explains no more. */
const longestAnswer = 2000

const text = (of: unknown, field: string): string | undefined =>
  Predicate.hasProperty(of, field) && Predicate.isString(of[field]) ? of[field] : undefined

/** What is told of a job: not its URL, which is a secret. */
export const ofJob = (job: DownloadJob.DownloadJob) => ({
  jobId: job.jobId,
  jobStatus: job.jobStatus,
  phase: DownloadJob.phase(job.jobStatus),
  ready: DownloadJob.isReady(job),
  details: job.details
})

export const ofFile = ({ crc32, name, size }: Pick<ZipEntry, "crc32" | "name" | "size">) => ({
  name,
  size,
  crc32: crc32.toString(16).padStart(8, "0")
})

/** Of one that is a file now. */
export const ofSaved = (file: SavedFile) => ({
  path: file.path,
  ...ofFile(file),
  alreadyThere: file.alreadyThere,
  why: file.why
})

/** Why an entry is not extracted, in a few words. */
export const whyRefused = (reason: NonNullable<ZipEntry["refused"]>): string => {
  switch (reason._tag) {
    case "Unsupported":
      return `${reason.feature} is not supported`
    case "UnsafeName":
      return `its name ${reason.description}`
    case "Damaged":
      return `it ${reason.description}`
    default:
      return reason.message
  }
}

export const ofEntry = (entry: ZipEntry) => ({
  ...ofFile(entry),
  compressedSize: entry.compressedSize,
  ...(entry.refused === undefined ? {} : { refused: whyRefused(entry.refused) }),
  modified: entry.modified === undefined ? null : DateTime.formatIso(DateTime.makeUnsafe(entry.modified))
})
