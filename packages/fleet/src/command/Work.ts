/** `work`: a worker, and its log. */
import * as Scenario from "@scenario-assets/cli/engine/access/Scenario"
import { UsageError } from "@scenario-assets/cli/engine/errors/CommandError"
import * as Json from "@scenario-assets/cli/engine/json/Json"
import * as Output from "@scenario-assets/cli/engine/output/Output"
import type { Connection } from "@scenario-assets/cli/engine/settings/Options"
import * as Format from "@scenario-assets/cli/engine/text/Format"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as References from "effect/References"
import * as Fleet from "../Fleet.ts"
import * as Database from "./Database.ts"

interface Values extends Connection, Output.Mode {
  readonly slots: number
  readonly name: Option.Option<string>
  readonly lease: Option.Option<Duration.Duration>
  readonly health: Option.Option<Duration.Duration>
  readonly database: Option.Option<string>
}

export const run = (values: Values) => Effect.andThen(check(values), work(values))

const check = Effect.fnUntraced(function* ({ lease, name }: Values) {
  if (Option.exists(lease, (time) => Duration.isLessThan(time, Duration.seconds(3)))) {
    return yield* new UsageError({ message: "--lease is less than 3s: whoever is there says so every second" })
  }
  if (Option.contains(name, "")) return yield* new UsageError({ message: "--name is empty" })
  return undefined
})

const work = (values: Values) =>
  Effect.gen(function* () {
    const fleet = yield* Fleet.Fleet
    const { whenInterrupted } = yield* Output.Output
    return yield* whenInterrupted(() => "Unfinished batches were given back.")(
      fleet.work({
        slots: values.slots,
        name: Option.getOrUndefined(values.name),
        healthInterval: Option.getOrUndefined(values.health)
      })
    )
  }).pipe(
    Effect.provide(
      Layer.merge(Database.layerFleet(values.database, values.lease), Scenario.layer(values)).pipe(
        Layer.provideMerge(layerLog(values)),
        Layer.provideMerge(Output.layer(values))
      )
    )
  )

/** A line for each thing that happens: on stderr for people, on stdout for programs. */
const layerLog = (mode: Output.Mode) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { progress } = yield* Output.Output
      const logger = Logger.make<unknown, void>(({ cause, date, fiber, logLevel, message }) => {
        const words = Array.isArray(message) ? message : [message]
        const said = words.filter(Predicate.isString).join(" ")
        // What Effect's queue says while the database is away, the worker has said once.
        if (said === "") return
        const notes = {
          ...fiber.getRef(References.CurrentLogAnnotations),
          ...Object.assign({}, ...words.filter(Predicate.isObject)),
          ...(cause.reasons.length === 0 ? {} : { cause: Cause.pretty(cause) })
        }
        const level = logLevel.toLowerCase()
        const time = date.toISOString()
        if (mode.json) {
          progress.write(
            process.stdout,
            `${Json.stringify({ type: "log", level, message: said, ...notes, version: Json.version, time })}\n`
          )
          return
        }
        const pairs = Object.entries(notes).map(([key, value]) => `${key}=${shown(value)}`)
        progress.write(process.stderr, `${Format.printable([time, level, said, ...pairs].join(" "))}\n`)
      })
      return Context.make(Logger.CurrentLoggers, new Set([logger]))
    })
  ).pipe(Layer.merge(Layer.succeed(References.MinimumLogLevel, mode.verbose ? "Debug" : mode.quiet ? "Warn" : "Info")))

const shown = (value: unknown): string => {
  const text = Predicate.isString(value) ? value : Json.stringify(value)
  return /^[\w.:/@-]+$/.test(text) ? text : JSON.stringify(text)
}
