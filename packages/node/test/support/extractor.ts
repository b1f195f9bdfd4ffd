/** A process that extracts what a URL gives into a directory and says how far it is; made to be killed, and measured. */
import { readFileSync } from "node:fs"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import type * as Transfer from "@scenario-assets/core/transfer/Transfer"
import * as Extraction from "@scenario-assets/node/extraction/Extraction"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

const [url = "", directory = ""] = process.argv.slice(2)
const source: Transfer.Source = { refresh: Effect.sync(() => signedUrl(url)) }

/** The most memory it has had, in bytes. What the kernel calls a process's maximum begins with that of the process that started it. */
const peak = (): number => {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024
}

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
  console.log(`memory ${peak()}`)
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
