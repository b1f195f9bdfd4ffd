/**
 * Limits that several transfers keep together.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as OptionCheck from "../http/OptionCheck.ts"
import * as Permits from "./internal/Permits.ts"
import * as RateLimit from "./internal/RateLimit.ts"

/**
 * What transfers share that are given the same pool: connections, and a rate.
 *
 * **When to use**
 *
 * For several transfers of one program, one user or one host. A transfer waits until there is a connection for it; one that has
 * several gives some of them up for those that wait.
 *
 * **Gotchas**
 *
 * A stream that is not pulled keeps its connections. Who reads from a second one of the same pool before they go on with the first
 * needs a pool of two connections at least.
 *
 * @category models
 * @since 0.1.0
 */
export interface TransferPool {
  readonly connections: Permits.Permits
  readonly rateLimit: RateLimit.RateLimit | undefined
}

/**
 * The limits. A value that means nothing is a defect: a `RangeError` that names the option.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The most connections at once, over all transfers. From 1. Default: no limit. */
  readonly connections?: number | undefined
  /** The most bytes a second, over all transfers: evenly. More than 0. Default: no limit. */
  readonly limitRate?: number | undefined
}

const option = OptionCheck.of("TransferPool")

/**
 * A pool of its own.
 *
 * ```ts
 * const pool = yield* TransferPool.make({ connections: 16, limitRate: 10_000_000 })
 * yield* Effect.forEach(sources, (source, index) => files.run(source, `${index}.glb`, { pool }), { concurrency: 4 })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Effect.Effect<TransferPool> =>
  Effect.sync(() => {
    const limitRate = option.positive("limitRate", options.limitRate) ?? Infinity
    return {
      connections: Permits.make(option.count("connections", options.connections, 1) ?? Infinity),
      rateLimit: limitRate === Infinity ? undefined : RateLimit.make(limitRate)
    }
  })
