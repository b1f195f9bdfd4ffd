/** An API that is reached over plain HTTP, so that others on the way can read the credentials. */
import * as Effect from "effect/Effect"
import { Output } from "../output/Output.ts"

/** Whether what is sent there leaves this machine unencrypted. */
export const isSo = (baseUrl: string): boolean => {
  const { hostname, protocol } = new URL(baseUrl)
  return protocol === "http:" && !/^(?:(?:.+\.)?localhost\.?|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

/** Before credentials are sent there; also with `--quiet`. */
export const warn = Effect.fnUntraced(function* (baseUrl: string) {
  const { warn } = yield* Output
  if (isSo(baseUrl)) yield* warn(`${baseUrl}: ${danger}; ${advice}`)
})

export const danger = "the credentials travel unencrypted, and others on the way can read them"

export const advice = "give a base URL with https"
