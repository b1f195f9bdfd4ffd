/** A process that downloads one URL to a file and says how far it is; made to be killed. */
import { ScenarioConfig, type Transfer } from "@scenario-assets/core"
import { FileDownload, NodeScenario } from "@scenario-assets/node"
import { Effect, Layer, Redacted, Stream } from "effect"
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
