/** Serves one archive until stdin ends, and prints where it is. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { ModelId } from "../../packages/core/src/Asset.ts"
import * as AssetDownload from "../../packages/core/src/AssetDownload.ts"
import * as FileNameTemplate from "../../packages/core/src/FileNameTemplate.ts"
import * as ScenarioConfig from "../../packages/core/src/ScenarioConfig.ts"
import * as Selection from "../../packages/core/src/Selection.ts"
import * as Emulator from "../../packages/core/src/testing/Emulator.ts"
import * as Fault from "../../packages/core/src/testing/Fault.ts"
import * as EmulatorServer from "../../packages/node/src/testing/EmulatorServer.ts"
import { credentials, slowRate, type Wish } from "../Server.ts"

const wish: Wish & { readonly cert: string; readonly key: string } = JSON.parse(process.argv[2] ?? "")
const { bytes, cert, key, slow = false, tls } = wish

/** Read by a client that is not ours, before the server is made slow. */
const sha256 = async (url: string): Promise<string> => {
  const hash = createHash("sha256")
  const { body, status } = await fetch(url)
  if (status !== 200 || body === null) throw new Error(`status ${status}`)
  for await (const chunk of body) hash.update(chunk)
  return hash.digest("hex")
}

const prepare = Effect.gen(function* () {
  const { requestBatch, getStatus } = yield* AssetDownload.AssetDownload
  const { catalogue, config, inject } = yield* Emulator.Emulator
  const selection = yield* Selection.make({ modelIds: [catalogue.models[0]?.id ?? ModelId.make("model_none")] })
  const jobId = yield* requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
  const { downloadUrl } = yield* getStatus(jobId)
  if (downloadUrl === undefined) return yield* Effect.die("the job has no link")
  const url = Redacted.value(downloadUrl)
  const served = { bytes, sha256: yield* Effect.promise(() => sha256(url)), url, apiUrl: config.apiUrl, jobId }
  if (slow) yield* inject(Fault.throttle("storage", slowRate, { times: "always" }))
  process.stdout.write(`${JSON.stringify(served)}\n`)
})

const program = Effect.gen(function* () {
  const { config } = yield* Emulator.Emulator
  const scenario = ScenarioConfig.layer({
    apiKey: Redacted.make(credentials.apiKey),
    apiSecret: Redacted.make(credentials.apiSecret),
    baseUrl: config.apiUrl
  })
  yield* prepare.pipe(Effect.provide(AssetDownload.layer()), Effect.provide([FetchHttpClient.layer, scenario]))
  yield* Effect.callback<void>((resume) => {
    process.stdin.once("end", () => resume(Effect.void)).resume()
  })
}).pipe(
  Effect.provide(
    EmulatorServer.layer({
      archive: { size: bytes },
      job: { states: [] },
      urlLifetime: "1 day",
      tls: tls ? { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") } : undefined
    })
  )
)

NodeRuntime.runMain(program)
