/** A process that downloads one URL to a file and says how far it is; made to be killed. */
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import type * as Transfer from "@scenario-assets/core/transfer/Transfer"
import * as FileDownload from "@scenario-assets/node/file/FileDownload"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

const [url = "", target = ""] = process.argv.slice(2)
const source: Transfer.Source = { refresh: Effect.sync(() => signedUrl(url)) }

const program = Effect.gen(function* () {
  const { events } = yield* FileDownload.FileDownload
  yield* events(source, target, { ifExists: "replace" }).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "Written") console.log(`written ${event.bytes}`)
        if (event._tag === "Completed") console.log(`resumed ${event.file.resumedFrom}`)
      })
    )
  )
}).pipe(
  Effect.provide(
    Layer.provideMerge(
      NodeScenario.layerServices(),
      ScenarioConfig.layer({
        baseUrl: new URL(url).origin,
        apiKey: Redacted.make(Canary.key),
        apiSecret: Redacted.make(Canary.secret)
      })
    )
  )
)

await Effect.runPromise(program)
