/**
 * The short form of faults.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as ByteSizes from "../../internal/ByteSizes.ts"
import * as Redaction from "../../internal/Redaction.ts"
import { Kind, type Target, targets } from "./FaultKind.ts"

export interface Parts {
  readonly target: Target
  readonly kind: Kind
  readonly times: number
  readonly skip: number
}

/** Reads the short form, or says what is wrong with it. */
export const read = (input: string): Result.Result<Parts, string> => {
  const [, target = "", main = "", more = ""] = /^([^:]*):?([^,]*)(.*)$/s.exec(input.trim()) ?? []
  if (!isTarget(target)) return Result.fail(`there is no target ${Redaction.quoted(target)}`)
  const [, name = "", value, bytes, count] = /^([^=@]*?)(?:=([^@]*?))?(?:@(.*?))?(?:x(\d+|always))?$/.exec(main) ?? []
  const form = forms.get(name)
  if (form === undefined) return Result.fail(`there is no kind ${Redaction.quoted(name)}`)
  if (form.storageOnly === true && target !== "storage") return Result.fail(`${name} is for storage alone`)

  const options = new Map(
    more
      .split(/,(?=[a-z-]+=)/)
      .slice(1)
      .map((option) => {
        const at = option.indexOf("=")
        return [option.slice(0, at), option.slice(at + 1)] as const
      })
  )
  const unknown = [...options.keys()].find((key) => key !== "skip" && !optionNames(form).includes(key))
  if (unknown !== undefined) return Result.fail(`${name} has no option ${unknown}`)
  const skip = wholeNumber(options.get("skip") ?? "0")
  const kind = form.read(value ?? bytes, options)
  if (kind === undefined || skip === undefined) return Result.fail(`expected ${whole(form)}`)
  const times = count === "always" ? Number.POSITIVE_INFINITY : Number(count ?? 1)
  return Result.succeed({ target, kind, times, skip })
}

/** What may be written. */
export const help = (): string =>
  "A fault is <target>:<kind>, then x<times> or xalways, then options such as ,skip=2\n" +
  `  targets: ${targets.join(", ")}\n` +
  "  bytes may have a unit (64KiB, 1M), times have one (250ms, 2s, 1m)\n" +
  `  kinds:\n${[...forms.values()].map((form) => `    ${whole(form)}`).join("\n")}`

/** The same with what each kind is. */
export const guide = (): ReadonlyArray<readonly [form: string, meaning: string]> => [
  ["<target>:<kind>", `For one request; targets: ${targets.join(", ")}`],
  ["<fault>x<times>", "For so many requests; xalways: for all"],
  ["<fault>,skip=<number>", "Not for the first so many requests"],
  ...[...forms.values()].map(({ form, meaning, more = [], storageOnly }): readonly [string, string] => [
    form,
    meaning +
      (storageOnly === true ? " (storage only)" : "") +
      (more.length === 0 ? "" : `; options: ${more.map((option) => `,${option}`).join(" ")}`)
  ])
]

/** With its options. */
const whole = ({ form, more = [] }: Form): string => form + more.map((option) => `[,${option}]`).join("")

const optionNames = ({ more = [] }: Form): ReadonlyArray<string> => more.map((option) => option.replace(/=.*$/, ""))

/** How one kind is written. */
interface Form {
  readonly form: string
  /** What goes wrong. */
  readonly meaning: string
  readonly storageOnly?: boolean
  /** Options as they are written. */
  readonly more?: ReadonlyArray<string>
  /** Given what stands after `=` or `@`. */
  readonly read: (value: string | undefined, options: ReadonlyMap<string, string>) => Kind | undefined
}

const plain = (name: string, meaning: string, kind: Kind, storageOnly = false): Form => ({
  form: name,
  meaning,
  storageOnly,
  read: (value) => (value === undefined ? kind : undefined)
})

const atByte = (name: string, meaning: string, kind: (after: number) => Kind): Form => ({
  form: `${name}@<bytes>`,
  meaning,
  read: (value) => map(value, byteCount, kind)
})

