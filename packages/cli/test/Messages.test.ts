/** The words of errors: made of what is known, for every reason and operation, and without what only a developer asks for. */
import { assert, describe, it } from "@effect/vitest"
import { ApiError, type Operation, Reason } from "@scenario-assets/core/ApiError"
import { JobId } from "@scenario-assets/core/Asset"
import * as JobError from "@scenario-assets/core/JobError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Message from "../src/report/Message.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const answered = (status: number) => ({
  response: { status, headers: {}, body: '{"message":"words of the server"}', requestId: "request_1" }
})
const fault = { description: "connect ECONNREFUSED" }
const { cases } = Reason

/** Each reason, and what a person reads of it, of a job, of an asset, and of a batch. */
const table: ReadonlyArray<readonly [reason: Reason, ofJob: string, ofAsset?: string, ofBatch?: string]> = [
  [cases.Unauthorized.make(answered(401)), "Scenario rejected the credentials (401); check the API key and secret."],
  [
    cases.QuotaExceeded.make(answered(402)),
    "The quota of this Scenario account is used up (402); check your plan at scenario.com."
  ],
  [
    cases.Forbidden.make(answered(403)),
    "No access to job job_a (403); check the project, and what the API key may access.",
    "No access to asset asset_a (403); check the project, and what the API key may access.",
    "No access to the requested ids (403); check the project, and what the API key may access."
  ],
  [
    cases.NotFound.make(answered(404)),
    "No job job_a in this project (404); check the id, and the project of the API key.",
    "No asset asset_a in this project (404); check the id, and the project of the API key.",
    "Scenario does not know the requested ids (404); check the ids, and the project of the API key."
  ],
  [cases.RateLimited.make(answered(429)), "Too many requests to Scenario (429); try again later."],
  [
    cases.RateLimited.make({ ...answered(429), retryAfter: Duration.seconds(12) }),
    "Too many requests to Scenario (429); try again in 12s."
  ],
  [
    cases.Rejected.make(answered(400)),
    "Scenario refused the request for job job_a (400); --verbose shows the answer.",
    "Scenario refused the request for asset asset_a (400); --verbose shows the answer.",
    "Scenario refused the request for the requested ids (400); --verbose shows the answer."
  ],
  [cases.Rejected.make(answered(408)), "Scenario refused the request for job job_a (408); try again later."],
  [
    cases.ServerError.make(answered(500)),
    "Scenario failed to look up job job_a (500); try again later.",
    "Scenario failed to provide asset asset_a (500); try again later.",
    "Scenario failed to start a job for the requested ids (500); try again later."
  ],
  [
    cases.InvalidResponse.make({ ...answered(200), description: "expected a job" }),
    "Unexpected answer from Scenario about job job_a (200): expected a job; check the base URL, or try again later."
  ],
  [
    cases.ConnectionFailed.make({ ...fault, maybeSent: false }),
    "Cannot connect to Scenario: connect ECONNREFUSED; check the network and the base URL."
  ],
  [
    cases.ConnectionFailed.make({ description: "read ECONNRESET", maybeSent: true }),
    "Lost the connection to Scenario: read ECONNRESET; check the network and the base URL."
  ],
  [
    cases.UntrustedHost.make({ description: "self-signed certificate" }),
    "The certificate of the Scenario server is not trusted: self-signed certificate; check the base URL and any proxy, or set NODE_EXTRA_CA_CERTS to the file of its certificate."
  ],
  [
    cases.InvalidRequest.make({ description: "invalid header" }),
    "Cannot send the request for job job_a: invalid header; check the base URL."
  ],
  [
    cases.TimedOut.make({ limit: Duration.seconds(30) }),
    "No answer from Scenario about job job_a within 30s; try again later."
  ],
  [
    cases.BatchTooLarge.make({ size: 1200, limit: 1000 }),
    "1200 ids are more than the 1000 of one batch; pass fewer ids."
  ]
]

