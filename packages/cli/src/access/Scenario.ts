/** Everything that talks to Scenario, configured by flags first, then by the environment, then by the files of the user. */
import * as BaseUrl from "@scenario-assets/core/engine/BaseUrl"
import * as ConfigNames from "@scenario-assets/core/engine/ConfigNames"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as ArchiveReader from "@scenario-assets/node/archive/ArchiveReader"
import * as Extraction from "@scenario-assets/node/extraction/Extraction"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import type { RunHead } from "@scenario-assets/node/runs/RunRecord"
import * as S3Destination from "@scenario-assets/s3/S3Destination"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Output } from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"
import * as Credentials from "./Credentials.ts"
import type { CredentialsFileError } from "./CredentialsFile.ts"

type Services = Layer.Layer<
  Layer.Success<typeof NodeScenario.layerConfig>,
  Config.ConfigError | ScenarioConfig.InvalidConfig | CredentialsFileError,
  FileSystem.FileSystem | Output
>

/** The account that a run was begun with. Without a project it is none, and not that of the environment. */
export const ofRun = ({ baseUrl, projectId }: RunHead): Connection => ({
  baseUrl: Option.some(baseUrl),
  project: Option.some(projectId ?? "")
})

/** The services. */
export const layer = (connection: Connection): Services =>
  Layer.provideMerge(NodeScenario.layerServices({ destinations: S3Destination.layer() }), configLayer(connection))

/** What reads archives in files: without a network, configuration or credentials. */
export const layerFiles = Layer.merge(ArchiveReader.layerFiles, Extraction.layerFiles)

/** Where the API is. */
export const baseUrl = (connection: Pick<Connection, "baseUrl">): Effect.Effect<string, ScenarioConfig.InvalidConfig> =>
  Effect.fromResult(
    BaseUrl.parse(
      Option.getOrElse(connection.baseUrl, () => "") || ScenarioConfig.defaultBaseUrl,
      ConfigNames.variables
    )
  )

/** The whole configuration, and where its credentials are from; none where there are none. */
export const configuration = Effect.fnUntraced(function* (connection: Connection) {
  const url = yield* baseUrl(connection)
  const credentials = yield* Credentials.find(url)
  const options = {
    ...Option.getOrUndefined(credentials)?.options,
    baseUrl: url,
    projectId: Option.getOrUndefined(connection.project)
  }
  const config = yield* ScenarioConfig.make(options, ConfigNames.variables)
  return { config, source: Option.map(credentials, ({ source }) => source) }
})

const configLayer = (connection: Connection) =>
  Layer.effect(
    ScenarioConfig.ScenarioConfig,
    configuration(connection).pipe(
      Effect.map(({ config }) => config),
      Effect.tap(({ baseUrl }) => warnIfUnencrypted(baseUrl))
    )
  )

/** Whether what is sent there leaves this machine unencrypted. */
export const isUnencrypted = (baseUrl: string): boolean => {
  const { hostname, protocol } = new URL(baseUrl)
  return protocol === "http:" && !/^(?:(?:.+\.)?localhost\.?|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

/** Before credentials are sent there; also with `--quiet`. */
export const warnIfUnencrypted = Effect.fnUntraced(function* (baseUrl: string) {
  const { warnOnce } = yield* Output
  if (isUnencrypted(baseUrl)) yield* warnOnce(`${baseUrl}: ${unencryptedDanger}; ${unencryptedAdvice}`)
})

export const unencryptedDanger = "credentials are sent unencrypted, so that others on the network can read them"

export const unencryptedAdvice = "use an https base URL"
