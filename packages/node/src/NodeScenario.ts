/**
 * Everything needed to run on Node, in one import.
 *
 * @since 0.1.0
 */
import { createRequire } from "node:module"
import * as Archives from "@scenario-assets/core/Archives"
import * as AssetCatalog from "@scenario-assets/core/AssetCatalog"
import * as AssetDownload from "@scenario-assets/core/AssetDownload"
import * as JobJournal from "@scenario-assets/core/JobJournal"
import * as JobPoller from "@scenario-assets/core/JobPoller"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import type * as StorageClient from "@scenario-assets/core/transfer/StorageClient"
import * as Transfer from "@scenario-assets/core/transfer/Transfer"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ArchiveReader from "./archive/ArchiveReader.ts"
import * as Destination from "./download/Destination.ts"
import * as Downloads from "./download/Downloads.ts"
import * as Extraction from "./extraction/Extraction.ts"
import * as FileDownload from "./file/FileDownload.ts"
import * as NodeHashes from "./file/internal/NodeHashes.ts"
import * as Agent from "./http/Agent.ts"
import * as ApiWire from "./http/ApiWire.ts"
import * as Network from "./http/Network.ts"
import * as Proxies from "./http/Proxies.ts"
import * as StorageWire from "./http/StorageWire.ts"
import * as Runs from "./runs/Runs.ts"
import * as Sync from "./sync/Sync.ts"

/** That of the package, beside whose `package.json` both `src` and `dist` stand. */
const { version }: { readonly version: string } = createRequire(import.meta.url)("../package.json")

/**
 * A proxy, without the name and password that it may want.
 *
 * @category models
 * @since 0.1.0
 */
export interface Proxy {
  /** Scheme, host and port. */
  readonly origin: string
  /** The variable of the environment that names it. */
  readonly variable: string
}

/**
 * The proxy that requests to a URL go through, if they do: that of `HTTPS_PROXY` or `HTTP_PROXY`, or else of `ALL_PROXY`, unless
 * `NO_PROXY` lists the host. All are read in small letters first, as curl does. Fails where the variable names no proxy that can
 * be used.
 *
 * **Gotchas**
 *
 * This machine itself (`localhost`, `127.0.0.0/8`, `::1`) is reached directly, unless `<-loopback>` stands in `NO_PROXY`.
 *
 * @category getters
 * @since 0.1.0
 */
export const proxyFor = (url: string | URL): Effect.Effect<Option.Option<Proxy>, Config.ConfigError> =>
  Effect.gen(function* () {
    const { find } = yield* Proxies.fromEnvironment
    const proxy = yield* Effect.fromResult(find(new URL(url)))
    return Option.map(Option.fromUndefinedOr(proxy), ({ origin, variable }) => ({ origin, variable }))
  })

/**
 * The client for the API: HTTP/1.1 on connections that are kept for a moment, 10 s to make one. It trusts what Node trusts
 * (`NODE_EXTRA_CA_CERTS` adds to that), goes through the proxy that the environment names ({@link proxyFor}), and understands
 * compressed answers.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerApiClient: Layer.Layer<HttpClient.HttpClient> = Layer.provide(
  ApiWire.layer(`scenario-assets/${version} node/${process.versions.node}`),
  Layer.provide(Agent.layer, Network.layer)
)

/**
 * The client for storage hosts, on the same connections: one body at a time on each, gathered into large pieces. It holds no
 * credential.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStorageClient: Layer.Layer<StorageClient.StorageClient> = Layer.provide(
  StorageWire.layer,
  Network.layer
)

/**
 * What may be chosen of the services. The options of each are its defaults; a call can have others.
 *
 * @category models
 * @since 0.1.0
 */