const subjects: { readonly [O in Operation]: { readonly subject?: string } } = {
  getStatus: { subject: "job_a" },
  request: { subject: "asset_a" },
  requestBatch: {},
  listAssets: {},
  searchAssets: {},
  getBulk: {},
  listCollections: {}
}

describe("the message of an error of the API", () => {
  it("says what happened to what, and what to do", () => {
    for (const [reason, ofJob, ofAsset, ofBatch] of table) {
      const of = (operation: Operation) => Message.of(new ApiError({ operation, reason, ...subjects[operation] }))
      assert.strictEqual(of("getStatus"), ofJob)
      if (ofAsset !== undefined) assert.strictEqual(of("request"), ofAsset)
      if (ofBatch !== undefined) assert.strictEqual(of("requestBatch"), ofBatch)
    }
    const tags = new Set(table.map(([{ _tag }]) => _tag))
    assert.deepStrictEqual([...tags].toSorted(), Object.keys(cases).toSorted(), "every reason")
  })

  it("holds no name of an operation, no request id and nothing of the answer", () => {
    for (const [reason] of table) {
      for (const operation of ["getStatus", "request", "requestBatch"] as const) {
        const message = Message.of(new ApiError({ operation, reason, ...subjects[operation] }))
        assert.notMatch(message, /getStatus|requestBatch|request_1|words of the server|undefined/)
        assert.match(message, /^\S[^;]*; [^;]+\.$/)
      }
    }
  })

  it("keeps a long id or one with control characters in one short line", () => {
    const error = new ApiError({
      operation: "getStatus",
      subject: "\u001b[2J\u202e".repeat(999),
      reason: cases.NotFound.make(answered(404))
    })
    assert.isBelow(Message.of(error).length, 250)
    assert.notMatch(Message.of(error), /[\p{Cc}\p{Cf}]/u)
  })
})

describe("the message of a job that outlasts its deadline", () => {
  const of = (more: object) =>
    Message.of(
      new JobError.JobError({
        jobId: JobId.make("job_a"),
        reason: JobError.Reason.cases.DeadlineExceeded.make({
          elapsed: Duration.seconds(125),
          endedBy: "deadline",
          ...more
        })
      })
    )

  it("says its last state, and why the last request failed", () => {
    const lastError = new ApiError({
      operation: "getStatus",
      subject: "job_a",
      reason: cases.ServerError.make(answered(503))
    })
    assert.strictEqual(
      of({ lastStatus: "queued" }),
      "Job job_a is still queued after 2m 05s, and the deadline has passed; it continues at Scenario."
    )
    assert.strictEqual(
      of({ lastError }),
      "The state of job job_a is unknown after 2m 05s, and the deadline has passed (the last request failed: Scenario failed to look up job job_a (503)); it continues at Scenario."
    )
  })
})

describe.concurrent("the details of an error", () => {
  it.live("are told by --verbose and in fields of --json", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const [plain, verbose, json] = yield* Effect.all(
        [[], ["--verbose"], ["--json"]].map((more) => emulated.run(["status", "job_nobody", ...more])),
        { concurrency: 2 }
      )
      const message = String.raw`scenario-assets: No job job_nobody in this project \(404\); check the id, and the project of the API key\.\n`
      assert.match(plain?.stderr ?? "", new RegExp(`^${message}$`))
      assert.match(
        verbose?.stderr ?? "",
        new RegExp(
          String.raw`^${message} {2}error: ApiError, NotFound\n {2}operation: getStatus job_nobody\n {2}answer: status 404, request \S+\n {2}body: \{[^\n]+\}\n$`
        )
      )
      const { answer, requestId, ...fields } = Binary.lastLine(json?.stdout ?? "")
      assert.match(String(requestId), /\S/)
      assert.match(String(answer), /^\{.*\}$/)
      assert.deepInclude(fields, {
        error: "ApiError",
        reason: "NotFound",
        operation: "getStatus",
        subject: "job_nobody",
        status: 404
      })
    })
  )
})
