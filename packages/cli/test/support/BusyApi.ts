/** An API that bears so many calls at once, and answers 429 to those beyond. What it takes is passed on. */
import { buffer } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Server from "./Server.ts"

export interface Call {
  /** In milliseconds. */
  readonly time: number
  /** How many there were then, with this one. */
  readonly atOnce: number
  readonly isRefused: boolean
}

export interface BusyApi {
  readonly url: string
  /** All calls since this was last asked. */
  readonly calls: () => ReadonlyArray<Call>
}

/** So long it thinks about a question, in milliseconds. What begins a job it does at once: whoever asks may be killed meanwhile. */
const latency = 200

/** The seconds that whoever is refused is asked to wait. */
export const pause = 1

export const make = (apiUrl: string, most: number): Effect.Effect<BusyApi, never, Scope.Scope> => {
  const calls: Array<Call> = []
  let atOnce = 0
  const { origin, pathname } = new URL(apiUrl)
  const passOn = async (request: Server.Request): Promise<Server.Answer> => {
    const body = await buffer(request)
    if (request.method === "GET") await new Promise((resolve) => setTimeout(resolve, latency))
    const { authorization = "", "content-type": type = "" } = request.headers
    const answer = await fetch(`${origin}${request.url}`, {
      method: request.method ?? "GET",
      headers: { authorization, "content-type": type },
      ...(body.length === 0 ? {} : { body })
    })
    return { status: answer.status, headers: { "content-type": "application/json" }, body: await answer.text() }
  }
  return Effect.map(
    Server.make(async (request) => {
      const isRefused = ++atOnce > most
      calls.push({ time: performance.now(), atOnce, isRefused })
      try {
        return isRefused ? { status: 429, headers: { "retry-after": String(pause) } } : await passOn(request)
      } catch {
        // Whoever asked has been killed.
        return { status: 500 }
      } finally {
        atOnce--
      }
    }),
    (server) => ({ url: `${server.origin}${pathname}`, calls: () => calls.splice(0) })
  )
}