const forms: ReadonlyMap<string, Form> = new Map(
  Object.entries({
    delay: {
      form: "delay=<time>",
      meaning: "Delays the response by this time",
      read: (value) => map(value, timeSpan, (duration) => Kind.Delay({ duration }))
    },
    throttle: {
      form: "throttle=<bytes/s>",
      meaning: "Sends the body at this rate",
      read: (value) =>
        map(value, byteCount, (bytesPerSecond) =>
          bytesPerSecond === 0 ? undefined : Kind.Throttle({ bytesPerSecond })
        )
    },
    status: {
      form: "status=<code>",
      meaning: "Responds with this status",
      more: ["retry-after=<time>", "retry-after-date=<time>", "type=<content type>", "body=<text>"],
      read: (value, options) => {
        const date = options.get("retry-after-date")
        const wait = date ?? options.get("retry-after")
        const retryAfter = timeSpan(wait)
        if (wait !== undefined && retryAfter === undefined) return undefined
        const retryAfterAs = date === undefined ? "seconds" : "date"
        const [body, contentType] = [options.get("body"), options.get("type")]
        return map(value, statusCode, (status) => Kind.Status({ status, retryAfter, retryAfterAs, body, contentType }))
      }
    },
    html: plain("html", "A web page in place of what was asked for", Kind.Html()),
    "malformed-json": plain("malformed-json", "JSON that ends too early", Kind.MalformedJson()),
    redirect: {
      form: "redirect[=<hops>]",
      meaning: "Redirects this many times",
      more: ["status=<code>", "location=<url>"],
      read: (value = "1", options) => {
        const [hops, status] = [wholeNumber(value), statusCode(options.get("status") ?? "302")]
        return hops === undefined || hops === 0 || status === undefined
          ? undefined
          : Kind.Redirect({ hops, status, location: options.get("location") })
      }
    },
    drop: plain("drop", "The connection is closed without an answer", Kind.Drop()),
    reset: atByte("reset", "The connection is reset after so many bytes", (after) => Kind.Reset({ after })),
    cut: atByte("cut", "The body ends too early, after so many bytes", (after) => Kind.Cut({ after })),
    "cut-undeclared": atByte("cut-undeclared", "The same, without a declared length", (after) =>
      Kind.CutUndeclared({ after })
    ),
    stall: atByte("stall", "Nothing more comes after so many bytes", (after) => Kind.Stall({ after })),
    "wrong-length": {
      form: "wrong-length=[-]<bytes>",
      meaning: "Declares a length that is off by this much",
      read: (value) => {
        const by = byteCount(value?.replace(/^[-+]/, ""))
        return by === undefined ? undefined : Kind.WrongLength({ by: value?.startsWith("-") === true ? -by : by })
      }
    },
    "changed-etag": plain("changed-etag", "Another object from then on", Kind.ChangedETag(), true),
    "weak-etag": plain("weak-etag", "A weak ETag", Kind.WeakETag(), true),
    "no-etag": plain("no-etag", "No ETag", Kind.NoETag(), true),
    "ignore-range": plain("ignore-range", "All is sent, whatever the range", Kind.IgnoreRange(), true),
    "wrong-range": plain("wrong-range", "Another range than the one asked for", Kind.WrongRange(), true),
    "wrong-checksum": plain("wrong-checksum", "Checksums of other bytes", Kind.WrongChecksum(), true),
    corrupt: atByte("corrupt", "Changes the byte at this offset", (at) => Kind.Corrupt({ at }))
  })
)

const isTarget = (value: string): value is Target => targets.some((target) => target === value)

const map = <A, B>(value: string | undefined, read: (value: string | undefined) => A | undefined, f: (a: A) => B) => {
  const result = read(value)
  return result === undefined ? undefined : f(result)
}

const wholeNumber = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined

const statusCode = (value: string | undefined): number | undefined =>
  value !== undefined && /^[2-5]\d\d$/.test(value) ? Number(value) : undefined

const byteCount = (value: string | undefined): number | undefined =>
  value === undefined ? undefined : ByteSizes.parse(value)

const timeSpan = (value: string | undefined): Duration.Duration | undefined => {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d+)?)(ms|s|m|h)$/.exec(value ?? "") ?? []
  switch (unit) {
    case "ms":
      return Duration.millis(Number(amount))
    case "s":
      return Duration.seconds(Number(amount))
    case "m":
      return Duration.minutes(Number(amount))
    case "h":
      return Duration.hours(Number(amount))
    default:
      return undefined
  }
}
