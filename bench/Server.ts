/** A server on the loopback with objects of any size: nginx where it is present, else the emulator. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BenchError } from "./BenchError.ts"

export interface Wish {
  readonly bytes: number
  readonly tls: boolean
  /** Each connection gets {@link slowRate}. */
  readonly slow?: boolean | undefined
  /** The content does not matter, so it need not take up the disk. */
  readonly sparse?: boolean | undefined
}

/** Where an object is: by a link, and as the archive of a finished job. */
export interface Place {
  readonly url: string
  /** Where the API is that knows the job. */
  readonly apiUrl: string
  readonly jobId: string
}

export interface Served extends Place {
  readonly bytes: number
  readonly sha256: string
}

export interface Server {
  readonly name: string
  readonly serve: (wish: Wish) => Effect.Effect<Served, BenchError, Scope.Scope>
}

/** Bytes a second that a slow server gives to each connection. */
export const slowRate = 20_000_000

/** What the emulator accepts, for both servers. */
export const credentials = { apiKey: "emulator", apiSecret: "emulator-secret" }
