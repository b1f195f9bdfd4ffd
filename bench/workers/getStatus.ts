/** Looks at a job some thousand times by the library, and prints how long each thousand took. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { JobId } from "../../packages/core/src/Asset.ts"
import { AssetDownload } from "../../packages/core/src/AssetDownload.ts"
import * as NodeScenario from "../../packages/node/src/NodeScenario.ts"
import { credentials } from "../Server.ts"

const [baseUrl = "", id = "", thousands = "1", atOnce = "16"] = process.argv.slice(2)
const jobId = JobId.make(id)

const program = Effect.gen(function* () {
  const { getStatus } = yield* AssetDownload
  const seconds: Array<number> = []
  for (let round = 0; round < Number(thousands); round++) {
    const started = performance.now()
    yield* Effect.forEach(Array.from({ length: 1000 }), () => getStatus(jobId), {
      concurrency: Number(atOnce),
      discard: true
    })
    seconds.push((performance.now() - started) / 1000)
  }
  return seconds
}).pipe(
  Effect.provide(
    NodeScenario.layer({
      apiKey: Redacted.make(credentials.apiKey),
      apiSecret: Redacted.make(credentials.apiSecret),
      baseUrl
    })
  )
)

process.stdout.write(JSON.stringify({ seconds: await Effect.runPromise(program) }))
