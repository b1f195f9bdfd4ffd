/**
 * What runs in the browser: a download through faults, on the emulator in memory, in the page and in a worker. Both tell the
 * server what came of it.
 */
import {
  Archives,
  AssetCatalog,
  AssetDownload,
  FileNameTemplate,
  JobJournal,
  JobPoller,
  ScenarioConfig,
  Selection,
  StorageClient,
  Transfer
} from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

const layer = Layer.mergeAll(Archives.layer, Transfer.layer()).pipe(
  Layer.provide([JobPoller.layer(), JobJournal.layerMemory]),
  Layer.provide([AssetDownload.layer(), AssetCatalog.layer(), StorageClient.layerHttpClient]),
  Layer.provide([
    EmulatorHttpClient.layer,
    ScenarioConfig.layer({
      baseUrl: "https://api.emulator.test/v1",
      apiKey: Redacted.make(Emulator.defaultCredentials.key),
      apiSecret: Redacted.make(Emulator.defaultCredentials.secret)
    })
  ]),
  Layer.provideMerge(Emulator.layer({ job: { pace: "10 millis" } }))
)

/** `archives bytes requests`, where the storage host was asked so often. */
const program = Effect.gen(function* () {
  const emulator = yield* Emulator.Emulator
  const archives = yield* Archives.Archives
  const transfer = yield* Transfer.Transfer
  yield* emulator.inject(Fault.status("getStatus", 503), Fault.reset("storage", 65_536), Fault.status("storage", 403))
  const [model] = emulator.catalogue.models
  const selection = yield* Selection.make({ modelIds: [model?.id ?? ""] })
  const sizes = yield* archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate }).pipe(
    Stream.mapEffect(({ source }) =>
      Stream.runFold(
        transfer.bytes(source, { expect: "zip" }),
        () => 0,
        (sum, bytes) => sum + bytes.length
      )
    ),
    Stream.runCollect
  )
  const requests = (yield* emulator.requests).filter(({ target }) => target === "storage")
  return `${sizes.length} ${sizes.reduce((sum, size) => sum + size, 0)} ${requests.length}`
}).pipe(Effect.provide(layer))

const report = program.pipe(Effect.catchCause((cause) => Effect.succeed(`failed: ${String(cause)}`)))

const tell = (where: string, text: string) => fetch(`/${where}`, { method: "POST", body: text })
const isPage = typeof document !== "undefined"
const startWorker = () => new Worker("/page.js", { type: "module" })
if (isPage) startWorker()
void Effect.runPromise(report).then((text) => tell(isPage ? "page" : "worker", text))
