/** The flags that have a lasting default: by a variable of the environment, or else by the configuration file. */
import { ProjectId } from "@scenario-assets/core/Asset"
import * as BaseUrl from "@scenario-assets/core/engine/BaseUrl"
import * as ConfigNames from "@scenario-assets/core/engine/ConfigNames"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as FileNameTemplate from "@scenario-assets/core/FileNameTemplate"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Home from "../start/Home.ts"
import * as Reader from "../text/Reader.ts"

export interface Setting<A> {
  /** The name of the flag, and the key in the configuration file. */
  readonly key: string
  /** The name in the environment. */
  readonly variable: string
  readonly reader: Reader.Reader<A>
  /** What holds where it is not set, in words. */
  readonly otherwise: string
}

const make = <A>(
  key: string,
  otherwise: string,
  reader: Reader.Reader<A>,
  variable = `SCENARIO_ASSETS_${key.toUpperCase().replaceAll("-", "_")}`
): Setting<A> => ({ key, variable, reader, otherwise })

const decodeProjectId = Schema.decodeUnknownOption(ProjectId)
const decodeTemplate = Schema.decodeUnknownOption(FileNameTemplate.FileNameTemplate)

export const baseUrl = make(
  "base-url",
  ScenarioConfig.defaultBaseUrl,
  {
    metavar: "URL",
    read: (text) => Result.getSuccess(BaseUrl.parse(text)),
    // Not repeated: it may hold credentials.
    refusal: () => "not an http or https URL without credentials, query and fragment"
  },
  ConfigNames.environment.baseUrl[0]
)

export const project = make(
  "project",
  "the key's own",
  {
    metavar: "ID",
    read: decodeProjectId,
    refusal: (text) => `${Redaction.quoted(text)} is not a project id, such as proj_…`
  },
  ConfigNames.environment.projectId[0]
)

/** Shells expand `~` at the beginning of a word, and some of them nowhere else: not in `--output=~/renders`, nor in a file. */
export const output = make("output", ".", {
  ...Reader.text("DIR"),
  read: (text) => Option.some(Home.expand(text))
})

export const template = make("template", FileNameTemplate.defaultTemplate, {
  metavar: "TEMPLATE",
  read: (text) => Option.as(decodeTemplate(text), text),
  refusal: (text) => `${Redaction.quoted(text)} is not a file name template, such as <prompt>-<num>`
})

export const flat = make("flat", "false", Reader.truth)

export const maxSize = make("max-size", "1TiB, and 100 times the archive", Reader.byteSize)

export const deadline = make("deadline", "30m", Reader.duration)

export const concurrency = make("concurrency", "4", Reader.wholeNumber("N", 1, 64))

export const connections = make("connections", "16", Reader.wholeNumber("N", 1, 64))

export const limitRate = make("limit-rate", "no limit", Reader.byteSize)

export const idleTimeout = make("idle-timeout", "30s", Reader.duration)

export const timeLimit = make("time-limit", "no limit", Reader.duration)

export const retries = make("retries", "8", Reader.wholeNumber("N", 0, 1000))

export const all: ReadonlyArray<Setting<unknown>> = [
  baseUrl,
  project,
  output,
  template,
  flat,
  maxSize,
  deadline,
  concurrency,
  connections,
  limitRate,
  idleTimeout,
  timeLimit,
  retries
]

/** Its text, wherever it is set. */
export const text = (setting: Setting<unknown>): Config.Config<string> => Config.String(setting.variable)

/** Its value. What is wrong in the environment is told with the variable's name; in the file, by whom has read it. */
export const value = <A>(setting: Setting<A>): Config.Config<A> =>
  Config.mapEffect(text(setting), (text) =>
    Option.match(setting.reader.read(text), {
      onNone: () =>
        Effect.fail(
          new Config.ConfigError(
            new ConfigProvider.SourceError({ message: `${setting.variable}: ${setting.reader.refusal(text)}` })
          )
        ),
      onSome: Effect.succeed
    })
  )
