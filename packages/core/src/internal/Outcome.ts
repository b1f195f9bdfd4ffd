/** How something ended, as an attribute of a metric. */
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"

/** Counts one by how it ended. */
export const count = (metric: Metric.Counter<number>, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
  const outcome = Exit.isSuccess(exit) ? "success" : Exit.hasInterrupts(exit) ? "interrupted" : "failure"
  return Metric.update(Metric.withAttributes(metric, { outcome }), 1)
}
