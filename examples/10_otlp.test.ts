/** A collector of OTLP, and what a download sends it. */
import * as Http from "node:http"
import { text } from "node:stream/consumers"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@scenario-assets/core/testing"
import { Effect, Schema } from "effect"
import * as Canary from "../test-support/Canary.ts"
import * as EmulatedScenario from "../test-support/EmulatedScenario.ts"
import * as TestDirectory from "../test-support/TestDirectory.ts"
import * as Example from "./10_otlp.ts"

const Traces = Schema.fromJsonString(
  Schema.Struct({
    resourceSpans: Schema.Array(
      Schema.Struct({
        scopeSpans: Schema.Array(
          Schema.Struct({
            spans: Schema.Array(
              Schema.Struct({
                traceId: Schema.String,
                spanId: Schema.String,
                parentSpanId: Schema.optional(Schema.String),
                name: Schema.String
              })
            )
          })
        )
      })
    )
  })
)

/** Listens on a port of its own, and keeps what it is sent. */
const collector = Effect.acquireRelease(
  Effect.callback<{
    readonly url: string
    readonly received: Map<string, Array<string>>
    readonly server: Http.Server
  }>((resume) => {
    const received = new Map<string, Array<string>>()
    const server = Http.createServer((request, response) => {
      void text(request).then((body) => {
        const path = request.url ?? ""
        received.set(path, [...(received.get(path) ?? []), body])
        response.end("{}")
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, received, server }))
    })
  }),
  ({ server }) =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
)

describe("10: traces, metrics and logs, to a collector", () => {
  it.live("are one tree, from what is around the download to each exchange with the storage host", () =>
    Effect.gen(function* () {
      const { received, url } = yield* collector
      const directory = TestDirectory.make("otlp")
      yield* Effect.gen(function* () {
        const { catalogue } = yield* Emulator.Emulator
        yield* Example.program(catalogue.models[0]?.id ?? "", `${directory}/renders`)
      }).pipe(Effect.provide([EmulatedScenario.layer({ runs: `${directory}/runs` }), Example.telemetry(url)]))

      const all = yield* Effect.forEach(received.get("/v1/traces") ?? [], (body) => Schema.decodeEffect(Traces)(body))
      const spans = all
        .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
        .flatMap((scope) => scope.spans)
      const byId = new Map(spans.map((span) => [span.spanId, span]))
      const [root] = spans.filter(({ name }) => name === "nightly-renders")
      assert(root !== undefined)
      const pathOf = (span: (typeof spans)[number]): ReadonlyArray<string> => {
        const parent = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId)
        return [...(parent === undefined ? [] : pathOf(parent)), span.name]
      }
      const exchanges = spans.filter(({ name }) => name === "Transfer.exchange")
      assert.isNotEmpty(exchanges)
      for (const exchange of exchanges) {
        assert.strictEqual(exchange.traceId, root.traceId)
        assert.deepStrictEqual(
          pathOf(exchange).filter((name) => name !== "ArchiveReader.open"),
          ["nightly-renders", "Downloads.run", "Extraction.archive", "Transfer.events", "Transfer.exchange"]
        )
      }
      const paths = new Set(spans.filter(({ traceId }) => traceId === root.traceId).map((span) => pathOf(span)[0]))
      assert.deepStrictEqual([...paths], ["nightly-renders"])

      assert.include(received.get("/v1/logs")?.join(), "A job was begun")
      assert.include(received.get("/v1/metrics")?.join(), "scenario.transfer.bytes")
      for (const secret of [Canary.key, Canary.secret, Canary.signature]) {
        assert.notInclude([...received.values()].flat().join(), secret)
      }
    }).pipe(Effect.scoped)
  )
})
