/**
 * Puts the faults a request meets between it and its right answer.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Content from "./Content.ts"
import type { Strike } from "./FaultPlan.ts"
import * as Reply from "./Reply.ts"
import { httpDate } from "./Storage.ts"

export interface Options {
  readonly host: "api" | "storage"
  /** Scheme, host and port the request came to. */
  readonly origin: string
  readonly request: HttpServerRequest
  readonly strike: Strike
  readonly rightAnswer: (request: HttpServerRequest, strike: Strike) => Effect.Effect<Reply.Reply>
}

export const answer = Effect.fnUntraced(function* ({ host, origin, request, rightAnswer, strike }: Options) {
  const delay = strike.get("Delay")
  if (delay !== undefined) yield* Effect.sleep(delay.duration)
  const wrong = wrongAnswer(host, origin, request.url, strike, yield* Clock.currentTimeMillis)
  if (wrong !== undefined) return wrong

  const { hops, path } = withoutHops(request.url)
  if (hops > 0) return redirectTo(302, `${origin}${hopsPath}${hops - 1}${path}`)
  const reply = yield* rightAnswer(path === request.url ? request : request.modify({ url: path }), strike)
  const bytesPerSecond = strike.get("Throttle")?.bytesPerSecond
  return withoutBodyOfHead(request.method, {
    ...wrongEnding(wrongLength(corrupted(reply, strike), strike), strike),
    bytesPerSecond
  })
})

const wrongAnswer = (
  host: "api" | "storage",
  origin: string,
  url: string,
  strike: Strike,
  now: number
): Reply.Reply | undefined => {
  if (strike.get("Drop") !== undefined) return Reply.ending(Reply.make(503, {}), { _tag: "drop" })
  if (strike.get("Html") !== undefined) return Reply.text(200, "text/html; charset=utf-8", gatewayPage)
  if (strike.get("MalformedJson") !== undefined) return Reply.text(200, "application/json", `{"jobId":"job_`)

  const redirect = strike.get("Redirect")
  if (redirect !== undefined) {
    return redirectTo(redirect.status, redirect.location ?? `${origin}${hopsPath}${redirect.hops - 1}${url}`)
  }

  const status = strike.get("Status")
  if (status === undefined) return undefined
  const usual =
    host === "storage"
      ? Reply.xmlError(status.status, `Status${status.status}`, "A fault that was asked for.")
      : Reply.json(status.status, {
          error: "A fault that was asked for",
          apiError: `Status${status.status}`,
          infos: {}
        })
  const reply =
    status.body === undefined && status.contentType === undefined
      ? usual
      : Reply.text(status.status, status.contentType ?? "text/plain; charset=utf-8", status.body ?? "")
  if (status.retryAfter === undefined) return reply
  const wait = Duration.toMillis(status.retryAfter)
  const retryAfter = status.retryAfterAs === "date" ? httpDate(now + wait) : String(Math.ceil(wait / 1000))
  return { ...reply, headers: { ...reply.headers, "retry-after": retryAfter } }
}

const gatewayPage =
  "<!doctype html>\n<html><head><title>Please wait</title></head><body><h1>The gateway is busy</h1></body></html>\n"

/** `/hops/2/x` leads to `/hops/1/x`, that to `/hops/0/x`, and that is `/x`. */
const hopsPath = "/hops/"

const withoutHops = (url: string): { readonly hops: number; readonly path: string } => {
  const match = /^\/hops\/(\d{1,9}|Infinity)(\/.*)$/.exec(url)
  return match === null ? { hops: 0, path: url } : { hops: Number(match[1]), path: match[2] ?? "/" }
}

const redirectTo = (status: number, location: string): Reply.Reply => Reply.make(status, { location })

const corrupted = (reply: Reply.Reply, strike: Strike): Reply.Reply => {
  const at = strike.get("Corrupt")?.at
  return at === undefined ? reply : { ...reply, body: Content.corrupt(reply.body, reply.range[0] + at) }
}

const wrongLength = (reply: Reply.Reply, strike: Strike): Reply.Reply => {
  const by = strike.get("WrongLength")?.by
  const declared = reply.headers["content-length"]
  return by === undefined || declared === undefined
    ? reply
    : {
        ...reply,
        headers: { ...reply.headers, "content-length": String(Math.max(0, Number(declared) + by)) }
      }
}

const wrongEnding = (reply: Reply.Reply, strike: Strike): Reply.Reply => {
  const reset = strike.get("Reset")
  if (reset !== undefined) return Reply.ending(reply, { _tag: "reset", after: reset.after })
  const stall = strike.get("Stall")
  if (stall !== undefined) return Reply.ending(reply, { _tag: "stall", after: stall.after })
  const cut = strike.get("Cut")
  if (cut !== undefined) return Reply.ending(reply, { _tag: "cut", after: cut.after })
  const undeclared = strike.get("CutUndeclared")
  if (undeclared === undefined) return reply
  const { "content-length": _, ...headers } = reply.headers
  return Reply.ending({ ...reply, headers }, { _tag: "cut", after: undeclared.after })
}

const withoutBodyOfHead = (method: string, reply: Reply.Reply): Reply.Reply =>
  method === "HEAD" ? { ...reply, range: [reply.range[0], reply.range[0]] } : reply
