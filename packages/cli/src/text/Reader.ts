/** How the words of flags, of the environment and of the configuration file are read. */
import * as ByteSizes from "@scenario-assets/core/engine/ByteSizes"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
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
  refusal: (text) => `${Redaction.quoted(text)} is neither true nor false`
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

/** `100MB`, `2 GiB`, `512K`, or a number of bytes. */
export const byteSize: Reader<number> = {
  metavar: "SIZE",
  read: (text) => Option.filter(Option.fromUndefinedOr(ByteSizes.parse(text)), (size) => size > 0),
  refusal: (text) => `${Redaction.quoted(text)} is not a size; it takes ${ByteSizes.units}, for example 100MB`
}

/** Such as `30s`, `10m` or `1h30m`. */
export const duration: Reader<Duration.Duration> = {
  metavar: "DURATION",
  read: (text) => {
    const amounts = durations.exec(text.trim())?.slice(1)
    if (amounts === undefined) return Option.none()
    const milliseconds = amounts.reduce((sum, amount, index) => sum + Number(amount ?? 0) * (lengths[index] ?? 0), 0)
    return Option.filter(Option.some(Duration.millis(milliseconds)), Duration.isPositive)
  },
  refusal: (text) =>
    `${Redaction.quoted(text)} is not a duration: it takes a number above 0 with a unit (d, h, m, s or ms), for example 30s or 1h30m`
}

const durations = new RegExp(
  `^${["d", "h", "m", "s", "ms"].map((unit) => `(?:(\\d+(?:\\.\\d+)?)${unit}\\s*)?`).join("")}$`,
  "i"
)
const lengths = [86_400_000, 3_600_000, 60_000, 1000, 1]

const durationsInWords = "d, h, m, s and ms, also together, for example 30s or 1h30m"

/** What is taken for such a value, as help says it. */
export const values: ReadonlyArray<readonly [metavar: string, taken: string]> = [
  [byteSize.metavar, `A number with ${ByteSizes.units}, in any case`],
  [duration.metavar, `Numbers with ${durationsInWords}`]
]

/** A whole number from `minimum` to `maximum`. */
export const wholeNumber = (metavar: string, minimum: number, maximum: number): Reader<number> => ({
  metavar,
  read: (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1
    return value >= minimum && value <= maximum ? Option.some(value) : Option.none()
  },
  refusal: (text) => `${Redaction.quoted(text)} is not a whole number from ${minimum} to ${maximum}`
})
