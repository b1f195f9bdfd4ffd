/** Who carries out a run, and whether they are still at it. */
import { hostname, uptime } from "node:os"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ProcessId from "../../file/internal/ProcessId.ts"

/** A process of some machine. */
export const RunProcess = Schema.Struct({
  pid: Schema.Int,
  /** None where the system does not tell. */
  startTime: Schema.optionalKey(Schema.Int),
  /** In which the number counts, as that of a container; none where the system does not tell. */
  namespace: Schema.optionalKey(Schema.String),
  host: Schema.String,
  since: Schema.DateTimeUtcFromString
})
export type RunProcess = typeof RunProcess.Type

/** This process, from now on. */
export const own: Effect.Effect<RunProcess> = Effect.map(DateTime.now, (since) => ({
  ...ProcessId.own(),
  host: hostname(),
  since
}))

/** Whether it is of this machine and this container, so that it can be seen whether it is alive. */
export const isOnThisMachine = (self: RunProcess): boolean =>
  self.host === hostname() && ProcessId.isOwnNamespace(self.namespace)

/** Whether a process of this machine is there still. One that is older than the machine is up is another one by now. */
export const isAlive = ({ since, ...process }: RunProcess): boolean => {
  // Clocks are set now and then.
  const booted = DateTime.toEpochMillis(DateTime.nowUnsafe()) - uptime() * 1000 - 60_000
  return DateTime.toEpochMillis(since) >= booted && ProcessId.isAlive(process)
}

/** Whether a process of this machine carries out a run now. */
export const isBusy = (run: { readonly process: RunProcess; readonly end?: unknown }): boolean =>
  run.end === undefined && isOnThisMachine(run.process) && isAlive(run.process)
