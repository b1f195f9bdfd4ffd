/** A server on loopback that answers as a test says: for what the emulator, which is a Scenario, cannot be. */
import { createServer, type IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export type Request = IncomingMessage

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Server {
  /** Without a path. */
  readonly origin: string
  /** What came so far. */
  readonly requests: ReadonlyArray<Pick<IncomingMessage, "headers" | "method" | "url">>
}

/** It ends with the scope. */
export const make = (
  answer: (request: Request) => Answer | Promise<Answer>
): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Server & { readonly close: () => void }>((resume) => {
        const requests: Array<IncomingMessage> = []
        const server = createServer(async (request, response) => {
          requests.push(request)
          const { body = "", headers, status } = await answer(request)
          response.writeHead(status, headers).end(body)
        })
        // As for the emulator: a test may be busy for longer than the five seconds that are usual.
        server.keepAliveTimeout = 65_000
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
          resume(Effect.succeed({ origin, requests, close: () => server.close() }))
        })
      }),
      ({ close }) => Effect.sync(close)
    ),
    ({ origin, requests }) => ({ origin, requests })
  )

/** Answers with one status where there are credentials, and with another where there are none. */
export const byCredentials =
  (without: number, given: number) =>
  ({ headers }: IncomingMessage): Answer => ({
    status: headers.authorization === undefined ? without : given,
    headers: { "content-type": "application/json" },
    body: "{}"
  })