export interface Choices {
  /** The client for the API. Default {@link layerApiClient}. */
  readonly apiClient?: Layer.Layer<HttpClient.HttpClient> | undefined
  /**
   * The client for storage hosts. Default {@link layerStorageClient}; one on another `HttpClient` is
   * `StorageClient.layerHttpClient.pipe(Layer.provide(…))`.
   */
  readonly storageClient?: Layer.Layer<StorageClient.StorageClient> | undefined
  /** Where jobs are recorded. Default `JobJournal.layerNone`: a library writes no file unless it is asked to. */
  readonly jobJournal?: Layer.Layer<JobJournal.JobJournal> | undefined
  /** Where `Downloads` records its runs. Default `Runs.layerConfig`. */
  readonly runs?: Layer.Layer<Runs.Runs, Config.ConfigError> | undefined
  /** The stores that files can go to. Default `Destinations.layerNone`: files go to directories. */
  readonly destinations?: Layer.Layer<Destination.Destinations, Config.ConfigError> | undefined
  readonly assetDownload?: AssetDownload.Options | undefined
  readonly assetCatalog?: AssetCatalog.Options | undefined
  readonly jobPoller?: JobPoller.Options | undefined
  readonly transfer?: Transfer.ServiceOptions | undefined
}

/**
 * All services, given the configuration. Each call makes layers of its own: keep the result where several parts of a program are
 * to share them.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerServices = (
  choices: Choices = {}
): Layer.Layer<
  | AssetDownload.AssetDownload
  | AssetCatalog.AssetCatalog
  | JobPoller.JobPoller
  | JobJournal.JobJournal
  | Transfer.Transfer
  | Archives.Archives
  | FileDownload.FileDownload
  | ArchiveReader.ArchiveReader
  | Extraction.Extraction
  | Runs.Runs
  | Destination.Destinations
  | Downloads.Downloads
  | Sync.Sync,
  Config.ConfigError,
  ScenarioConfig.ScenarioConfig
> =>
  // Of their own, for a program may have several accounts: one inside the other would be given the services of the outer one.
  Layer.mergeAll(
    Layer.effect(Archives.Archives, Archives.make),
    Layer.effect(ArchiveReader.ArchiveReader, ArchiveReader.make),
    Layer.effect(Downloads.Downloads, Downloads.make),
    Layer.effect(Sync.Sync, Sync.make)
  ).pipe(
    Layer.provideMerge(Layer.effect(Extraction.Extraction, Extraction.make)),
    Layer.provideMerge(choices.runs ?? Runs.layerConfig),
    Layer.provideMerge(choices.destinations ?? Destination.Destinations.layerNone),
    Layer.provideMerge(Layer.effect(FileDownload.FileDownload, FileDownload.make)),
    Layer.provideMerge(JobPoller.layer(choices.jobPoller)),
    Layer.provideMerge(choices.jobJournal ?? JobJournal.layerNone),
    Layer.provideMerge(
      Layer.mergeAll(
        AssetDownload.layer(choices.assetDownload),
        AssetCatalog.layer(choices.assetCatalog),
        layerTransfer(choices.transfer)
      )
    ),
    Layer.provide(Layer.mergeAll(choices.apiClient ?? layerApiClient, choices.storageClient ?? layerStorageClient))
  )

/** Where the API itself is reached by plain `http`, as an emulator is, its links may be as well. */
const layerTransfer = (options?: Transfer.ServiceOptions) =>
  Layer.unwrap(
    Effect.map(ScenarioConfig.ScenarioConfig, ({ baseUrl }) =>
      Transfer.layer({ allowHttp: baseUrl.startsWith("http:"), hashes: NodeHashes.hashes, ...options })
    )
  )

/**
 * All services, configured in the program.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: ScenarioConfig.Options): AllServices =>
  Layer.provideMerge(layerServices(), ScenarioConfig.layer(options))

/**
 * All services, configured by the environment (see `ScenarioConfig.fromEnvironment`).
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: AllServices = Layer.provideMerge(layerServices(), ScenarioConfig.layerConfig)

type AllServices = Layer.Layer<
  Layer.Success<ReturnType<typeof layerServices>> | ScenarioConfig.ScenarioConfig,
  Config.ConfigError | ScenarioConfig.InvalidConfig
>
