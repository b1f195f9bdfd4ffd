/** The three operations, each called with what the reference asks for at least. */
import { Asset, FileNameTemplate, Selection } from "@scenario-assets/core"
import { Effect } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import type * as FakeServer from "./FakeServer.ts"

export const jobId = Asset.JobId.make("job_8Xv2")
export const assetId = Asset.AssetId.make("asset_mE2cb2p4")
export const fileNameTemplate = FileNameTemplate.defaultTemplate
export const url = `https://cdn.test/a.zip?Expires=1800000000&Signature=${Canary.signature}`

export const batch = Effect.fnUntraced(function* (ids: Parameters<typeof Selection.make>[0] = { assetIds: [assetId] }) {
  return { selection: yield* Selection.make(ids), fileNameTemplate }
})

/** Each operation, called with what the reference asks for at least. */
export const operations = {
  requestBatch: (api: FakeServer.Api) => Effect.flatMap(Effect.orDie(batch()), api.requestBatch),
  getStatus: (api: FakeServer.Api) => api.getStatus(jobId),
  request: (api: FakeServer.Api) => api.request(assetId)
}
export const all = (["requestBatch", "getStatus", "request"] as const).map(
  (name): { readonly name: keyof FakeServer.Api; readonly call: FakeServer.Call } => ({
    name,
    call: operations[name]
  })
)
