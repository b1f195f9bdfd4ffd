/**
 * What the emulator answers, before it is known whether a socket or a function call carries it. Two thin adapters turn
 * a reply into bytes: `EmulatorHttpClient` in memory, `EmulatorServer` of `@scenario-assets/node` on a port.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Content from "./Content.ts"

/**
 * How an answer ends. `after` counts bytes of the body.
 *
 * - `complete`: as it should.
 * - `reset`: the connection breaks (a TCP reset).
 * - `cut`: the connection is closed in good order, whatever was declared.
 * - `stall`: nothing more comes, and the connection stays open; after 0 bytes not even the head comes.
 * - `drop`: the connection is closed without any answer.
 *
 * @category models
 * @since 0.1.0
 */
export type Ending =
  | { readonly _tag: "complete" | "drop" }
  | { readonly _tag: "reset" | "cut" | "stall"; readonly after: number }

/**
 * An answer. Without a `content-length` among the headers, the end of the connection ends the body.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Content.Content
  /** The part of the body to send: from (inclusive), to (exclusive). */
  readonly range: readonly [from: number, to: number]
  readonly ending: Ending
  /** How fast to send the body at most; as fast as it goes when absent. */
  readonly bytesPerSecond?: number | undefined
}

const complete: Ending = { _tag: "complete" }

/** An answer with a body of known length; without one where the status allows none. */
export const make = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Content.Content = Content.empty,
  range: readonly [from: number, to: number] = [0, body.size]
): Reply =>
  status === 204 || status === 304
    ? { status, headers, body: Content.empty, range: [0, 0], ending: complete }
    : { status, headers: { ...headers, "content-length": String(range[1] - range[0]) }, body, range, ending: complete }

export const text = (status: number, contentType: string, body: string): Reply =>
  make(status, { "content-type": contentType }, Content.fromText(body))

export const json = (status: number, body: Schema.JsonObject): Reply =>
  text(status, "application/json", JSON.stringify(body))

/** An error as S3 and CloudFront word it. */
export const xmlError = (status: number, code: string, message: string): Reply =>
  text(
    status,
    "application/xml",
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  )

/** Answers another way of ending. */
export const ending = (self: Reply, ending: Ending): Reply => ({ ...self, ending })

/** The part of the body that is sent before the ending: from (inclusive), to (exclusive). */
export const sent = ({ ending, range: [from, to] }: Reply): readonly [from: number, to: number] => [
  from,
  // What is computed, such as 1.5 MiB, may be a part of a byte too many, which nobody can send.
  "after" in ending ? Math.min(to, from + Math.floor(ending.after)) : to
]

/** The bytes that are sent before the ending, at the rate of the reply. */
export const stream = (self: Reply): Stream.Stream<Uint8Array> => {
  const { body, bytesPerSecond } = self
  const [from, to] = sent(self)
  if (bytesPerSecond === undefined) return Stream.fromIterable(Content.chunks(body, from, to), { chunkSize: 1 })
  const step = Math.max(1, Math.min(Content.chunkSize, Math.floor(bytesPerSecond / sendsPerSecond)))
  return Stream.unwrap(
    Effect.map(Clock.currentTimeMillis, (start) =>
      Stream.fromIterable(Content.chunks(body, from, to, { size: step }), { chunkSize: 1 }).pipe(
        Stream.mapAccumEffect(
          () => 0,
          Effect.fnUntraced(function* (before, bytes) {
            const sum = before + bytes.length
            const due = start + (sum / bytesPerSecond) * 1000
            yield* Effect.sleep(Math.max(0, due - (yield* Clock.currentTimeMillis)))
            return [sum, [bytes]] as const
          })
        )
      )
    )
  )
}

/** Often enough to look steady. */
const sendsPerSecond = 50
