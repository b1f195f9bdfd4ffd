/** Flags that several commands share, and the layers made of them. */
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as Flag from "effect/cli/Flag"
import type * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as References from "effect/References"
import type * as Stdio from "effect/Stdio"
import * as Output from "./Output.ts"

export const output = {
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print events and the result as JSON lines on stdout"),
    Flag.withDefault(false)
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Print nothing on stderr but warnings and errors"),
    Flag.withDefault(false)
  ),
  verbose: Flag.Boolean("verbose").pipe(
    Flag.withDescription("Print every step on stderr"),
    Flag.withDefault(false)
  )
}

export const connection = {
  baseUrl: Flag.String("base-url").pipe(
    Flag.withMetavar("URL"),
    Flag.withDescription(`Where the API is [default: SCENARIO_BASE_URL, or ${ScenarioConfig.defaultBaseUrl}]`),
    Flag.optional
  ),
  project: Flag.String("project").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("The project to work in [default: SCENARIO_PROJECT_ID, or the key's own]"),
    Flag.optional
  )
}

/** `30s`, `10m`, `2h`, or what Effect itself understands, such as `"90 seconds"`. */
export const duration = (name: string): Flag.Flag<Duration.Duration> =>
  Flag.String(name).pipe(
    Flag.withMetavar("DURATION"),
    Flag.filterMap(parseDuration, (value) => `${JSON.stringify(value)} is no duration; write for example 30s, 10m or 2h`)
  )

export const count = (name: string, maximum: number): Flag.Flag<number> =>
  Flag.Int(name).pipe(
    Flag.withMetavar("N"),
    Flag.filter((value) => value >= 1 && value <= maximum, (value) => `${value} is not between 1 and ${maximum}`)
  )

const unitNames: { readonly [unit: string]: (value: number) => Duration.Duration } = {
  ms: Duration.millis,
  s: Duration.seconds,
  m: Duration.minutes,
  h: Duration.hours,
  d: Duration.days
}

const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const short = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim())
  const unit = short === null ? undefined : unitNames[short[2] ?? ""]
  return unit === undefined
    ? Option.filter(Duration.fromInput(text as Duration.Input), Duration.isPositive)
    : Option.some(unit(Number(short?.[1])))
}

type Values = Readonly<Output.Mode>
type ConnectionValues = { readonly baseUrl: Option.Option<string>; readonly project: Option.Option<string> }

/** How to print; with `--verbose` also what the library logs. */
export const outputLayer = (values: Values): Layer.Layer<Output.Output, Config.ConfigError, Stdio.Stdio> =>
  Output.layer(values).pipe(
    Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, values.verbose ? "Debug" : values.quiet ? "Error" : "Warn"))
  )

/** Everything that talks to Scenario: flags first, then the environment. */
export const scenarioLayer = ({ baseUrl, project }: ConnectionValues): Layer.Layer<
  Layer.Success<typeof NodeScenario.layer>,
  Config.ConfigError | ScenarioConfig.InvalidConfig
> =>
  Layer.provideMerge(
    NodeScenario.layerServices,
    Layer.effect(
      ScenarioConfig.ScenarioConfig,
      Effect.flatMap(ScenarioConfig.fromEnvironment, (environment) =>
        ScenarioConfig.make({
          ...environment,
          baseUrl: Option.getOrElse(baseUrl, () => environment.baseUrl),
          projectId: Option.getOrElse(project, () => environment.projectId)
        }))
    )
  )
