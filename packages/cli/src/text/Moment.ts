/** Points in time as people write them: how long ago, a day, or a day with a time. A day is one of the person's time zone. */
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Reader from "./Reader.ts"

/** The person's time zone; UTC where the system has none. */
export const localZone = (): DateTime.TimeZone =>
  Option.getOrElse(Option.liftThrowable(DateTime.zoneMakeLocal)(), () => DateTime.zoneMakeOffset(0))

export interface Moment {
  /** As it was written. */
  readonly text: string
  /** The first and the last millisecond that are meant: of a day all of it. */
  readonly span: (now: DateTime.Utc, zone: DateTime.TimeZone) => { readonly first: number; readonly last: number }
}

/** `7d`, `2026-11-01`, `2026-11-01T18:30`, or with a zone: `2026-11-01T18:30:00Z`. */
export const reader: Reader.Reader<Moment> = {
  metavar: "DATE",
  read: (word) => {
    const text = word.trim()
    return Option.map(
      Option.orElse(ago(text), () => date(text)),
      (span) => ({ text, span })
    )
  },
  refusal: (text) => `${Redaction.quoted(text)} is not a date; it takes ${inWords}`
}

const inWords = "a date (2026-11-01), a date with a time (2026-11-01T18:30), or how long ago (7d, 12h)"

/** What is taken for such a value, as help says it. */
export const taken = `A ${inWords.slice(2)}, in your time zone`

type Span = Moment["span"]

const ago = (text: string): Option.Option<Span> =>
  Option.map(Reader.duration.read(text), (duration) => (now) => {
    const at = DateTime.toEpochMillis(now) - Duration.toMillis(duration)
    return { first: at, last: at }
  })

const date = (text: string): Option.Option<Span> => {
  const [, day = "", time, seconds = "00", fraction = "", offset] = written.exec(text) ?? []
  // A day that there is none, such as February 30th, would be another one.
  if (!isDay(day)) return Option.none()
  if (time === undefined) return Option.some(spanOf(`${day}T00:00:00`, `${day}T23:59:59.999`))
  const exact = `${day}T${time}:${seconds}.${fraction.padEnd(3, "0").slice(0, 3)}`
  if (Option.isNone(DateTime.make(`${exact}Z`))) return Option.none()
  if (offset === undefined) return Option.some(spanOf(exact, exact))
  return Option.map(DateTime.make(`${exact}${offset.toUpperCase()}`), (at) => () => {
    const millis = DateTime.toEpochMillis(at)
    return { first: millis, last: millis }
  })
}

const written = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?$/i

const isDay = (day: string): boolean =>
  Option.exists(DateTime.make(`${day}T00:00:00Z`), (date) => DateTime.formatIso(date).startsWith(day))

const spanOf =
  (first: string, last: string): Span =>
  (_, timeZone) => ({ first: inZone(first, timeZone), last: inZone(last, timeZone) })

const inZone = (text: string, timeZone: DateTime.TimeZone): number =>
  Option.match(DateTime.makeZoned(`${text}Z`, { timeZone, adjustForTimeZone: true }), {
    onNone: () => Number.NaN,
    onSome: DateTime.toEpochMillis
  })
