/** That each error says what happened, to what, and what to do about it. */
import { assert, describe, it } from "@effect/vitest"
import { ApiError, Asset, DownloadJob, JobError, TransferError } from "@scenario-assets/core"
import { ArchiveError } from "@scenario-assets/node"
import * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"

const response = { status: 418, headers: {}, body: `{"message":"no tea"}`, requestId: "req_1" }
const job = new DownloadJob.DownloadJob({ jobId: Asset.JobId.make("job_a"), jobStatus: "failure", details: {} })
const description = "something is wrong"
const entry = "a.png"

/** One of each reason, in its error; and what it must name. */
const errors: ReadonlyArray<
  readonly [reasons: { readonly members: ReadonlyArray<Schema.Top> }, names: string, ReadonlyArray<Error>]
> = [
  [
    ApiError.Reason,
    "asset_a",
    [
      new ApiError.Reason.cases.Unauthorized({ response }),
      new ApiError.Reason.cases.QuotaExceeded({ response }),
      new ApiError.Reason.cases.Forbidden({ response }),
      new ApiError.Reason.cases.NotFound({ response }),
      new ApiError.Reason.cases.RateLimited({ response }),
      new ApiError.Reason.cases.Rejected({ response }),
      new ApiError.Reason.cases.ServerError({ response }),
      new ApiError.Reason.cases.InvalidResponse({ response, description }),
      new ApiError.Reason.cases.ConnectionFailed({ description, maybeSent: true }),
      new ApiError.Reason.cases.InvalidRequest({ description }),
      new ApiError.Reason.cases.UntrustedHost({ description }),
      new ApiError.Reason.cases.TimedOut({ limit: Duration.seconds(1) }),
      new ApiError.Reason.cases.BatchTooLarge({ size: 2, limit: 1 })
    ].map((reason) => new ApiError.ApiError({ operation: "request", subject: "asset_a", reason }))
  ],
  [
    JobError.Reason,
    "job_a",
    [
      new JobError.Reason.cases.JobFailed({ job }),
      new JobError.Reason.cases.JobCanceled({ job }),
      new JobError.Reason.cases.MissingDownloadUrl({ job }),
      new JobError.Reason.cases.DeadlineExceeded({ elapsed: Duration.seconds(1), endedBy: "deadline" })
    ].map((reason) => new JobError.JobError({ jobId: job.jobId, reason }))
  ],
  [
    TransferError.Reason,
    "https://storage",
    [
      new TransferError.Reason.cases.AccessRefused({ status: 403 }),
      new TransferError.Reason.cases.ObjectMissing({ status: 404 }),
      new TransferError.Reason.cases.UnexpectedStatus({ status: 418 }),
      new TransferError.Reason.cases.UnexpectedContent({ expected: "a ZIP archive", found: "text/html" }),
      new TransferError.Reason.cases.LengthMismatch({ received: 1 }),
      new TransferError.Reason.cases.ObjectChanged({ offset: 1 }),
      new TransferError.Reason.cases.RangesRefused({}),
      new TransferError.Reason.cases.ChecksumMismatch({ algorithm: "md5", expected: "a", actual: "b" }),
      new TransferError.Reason.cases.TimedOut({ limit: Duration.seconds(1) }),
      new TransferError.Reason.cases.RedirectRefused({ description: "to http" }),
      new TransferError.Reason.cases.InsecureUrl({}),
      new TransferError.Reason.cases.InvalidRequest({ description }),
      new TransferError.Reason.cases.UntrustedHost({ description }),
      new TransferError.Reason.cases.RetriesExhausted({ offset: 1, tries: 1, last: "read ECONNRESET" })
    ].map((reason) => new TransferError.TransferError({ origin: "https://storage", reason }))
  ],
  [
    ArchiveError.Reason,
    "job_a",
    [
      new ArchiveError.Reason.cases.NotAnArchive({ found: "is a picture" }),
      new ArchiveError.Reason.cases.Damaged({ description }),
      new ArchiveError.Reason.cases.Unsupported({ feature: "encryption" }),
      new ArchiveError.Reason.cases.UnsafeName({ entry, description }),
      new ArchiveError.Reason.cases.LimitExceeded({ limit: "entries", allowed: 1, found: 2 }),
      new ArchiveError.Reason.cases.WrongContent({ entry, description }),
      new ArchiveError.Reason.cases.ContentClosed({ entry })
    ].map((reason) => new ArchiveError.ArchiveError({ archive: "job_a", reason }))
  ]
]

/** A semicolon, and then somebody is asked to do something. */
const advice =
  /[;,] (?:and |if that is expected, |the job continues at Scenario: |the API key is not the cause: )?(?:move|free|close|allow|check|see|try|change|cut|start|wait|request|resume|download|extract|raise|read|or )\b[^;]*\.$/

describe("messages", () => {
  for (const [reasons, name, all] of errors) {
    it(`of ${all[0]?.name} name ${name}, and say what to do`, () => {
      assert.lengthOf(all, reasons.members.length, "each reason")
      for (const { message } of all) {
        assert.include(message, name)
        assert.match(message, advice)
        assert.notMatch(message, /undefined|\[object|\n|\.\.$/)
      }
    })
  }
})
