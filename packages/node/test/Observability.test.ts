/** What a program can see from outside: that it is all in docs/observability.md, and that it is true. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { AssetCatalog, AssetDownload, Metrics, ScenarioConfig } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import {
  ArchiveReader,
  Downloads,
  DownloadRequest,
  Extraction,
  FileDownload,
  NodeScenario
} from "@scenario-assets/node"
import { Effect, Exit, Fiber, Layer, Logger, Metric, Redacted, References, Schedule, Stream, Tracer } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as Spans from "../../../test-support/Spans.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as MemoryStore from "./support/MemoryStore.ts"
import * as RangeHost from "./support/RangeHost.ts"
import * as Whole from "./support/Whole.ts"

const document = readFileSync(new URL("../../../docs/observability.md", import.meta.url), "utf8")

/** The rows of the table under a heading: the cells, and what is written in each as code. */
const rows = (heading: string) => {
  const [, section = ""] = new RegExp(`## ${heading}\n(.*?)(?:\n## |$)`, "s").exec(document) ?? []
  return section
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
    .slice(1)
    .map((line) => {
      const cells = line.split("|").slice(1, -1)
      return cells.map((cell) => ({
        text: cell.trim(),
        codes: [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code)
      }))
    })
}

const sorted = (all: Iterable<string | undefined>) => [...all].map(String).toSorted()

/** Runs with a tracer, a logger and metrics of its own, and gives what they were told. */
const observe = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const { spans, tracer } = Spans.recorder()
  const logs: Array<{ readonly level: string; readonly message: string; readonly annotations: ReadonlyArray<string> }> =
    []
  const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    const annotations = Object.keys(fiber.getRef(References.CurrentLogAnnotations))
    logs.push({ level: logLevel, message: Array.isArray(message) ? message.join(" ") : String(message), annotations })
  })
  const registry: Metric.MetricRegistry = new Map()
  const exit = yield* Effect.exit(effect).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(Tracer.Tracer, tracer),
    Effect.provideService(Metric.MetricRegistry, registry)
  )
  const metrics = yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry)
  return { exit, spans, logs, metrics }
})

/** What a counter or gauge has, over all its attributes or with these. */
const valueOf = (
  metrics: ReadonlyArray<Metric.Metric.Snapshot>,
  { id }: { readonly id: string },
  attributes: Readonly<Record<string, string>> = {}
) =>
  metrics
    .filter((metric) => metric.id === id)
    .filter(({ attributes: found }) =>
      Object.entries(attributes).every(
        ([name, value]) =>
          found !== undefined && Object.entries(found).some(([key, given]) => key === name && given === value)
      )
    )
    .reduce(
      (sum, metric) =>
        sum + Number(metric.type === "Counter" ? metric.state.count : metric.type === "Gauge" ? metric.state.value : 0),
      0
    )

describe("docs/observability.md", () => {
  it.live("has all spans, metrics and logs of a run, and what it says of them is so", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const told = yield* observe(
        Effect.gen(function* () {
          const downloads = yield* Downloads.Downloads
          const emulator = yield* Emulator.Emulator
          yield* emulator.inject(
            Fault.status("getStatus", 503),
            Fault.status("storage", 503),
            Fault.status("storage", 403, { times: 2 }),
            Fault.status("requestBatch", 503)
          )
          yield* downloads.run(yield* Whole.request(DownloadRequest.directory(place.directory)))
          const begun = yield* Stream.runCollect(
            downloads.begin(yield* Whole.request(DownloadRequest.directory(join(place.directory, "2"))))
          )
          const jobIds = begun.flatMap((event) => (event._tag === "JobStarted" ? [event.jobId] : []))
          const [jobId] = jobIds
          assert(jobId !== undefined)
          const file = join(place.directory, "a.zip")
          yield* downloads.run({
            wanted: DownloadRequest.Jobs.make({ jobIds: [jobId] }),
            destination: DownloadRequest.archiveFiles(file)
          })
          yield* downloads.run({
            wanted: DownloadRequest.Jobs.make({ jobIds: [jobId] }),
            destination: DownloadRequest.store("memory://store")
          })
          const reader = yield* ArchiveReader.ArchiveReader
          yield* reader.forEach({ file }, () => Effect.void)
          const extraction = yield* Extraction.Extraction
          yield* extraction.preview([{ file }], join(place.directory, "3"))
          const { request } = yield* AssetDownload.AssetDownload
          const [asset] = emulator.catalogue.assets
          assert(asset !== undefined)
          yield* request(asset.id, { targetFormat: "png" })
          const catalog = yield* AssetCatalog.AssetCatalog
          yield* Stream.runDrain(catalog.list())
          yield* Stream.runDrain(catalog.list({ search: asset.prompt }))
          yield* catalog.collection("Favourites")
        })
      )
      if (Exit.isFailure(told.exit)) return yield* told.exit

      const documented = rows("Spans")
      const names = documented.flatMap(([name]) => name?.codes ?? [])
      assert.deepStrictEqual(
        sorted(new Set(told.spans.map(({ name }) => name))),
        sorted(names),
        "each span is listed, and each that is listed there is"
      )
      for (const [name, , attributes] of documented) {
        const [span] = name?.codes ?? []
        if (span === undefined || span === "POST" || span === "GET" || span === "Downloads.begin") continue
        const found = new Set(
          told.spans.filter((one) => one.name === span).flatMap((one) => [...one.attributes.keys()])
        )
        const due = attributes?.codes ?? []
        assert.deepStrictEqual(sorted(found), sorted(due), `attributes of ${span}`)
      }
      const text = JSON.stringify(told.spans.map(({ attributes, name }) => [name, ...attributes]))
      for (const secret of [Canary.key, Canary.secret, Canary.signature]) assert.notInclude(text, secret)

      assert.deepStrictEqual(
        sorted(new Set(told.metrics.map(({ id }) => id))),
        sorted(rows("Metrics").flatMap(([name]) => name?.codes ?? []))
      )
      assert.strictEqual(valueOf(told.metrics, Metrics.jobs, { state: "begun" }), 2)
      assert.strictEqual(valueOf(told.metrics, Metrics.jobs, { state: "success" }), 2)
      assert.strictEqual(valueOf(told.metrics, Metrics.transferLinksRefreshed), 1)
      assert.strictEqual(valueOf(told.metrics, Metrics.transferRetries, { reason: "status_503" }), 1)
      assert.strictEqual(valueOf(told.metrics, Metrics.apiRetries), 2)
      assert.strictEqual(valueOf(told.metrics, Metrics.transferConnections), 0)

      const info = told.logs.filter(({ level }) => level === "Info")
      assert.deepStrictEqual(
        sorted(new Set(info.map(({ message }) => message))),
        sorted(rows("Logs").map(([message]) => message?.text))
      )
      for (const [message, annotations] of rows("Logs")) {
        const found = new Set(info.filter((one) => one.message === message?.text).flatMap((one) => one.annotations))
        assert.deepStrictEqual(sorted(found), sorted(annotations?.codes ?? []), message?.text)
      }
    }).pipe(Effect.provide(Whole.layer(place, { destinations: MemoryStore.layer(MemoryStore.make()) })))
  })
})

