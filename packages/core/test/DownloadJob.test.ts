import { assert, describe, it } from "@effect/vitest"
import { Asset, DownloadJob, JobError } from "@scenario-assets/core"
import { Schema } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import { signedUrl } from "../../../test-support/SignedUrls.ts"
import * as KnownJobStatus from "../src/internal/KnownJobStatus.ts"
import * as Leaks from "./Leaks.ts"

const phases = {
  queued: "pending",
  pending: "pending",
  "warming-up": "pending",
  "in-progress": "pending",
  finalizing: "pending",
  success: "ready",
  failure: "failed",
  canceled: "canceled"
} as const

/** What others call the ends of a job, and what Scenario never sends. */
const unknown = [
  "cancelled",
  "failed",
  "succeeded",
  "done",
  "SUCCESS",
  " success",
  "gathering-stardust",
  "toString",
  ""
]

const jobId = Asset.JobId.make("job_a")
const downloadUrl = signedUrl(`https://cdn.test/a.zip?Signature=${Canary.signature}`)
const job = (fields: Partial<DownloadJob.DownloadJob>) =>
  new DownloadJob.DownloadJob({ jobId, jobStatus: "success", details: {}, ...fields })

describe("DownloadJob.phase", () => {
  it("decides on each of the eight known states", () => {
    assert.deepStrictEqual([...KnownJobStatus.KnownJobStatus.literals], Object.keys(phases))
  })

  it.each(Object.entries(phases))("takes %s for %s", (status, phase) => {
    assert.strictEqual(DownloadJob.phase(status), phase)
    assert.isTrue(KnownJobStatus.isKnown(status))
  })

  it.each(unknown)("takes the unknown %j for not finished", (status) => {
    assert.strictEqual(DownloadJob.phase(status), "pending")
    assert.isFalse(KnownJobStatus.isKnown(status))
  })

  it.prop("takes any other text for not finished", [Schema.String], ([status]) => {
    if (status in phases) return
    assert.strictEqual(DownloadJob.phase(status), "pending")
  })
})

describe("DownloadJob.isReady", () => {
  it("asks for success and a URL", () => {
    assert.isTrue(DownloadJob.isReady(job({ downloadUrl })))
    assert.isFalse(DownloadJob.isReady(job({})))
  })

  it.each([...Object.keys(phases), ...unknown].filter((status) => status !== "success"))(
    "is not deceived by a URL in the state %j",
    (jobStatus) => {
      assert.isFalse(DownloadJob.isReady(job({ jobStatus, downloadUrl })))
    }
  )
})

describe("DownloadJob.DownloadJob", () => {
  it("keeps an unknown state as it is", () => {
    assert.strictEqual(job({ jobStatus: "gathering-stardust" }).jobStatus, "gathering-stardust")
  })

  it("shows its URL to nobody", () => {
    assert.include(Leaks.shown(job({ downloadUrl })), "<redacted:SignedUrl>")
    Leaks.assertNone(job({ downloadUrl }))
  })
})

describe("JobError.fromJob", () => {
  it.each(["queued", "success", "gathering-stardust"])("is none for %s", (jobStatus) => {
    assert.isUndefined(JobError.JobError.fromJob(job({ jobStatus })))
  })

  it.each([
    [
      "failure",
      { error: "out of  disk\nspace", message: "second" },
      'Job job_a failed at Scenario: "out of disk space"; check the selected ids, or start it again.'
    ],
    [
      "failure",
      { error: { code: 7 }, failureReason: "no such model" },
      'Job job_a failed at Scenario: "no such model"; check the selected ids, or start it again.'
    ],
    ["failure", { error: "" }, "Job job_a failed at Scenario; check the selected ids, or start it again."],
    ["canceled", {}, "Job job_a was canceled; start it again if that was a mistake."],
    [
      "canceled",
      { reason: "by the owner" },
      'Job job_a was canceled: "by the owner"; start it again if that was a mistake.'
    ]
  ])("says why a job ended as %s", (jobStatus, details, message) => {
    const error = JobError.JobError.fromJob(job({ jobStatus, details }))
    assert.strictEqual(error?.message, message)
    assert.isFalse(error?.isRetryable)
    assert.deepStrictEqual(error?.reason._tag, jobStatus === "failure" ? "JobFailed" : "JobCanceled")
  })
})
