/** Everything that talks to Scenario, configured by flags first, then by the environment. */
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as ArchiveReader from "@scenario-assets/node/ArchiveReader"
import * as Extraction from "@scenario-assets/node/Extraction"
import * as JobJournalFile from "@scenario-assets/node/JobJournalFile"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Connection } from "./Options.ts"

type Services = Layer.Layer<Layer.Success<typeof NodeScenario.layer>, Config.ConfigError | ScenarioConfig.InvalidConfig>

/** The services; jobs that are begun are forgotten with the process. */
export const layer = (connection: Connection): Services =>
  Layer.provideMerge(NodeScenario.layerServices, configLayer(connection))

/** What reads archives in files: without a network, configuration or credentials. */
export const layerFiles = Layer.provideMerge(Extraction.layer, ArchiveReader.layerFiles)

/** The services, with a journal of the jobs that are begun. */
export const layerJournal = (connection: Connection, path: string): Services =>
  NodeScenario.layerServices.pipe(
    Layer.provideMerge(JobJournalFile.layer(path)),
    Layer.provideMerge(configLayer(connection))
  )

const configLayer = ({ baseUrl, project }: Connection) =>
  Layer.effect(
    ScenarioConfig.ScenarioConfig,
    Effect.flatMap(ScenarioConfig.fromEnvironment, (environment) =>
      ScenarioConfig.make({
        ...environment,
        baseUrl: Option.getOrElse(baseUrl, () => environment.baseUrl),
        projectId: Option.getOrElse(project, () => environment.projectId)
      })
    )
  )
