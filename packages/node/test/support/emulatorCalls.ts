/**
 * Calls of an emulator on a port, over raw connections.
 */
import { Emulator, type Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as RawHttp from "./RawHttp.ts"

const Answer = Schema.Struct({
  jobId: Schema.optionalKey(Schema.String),
  downloadUrl: Schema.optionalKey(Schema.String)
})
const decodeAnswer = Schema.decodeUnknownSync(Schema.fromJsonString(Answer))

/** A call of the API with the right credentials. */
export const call = Effect.fnUntraced(function* (method: string, path: string, json?: unknown) {
  const {
    config: { apiUrl, credentials }
  } = yield* Emulator.Emulator
  const body = json === undefined ? "" : JSON.stringify(json)
  const authorization = `Basic ${btoa(`${credentials.key}:${credentials.secret}`)}`
  const length = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }
  return yield* RawHttp.fetch(`${apiUrl}${path}`, {
    method,
    body,
    headers: { authorization, ...(json === undefined ? {} : length) }
  })
})

/** A look at a job that is not there: 404 unless a fault comes. */
export const look = call("GET", "/assets/download/job_x")

/** The URL of the archive of a new job; the emulator must finish jobs at once. */
export const archiveUrl = Effect.gen(function* () {
  const { catalogue } = yield* Emulator.Emulator
  const job = yield* call("POST", "/assets/download", {
    options: { fileNameTemplate: "<num>-<seed>" },
    query: { assetIds: [], inferenceIds: [catalogue.inferences[0]?.id], modelIds: [] }
  })
  const { jobId = "" } = decodeAnswer(job.body.toString())
  const state = yield* call("GET", `/assets/download/${jobId}`)
  return decodeAnswer(state.body.toString()).downloadUrl ?? ""
})

export const inject = (...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(Emulator.Emulator, (emulator) => emulator.inject(...faults))
