/**
 * What a synchronized directory is to hold: plain data, for a record, a queue, or another process. No credential is in it.
 *
 * @since 0.1.0
 */
import { TargetFormat } from "@scenario-assets/core/Asset"
import { Filter } from "@scenario-assets/core/engine/CatalogFilter"
import * as Schema from "effect/Schema"

const Most = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))

/**
 * A directory that holds everything a filter selects.
 *
 * @category models
 * @since 0.1.0
 */
export const SyncRequest = Schema.Struct({
  directory: Schema.String,
  /** Default: everything in the project. */
  filter: Schema.optional(Filter),
  /** See `SyncTemplate.make`. Default `SyncTemplate.defaultTemplate`. */
  template: Schema.optional(Schema.String),
  /** Every file in this format. Default: each as it is stored. */
  format: Schema.optional(TargetFormat),
  /** Also fetches files that the index knows and the directory no longer has. Default `false`. */
  repair: Schema.optional(Schema.Boolean),
  /** At most so many new assets. Default: no limit. */
  limit: Schema.optional(Schema.Natural),
  /** Files at once. Default 8. */
  concurrency: Schema.optional(Most),
  /** Connections to storage hosts at once. Default 16. */
  connections: Schema.optional(Most),
  /** The most bytes a second. Default: no limit. */
  limitRate: Schema.optional(Schema.Finite.check(Schema.isGreaterThan(0))),
  /** How long no byte may come before a transfer is tried again. Default 30 s. */
  idleTimeout: Schema.optional(Schema.DurationFromMillis),
  /** Tries in a row without a byte, before a transfer ends. Default 8. */
  retries: Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Notes of the program, kept in the record of the run. They mean nothing here, and do not tell two runs apart. */
  annotations: Schema.optional(Schema.Record(Schema.String, Schema.String))
})
/** @category models @since 0.1.0 */
export type SyncRequest = typeof SyncRequest.Type
