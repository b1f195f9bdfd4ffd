/** The configuration file: what the environment does not say, it says. */
import { join } from "node:path"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Places from "../files/Places.ts"
import * as SystemCode from "../files/SystemCode.ts"
import * as Settings from "./Settings.ts"

/** The text of each setting, under its key. */
export type Values = ReadonlyMap<string, string>

export const path: Config.Config<string> = Config.map(Places.configDirectory, (directory) =>
  join(directory, "config.json")
)

/** What the file says; nothing where there is none. One wrong word in it is an error that names file and key. */
export const read = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<Values, ConfigProvider.SourceError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const refuse = (why: string) =>
    Effect.fail(new ConfigProvider.SourceError({ message: `the configuration file ${path}: ${why}` }))
  const content = yield* fs.readFileString(path).pipe(
    Effect.map(Option.some),
    Effect.catch((error) =>
      error.reason._tag === "NotFound"
        ? Effect.succeedNone
        : refuse(`it cannot be read ${SystemCode.unreadable(error)}`)
    )
  )
  if (Option.isNone(content)) return new Map()

  const entries = decode(content.value)
  if (Option.isNone(entries)) {
    return yield* refuse(`it must be a JSON object of settings, for example { "output": "renders", "retries": 3 }`)
  }
  const values = new Map<string, string>()
  for (const [key, value] of Object.entries(entries.value)) {
    const setting = Settings.all.find((setting) => setting.key === key)
    if (setting === undefined) {
      return yield* refuse(
        `unknown setting ${JSON.stringify(key)}; the settings are ${Settings.all.map(({ key }) => key).join(", ")}`
      )
    }
    const text = String(value)
    if (Option.isNone(setting.reader.read(text))) return yield* refuse(`${key}: ${setting.reader.refusal(text)}`)
    values.set(key, text)
  }
  return values
})

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])))
)

/** Behind the environment, under the same names. It is read when the first of them is wanted. */
export const layer: Layer.Layer<never, Config.ConfigError, FileSystem.FileSystem> = ConfigProvider.layerAdd(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const values = yield* Effect.cached(Effect.provideService(read(yield* path), FileSystem.FileSystem, fs))
    return ConfigProvider.make((names) => {
      const setting = Settings.all.find(({ variable }) => names.length === 1 && names[0] === variable)
      if (setting === undefined) return Effect.undefined
      return values.pipe(
        Effect.map((values) => values.get(setting.key)),
        Effect.map((text) => (text === undefined ? undefined : ConfigProvider.makeValue(text)))
      )
    })
  })
)
