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
      new ApiError.Unauthorized({ response }),
      new ApiError.QuotaExceeded({ response }),
      new ApiError.Forbidden({ response }),
      new ApiError.NotFound({ response }),
      new ApiError.RateLimited({ response }),
      new ApiError.Rejected({ response }),
      new ApiError.ServerError({ response }),
      new ApiError.InvalidResponse({ response, description }),
      new ApiError.ConnectionFailed({ description, maybeSent: true }),
      new ApiError.InvalidRequest({ description }),
      new ApiError.UntrustedHost({ description }),
      new ApiError.TimedOut({ limit: Duration.seconds(1) }),
      new ApiError.BatchTooLarge({ size: 2, limit: 1 })
    ].map((reason) => new ApiError.ApiError({ operation: "request", subject: "asset_a", reason }))
  ],
  [
    JobError.Reason,
    "job_a",
    [
      new JobError.JobFailed({ job }),
      new JobError.JobCanceled({ job }),
      new JobError.MissingDownloadUrl({ job }),
      new JobError.DeadlineExceeded({ elapsed: Duration.seconds(1), endedBy: "deadline" })
    ].map((reason) => new JobError.JobError({ jobId: job.jobId, reason }))
  ],
  [
    TransferError.Reason,
    "https://storage",
    [
      new TransferError.AccessRefused({ status: 403 }),
      new TransferError.ObjectMissing({ status: 404 }),
      new TransferError.UnexpectedStatus({ status: 418 }),
      new TransferError.UnexpectedContent({ expected: "a ZIP archive", found: "text/html" }),
      new TransferError.LengthMismatch({ received: 1 }),
      new TransferError.ObjectChanged({ offset: 1 }),
      new TransferError.RangesRefused({}),
      new TransferError.ChecksumMismatch({ algorithm: "md5", expected: "a", actual: "b" }),
      new TransferError.TimedOut({ limit: Duration.seconds(1) }),
      new TransferError.RedirectRefused({ description: "to http" }),
      new TransferError.InsecureUrl({}),
      new TransferError.InvalidRequest({ description }),
      new TransferError.UntrustedHost({ description }),
      new TransferError.RetriesExhausted({ offset: 1, tries: 1, last: "read ECONNRESET" })
    ].map((reason) => new TransferError.TransferError({ origin: "https://storage", reason }))
  ],
  [
    ArchiveError.Reason,
    "job_a",
    [
      new ArchiveError.NotAnArchive({ found: "is a picture" }),
      new ArchiveError.Damaged({ description }),
      new ArchiveError.Unsupported({ feature: "encryption" }),
      new ArchiveError.UnsafeName({ entry, description }),
      new ArchiveError.LimitExceeded({ limit: "entries", allowed: 1, found: 2 }),
      new ArchiveError.WrongContent({ entry, description }),
      new ArchiveError.ContentClosed({ entry })
    ].map((reason) => new ArchiveError.ArchiveError({ archive: "job_a", reason }))
  ]
]

/** A semicolon, and then somebody is asked to do something. */
const advice =
  /[;,] (?:and |where so much is meant, |the job goes on at Scenario: |the API key is not at fault: )?(?:check|see|try|change|cut|start|wait|request|resume|download|extract|raise|read|or )\b[^;]*\.$/

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
