/**
 * What can go wrong between a client and the emulator, as data: injected at the start or while running, for one request
 * or many.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Redaction from "../internal/Redaction.ts"
import { Kind, type Target } from "./internal/FaultKind.ts"
import * as FaultText from "./internal/FaultText.ts"

export type { Kind, Target } from "./internal/FaultKind.ts"

/**
 * A fault, the requests it meets, and how often.
 *
 * A request meets the first fault of each kind that is not used up: a delay; an answer other than the right one
 * (`Status`, `Html`, `MalformedJson`, `Redirect`, `Drop`); a rate; an ending (`Reset`, `Cut`, `CutUndeclared`, `Stall`);
 * a wrong length; each of object, ETag, range, checksum and bytes. So faults of one kind come one after the other, and
 * faults of different kinds together; but a wrong answer comes alone, after the delay.
 *
 * **Example** (Two refusals, then a slow answer whose body breaks off)
 *
 * ```ts
 * yield* emulator.inject(
 *   Fault.status("storage", 503, { times: 2, retryAfter: "1 second" }),
 *   Fault.delay("storage", "5 seconds", { skip: 2 }),
 *   Fault.reset("storage", 65_536)
 * )
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface Fault {
  readonly target: Target
  readonly kind: Kind
  /** How many requests it meets; `Infinity` for all. */
  readonly times: number
  /** How many requests of the target it lets pass before, counted from its injection. */
  readonly skip: number
}

/**
 * How often a fault comes.
 *
 * @category options
 * @since 0.1.0
 */
export interface Options {
  /** How many requests it meets, or `"always"`; default 1. */
  readonly times?: number | "always" | undefined
  /** How many requests of the target it lets pass before, counted from its injection; default 0. */
  readonly skip?: number | undefined
}

const make = (target: Target, kind: Kind, { skip = 0, times = 1 }: Options = {}): Fault => ({
  target,
  kind,
  times: times === "always" ? Number.POSITIVE_INFINITY : times,
  skip
})

/**
 * Waits before the answer begins.
 *
 * @category constructors
 * @since 0.1.0
 */
export const delay = (target: Target, duration: Duration.Input, options?: Options): Fault =>
  make(target, Kind.Delay({ duration: Duration.fromInputUnsafe(duration) }), options)

/**
 * Sends so many bytes a second on a connection, and no more.
 *
 * @category constructors
 * @since 0.1.0
 */
export const throttle = (target: Target, bytesPerSecond: number, options?: Options): Fault =>
  make(target, Kind.Throttle({ bytesPerSecond }), options)

/**
 * Answers a status, with a body in the manner of the host unless one is given, and with `Retry-After` in seconds or as
 * an HTTP date where asked for.
 *
 * @category constructors
 * @since 0.1.0
 */
export const status = (
  target: Target,
  status: number,
  options: Options & {
    readonly retryAfter?: Duration.Input | undefined
    readonly retryAfterAs?: "seconds" | "date" | undefined
    readonly body?: string | undefined
    readonly contentType?: string | undefined
  } = {}
): Fault =>
  make(
    target,
    Kind.Status({
      status,
      retryAfter: options.retryAfter === undefined ? undefined : Duration.fromInputUnsafe(options.retryAfter),
      retryAfterAs: options.retryAfterAs ?? "seconds",
      body: options.body,
      contentType: options.contentType
    }),
    options
  )

/**
 * Answers `200` with the HTML page of a gateway.
 *
 * @category constructors
 * @since 0.1.0
 */
export const html = (target: Target, options?: Options): Fault => make(target, Kind.Html(), options)

/**
 * Answers `200` with JSON that breaks off.
 *
 * @category constructors
 * @since 0.1.0
 */
export const malformedJson = (target: Target, options?: Options): Fault => make(target, Kind.MalformedJson(), options)

/**
 * Redirects to `location`; or, without one, `hops` times (default 1) on the same host before the right answer comes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const redirect = (
  target: Target,
  options: Options & {
    /** Default 302. */
    readonly status?: number | undefined
    readonly hops?: number | undefined
    readonly location?: string | undefined
  } = {}
): Fault =>
  make(
    target,
    Kind.Redirect({ status: options.status ?? 302, hops: options.hops ?? 1, location: options.location }),
    options
  )

