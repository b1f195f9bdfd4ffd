/**
 * Options that mean nothing, such as `NaN` retries, are mistakes of a program. A guess at what was meant would hide them, so
 * they are defects: a `RangeError` that names the option, its value and what it may be. What is only too much is cut.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** Each check gives the option back as it is used; one that is not given is nobody's mistake. */
export interface OptionCheck {
  /** A whole number from `least` on, cut to `most`, which `Infinity` may stand for. */
  readonly count: (name: string, value: number | undefined, least: number, most?: number) => number | undefined
  /** A number of more than 0. */
  readonly positive: (name: string, value: number | undefined) => number | undefined
  /** A time that is not negative. */
  readonly pause: (name: string, value: Duration.Input | undefined) => Duration.Duration | undefined
  /** A time in which something can happen. */
  readonly limit: (name: string, value: Duration.Input | undefined) => Duration.Duration | undefined
}

/** Checks for the options of a service with this name. */
export const of = (service: string): OptionCheck => {
  const refuse = (name: string, value: unknown, allowed: string) => {
    throw new RangeError(`${service}: the option ${name} is ${String(value)}; give ${allowed}`)
  }

  const duration = (
    name: string,
    value: Duration.Input,
    allowed: string,
    isAllowed: (time: Duration.Duration) => boolean
  ) => {
    const time = Number.isNaN(value) ? Option.none() : Option.filter(Duration.fromInput(value), isAllowed)
    return Option.getOrElse(time, () => refuse(name, value, allowed))
  }

  return {
    count: (name, value, least, most = Infinity) => {
      if (value === undefined) return undefined
      const isWhole = Number.isInteger(value) || value === Infinity
      return isWhole && value >= least
        ? Math.min(value, most)
        : refuse(name, value, `a whole number of at least ${least}`)
    },
    positive: (name, value) =>
      value === undefined || value > 0 ? value : refuse(name, value, "a number of more than 0"),
    pause: (name, value) =>
      value === undefined
        ? undefined
        : duration(name, value, "a duration of at least 0", (time) => !Duration.isNegative(time)),
    limit: (name, value) =>
      value === undefined ? undefined : duration(name, value, "a duration of more than 0", Duration.isPositive)
  }
}