const object = new Uint8Array(12 * 1024 * 1024).fill(7)

const layer = NodeScenario.layerServices({ transfer: { allowHttp: true, backoffBase: "1 millis" } }).pipe(
  Layer.provide(ScenarioConfig.layer({ apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(Canary.secret) }))
)

describe("Metrics", () => {
  it.live("count what the storage host saw", () =>
    Effect.gen(function* () {
      const fates: ReadonlyArray<RangeHost.Fate> = [{ status: 503 }, { status: 429 }, { status: 403 }, { cut: 0 }]
      const host = yield* RangeHost.make(object, { fate: (number) => fates[number] ?? {} })
      const target = join(TestDirectory.make("metrics"), "a.zip")
      const { exit, metrics } = yield* observe(
        // Over one: where others help, what a connection has sent beyond its share is not taken.
        Effect.flatMap(FileDownload.FileDownload, (files) => files.run(host.source, target, { connections: 1 })).pipe(
          Effect.provide(layer)
        )
      )
      assert.isTrue(Exit.isSuccess(exit))
      yield* host.idle
      const { bytes } = host.take()
      assert.strictEqual(valueOf(metrics, Metrics.transferBytes), bytes)
      assert.strictEqual(bytes, object.length)
      assert.strictEqual(valueOf(metrics, Metrics.transferRetries, { reason: "status_503" }), 1)
      assert.strictEqual(valueOf(metrics, Metrics.transferRetries, { reason: "status_429" }), 1)
      assert.strictEqual(valueOf(metrics, Metrics.transferRetries), 3)
      assert.strictEqual(valueOf(metrics, Metrics.transferLinksRefreshed), 1)
      assert.strictEqual(valueOf(metrics, Metrics.transfers, { outcome: "success" }), 1)
      assert.strictEqual(valueOf(metrics, Metrics.filesWritten), 1)
      assert.strictEqual(valueOf(metrics, Metrics.transferConnections), 0)
    }).pipe(Effect.scoped)
  )

  it.live("show no connection after an interruption", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(object, { fate: () => ({ stall: 3_000_000 }) })
      const target = join(TestDirectory.make("metrics"), "a.zip")
      const { metrics } = yield* observe(
        Effect.gen(function* () {
          const files = yield* FileDownload.FileDownload
          const fiber = yield* Effect.forkChild(files.run(host.source, target))
          const isStuck = Effect.gen(function* () {
            const { value } = yield* Metric.value(Metrics.transferConnections)
            const { count } = yield* Metric.value(Metrics.transferBytes)
            return value === 1 && count > 0
          })
          yield* Effect.repeat(isStuck, { schedule: Schedule.spaced("5 millis"), until: (stuck) => stuck })
          yield* Fiber.interrupt(fiber)
        }).pipe(Effect.provide(layer))
      )
      assert.strictEqual(valueOf(metrics, Metrics.transferConnections), 0)
      assert.strictEqual(valueOf(metrics, Metrics.transfers, { outcome: "interrupted" }), 1)
    }).pipe(Effect.scoped)
  )
})
