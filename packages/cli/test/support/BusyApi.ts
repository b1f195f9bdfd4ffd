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

/** It thinks about questions and refusals. What begins a job it does at once: whoever asks may be killed meanwhile. */
const think = () => new Promise((resolve) => setTimeout(resolve, 500))

/** So many milliseconds after a refusal everything that was sent before it was known has come, on a machine that is not very slow. */
export const settled = 2500

export const make = (apiUrl: string, most: number): Effect.Effect<BusyApi, never, Scope.Scope> => {
  const calls: Array<Call> = []
  let atOnce = 0
  const { origin, pathname } = new URL(apiUrl)
  const passOn = async (request: Server.Request): Promise<Server.Answer> => {
    const body = await buffer(request)
    if (request.method === "GET") await think()
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
        if (!isRefused) return await passOn(request)
        await think()
        return { status: 429, headers: { "retry-after": "1" } }
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
