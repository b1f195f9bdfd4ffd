/** How a transfer behaves: as it is told, and as it is used. */
import * as Duration from "effect/Duration"
import * as OptionCheck from "../../http/OptionCheck.ts"

/**
 * How a transfer behaves. A value that means nothing (a limit of 0 or less, a count that is not whole, `NaN`) is a defect: a
 * `RangeError` that names the option.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How long no byte may come before the exchange counts as failed; more than 0. Default 30 s. */
  readonly idleTimeout?: Duration.Input | undefined
  /** Tries in a row without a byte, before the transfer ends; from 0 to `Infinity`. Default 8. */
  readonly retries?: number | undefined
  /** First step of the backoff, which doubles. Default 500 ms. */
  readonly backoffBase?: Duration.Input | undefined
  /** Longest step of the backoff, and the longest `Retry-After` that is obeyed. Default 30 s. */
  readonly backoffCap?: Duration.Input | undefined
  /** Redirects followed in one exchange; from 0, at most 20. Default 5. */
  readonly redirects?: number | undefined
  /**
   * The most connections over which one object is read; there are as many as pay, and no more where they reach `limitRate`.
   * From 1; more than 64 are 64. Default 1.
   */
  readonly connections?: number | undefined
  /**
   * The most bytes a second, over all connections and all transfers of one source: evenly, in pieces of a quarter of a second
   * at the most. More than 0; `Infinity` is none. Default: no limit.
   */
  readonly limitRate?: number | undefined
  /** Limit of the whole transfer; more than 0. Default: none. */
  readonly timeLimit?: Duration.Input | undefined
}

/** {@link Options} as they are used. */
export interface Limits {
  readonly idleTimeout: Duration.Duration
  readonly retries: number
  readonly base: Duration.Duration
  readonly cap: Duration.Duration
  readonly redirects: number
  readonly connections: number
  readonly limitRate: number
  readonly timeLimit: Duration.Duration | undefined
}

/** What holds where nothing else is said. */
export const initial: Limits = {
  idleTimeout: Duration.seconds(30),
  retries: 8,
  base: Duration.millis(500),
  cap: Duration.seconds(30),
  redirects: 5,
  connections: 1,
  limitRate: Infinity,
  timeLimit: undefined
}

const option = OptionCheck.of("Transfer")

/** What is not given is as in `usual`. */
export const from = (options: Options, usual: Limits): Limits => ({
  idleTimeout: option.limit("idleTimeout", options.idleTimeout) ?? usual.idleTimeout,
  retries: option.count("retries", options.retries, 0) ?? usual.retries,
  base: option.pause("backoffBase", options.backoffBase) ?? usual.base,
  cap: option.pause("backoffCap", options.backoffCap) ?? usual.cap,
  redirects: option.count("redirects", options.redirects, 0, 20) ?? usual.redirects,
  connections: option.count("connections", options.connections, 1, 64) ?? usual.connections,
  limitRate: option.positive("limitRate", options.limitRate) ?? usual.limitRate,
  timeLimit: option.limit("timeLimit", options.timeLimit) ?? usual.timeLimit
})
