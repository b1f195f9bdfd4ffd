/** What each setting is, and where it was set. */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { exitCodes } from "../errors/ExitCode.ts"
import * as ConfigFile from "../settings/ConfigFile.ts"
import * as Settings from "../settings/Settings.ts"
import * as Check from "./Check.ts"

export interface Found {
  readonly key: string
  /** None where it is not valid: it may be anything, also a secret. */
  readonly value?: string
  /** `flag`, the name of a variable, the path of the file, or `default`. */
  readonly source: string
}

export const isSet = ({ source }: Found): boolean => source !== "default"

/** What was given on the command line, under its key. */
export type Given = { readonly [key: string]: Option.Option<string> }

export const run = Effect.fnUntraced(function* (given: Given) {
  const path = yield* ConfigFile.path
  const file = yield* Effect.result(ConfigFile.read(path))
  const values: ConfigFile.Values = Result.getOrElse(file, () => new Map())
  const checks: Array<Check.Check> = []
  const found: Array<Found> = []
  for (const setting of Settings.all) {
    const { source, text } = yield* lookUp(setting, given, path, values)
    const isUsable = source === "default" || Option.isSome(setting.reader.read(text))
    found.push(isUsable ? { key: setting.key, value: text, source } : { key: setting.key, source })
    if (isUsable) continue
    const where = source === "flag" ? `--${setting.key}` : source
    checks.push(wrong(`${where}: ${setting.reader.refusal(text)}`))
  }
  if (Result.isFailure(file)) checks.push(wrong(file.failure.message))
  if (checks.length === 0) {
    const set = found.filter(isSet).length
    const isThere = yield* Effect.orElseSucceed((yield* FileSystem.FileSystem).exists(path), () => false)
    const where = isThere ? `configuration file: ${path}` : `no configuration file at ${path}`
    checks.push(Check.ok("settings", `${set === 0 ? "none" : set} set (${where})`))
  }
  return { checks, found }
})

const lookUp = Effect.fnUntraced(function* (
  setting: Settings.Setting<unknown>,
  given: Given,
  path: string,
  file: ConfigFile.Values
) {
  const flag = given[setting.key]
  if (flag !== undefined && Option.isSome(flag)) return { source: "flag", text: flag.value }
  const environment = yield* Config.option(Settings.text(setting)).pipe(
    // The environment alone: the provider of a run has the file behind it.
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv())
  )
  if (Option.isSome(environment)) return { source: setting.variable, text: environment.value }
  const text = file.get(setting.key)
  return text === undefined ? { source: "default", text: setting.otherwise } : { source: path, text }
})

const wrong = (message: string) => Check.problem("settings", message, "Correct or remove it.", exitCodes.usage)
