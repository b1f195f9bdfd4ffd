/** How the words of flags, of the environment and of the configuration file are read. */
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

export interface Reader<A> {
  /** What help calls such a value. */
  readonly metavar: string
  readonly read: (text: string) => Option.Option<A>
  /** Why a text cannot be read. */
  readonly refusal: (text: string) => string
}

/** Any text. */
export const text = (metavar: string): Reader<string> => ({ metavar, read: Option.some, refusal: (text) => text })

/** `true` or `false`. */
export const truth: Reader<boolean> = {
  metavar: "BOOLEAN",
  read: (text) => Option.fromUndefinedOr(truths[text.trim().toLowerCase()]),
  refusal: (text) => `${JSON.stringify(text)} is neither true nor false`
}

const truths: { readonly [word: string]: boolean } = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false
}

/** `100MB`, `2 GiB`, or a number of bytes. */
export const byteSize: Reader<number> = {
  metavar: "SIZE",
  read: (text) => {
    const spaced = text
      .trim()
      .replace(/^([\d.]+)\s*([A-Za-z]*)$/, (_, number: string, unit: string) => `${number} ${unit || "B"}`)
    return ByteSize.fromString(spaced).pipe(
      Option.flatMap(ByteSize.toNumber),
      Option.filter((size) => size > 0)
    )
  },
  refusal: (text) => `${JSON.stringify(text)} is not a size; write for example 100MB or 2GiB`
}

/** Such as `30s`, `10m` or `2h`. */
export const duration: Reader<Duration.Duration> = {
  metavar: "DURATION",
  read: (text) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
    const make = units[unit ?? ""]
    return make === undefined ? Option.none() : Option.filter(Option.some(make(Number(amount))), Duration.isPositive)
  },
  refusal: (text) => `${JSON.stringify(text)} is not a duration; write for example 30s, 10m or 2h`
}

const units: { readonly [unit: string]: (value: number) => Duration.Duration } = {
  ms: Duration.millis,
  s: Duration.seconds,
  m: Duration.minutes,
  h: Duration.hours,
  d: Duration.days
}

/** A whole number from `minimum` to `maximum`. */
export const wholeNumber = (metavar: string, minimum: number, maximum: number): Reader<number> => ({
  metavar,
  read: (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1
    return value >= minimum && value <= maximum ? Option.some(value) : Option.none()
  },
  refusal: (text) => `${JSON.stringify(text)} is not a whole number from ${minimum} to ${maximum}`
})
