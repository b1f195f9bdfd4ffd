/** A process that extracts what a URL gives into a directory and says how far it is; made to be killed, and measured. */
import { ScenarioConfig, type Transfer } from "@scenario-assets/core"
import { Extraction, NodeScenario } from "@scenario-assets/node"
import { Effect, Layer, Redacted, Stream } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

const [url = "", directory = ""] = process.argv.slice(2)
const source: Transfer.Source = { refresh: Effect.sync(() => signedUrl(url)) }

const program = Effect.gen(function* () {
  const { events } = yield* Extraction.Extraction
  yield* events({ name: "job", source }, directory).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "Planned") console.log(`planned ${event.bytesToRead}`)
        if (event._tag === "Read") console.log(`read ${event.bytes}`)
        if (event._tag === "Extracted") {
          for (const why of event.files.flatMap((file) => file.why)) console.log(`${why.replaceAll(" ", "-")} 1`)
        }
        if (event._tag === "Completed") console.log(`there ${event.extracted.alreadyThere}`)
      })
    )
  )
  console.log(`memory ${process.resourceUsage().maxRSS * 1024}`)
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