/**
 * Closes the connection without an answer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const drop = (target: Target, options?: Options): Fault => make(target, Kind.Drop(), options)

/**
 * Resets the connection after so many bytes. After a TCP reset the receiver may lose bytes that were sent before.
 *
 * @category constructors
 * @since 0.1.0
 */
export const reset = (target: Target, after: number, options?: Options): Fault =>
  make(target, Kind.Reset({ after }), options)

/**
 * Closes the connection after so many bytes of a body that was declared longer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const cut = (target: Target, after: number, options?: Options): Fault =>
  make(target, Kind.Cut({ after }), options)

/**
 * Closes the connection after so many bytes of a body whose length was not declared, which looks like its end.
 *
 * @category constructors
 * @since 0.1.0
 */
export const cutUndeclared = (target: Target, after: number, options?: Options): Fault =>
  make(target, Kind.CutUndeclared({ after }), options)

/**
 * Sends nothing more after so many bytes, with the connection open; after 0 bytes not even a head.
 *
 * @category constructors
 * @since 0.1.0
 */
export const stall = (target: Target, after: number, options?: Options): Fault =>
  make(target, Kind.Stall({ after }), options)

/**
 * Declares a `Content-Length` that is wrong by so many bytes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const wrongLength = (target: Target, by: number, options?: Options): Fault =>
  make(target, Kind.WrongLength({ by }), options)

/**
 * Puts another object of the same length in the place of the one asked for, from now on.
 *
 * @category constructors
 * @since 0.1.0
 */
export const changedETag = (target: "storage", options?: Options): Fault => make(target, Kind.ChangedETag(), options)

/** Makes the ETag a weak one. @category constructors @since 0.1.0 */
export const weakETag = (target: "storage", options?: Options): Fault => make(target, Kind.WeakETag(), options)

/** Leaves the ETag out. @category constructors @since 0.1.0 */
export const noETag = (target: "storage", options?: Options): Fault => make(target, Kind.NoETag(), options)

/** Answers `200` with everything to a request for a range. @category constructors @since 0.1.0 */
export const ignoreRange = (target: "storage", options?: Options): Fault => make(target, Kind.IgnoreRange(), options)

/**
 * Answers a request for a range with `206` and another range: from byte 0, or from byte 1 where 0 was asked for, to the
 * end.
 *
 * @category constructors
 * @since 0.1.0
 */
export const wrongRange = (target: "storage", options?: Options): Fault => make(target, Kind.WrongRange(), options)

/**
 * Declares the checksums of other bytes; those the emulator was told to send, or else that of S3.
 *
 * @category constructors
 * @since 0.1.0
 */
export const wrongChecksum = (target: "storage", options?: Options): Fault =>
  make(target, Kind.WrongChecksum(), options)

/** Changes one byte of the body, the one after so many. @category constructors @since 0.1.0 */
export const corrupt = (target: Target, at: number, options?: Options): Fault =>
  make(target, Kind.Corrupt({ at }), options)

/**
 * A text that is no fault; its message lists what is possible.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidFault extends Schema.TaggedError<InvalidFault>()("InvalidFault", {
  input: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${Redaction.quoted(this.input)} is not a fault: ${this.problem}.\n${FaultText.help()}`
  }
}

/**
 * How faults are written in their short form, and what each kind does: for the help of a command.
 *
 * @category constants
 * @since 0.1.0
 */
export const guide: ReadonlyArray<readonly [form: string, meaning: string]> = FaultText.guide()

/**
 * Reads a fault from its short form, such as `storage:reset@65536`, `getStatus:status=503x3,retry-after=2s` or
 * `storage:delay=2sxalways,skip=1`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (input: string): Effect.Effect<Fault, InvalidFault> =>
  Effect.suspend(() =>
    Result.match(FaultText.read(input), {
      onFailure: (problem) => Effect.fail(new InvalidFault({ input, problem })),
      onSuccess: Effect.succeed
    })
  )
