/** A store in memory on a port of its own that writes down what it is asked, and can be told to misbehave. */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3"
import type { S3Destination } from "@scenario-assets/s3"
import { Effect, Redacted, type Scope } from "effect"
import { buildApp } from "fauxqs"
import * as Canary from "../../../../test-support/Canary.ts"

export interface Request {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, unknown>>
  status: number | undefined
}

export interface Answer {
  readonly status: number
  readonly code: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface S3Server {
  readonly endpoint: string
  readonly requests: Array<Request>
  /** What is answered instead, and after what. */
  before: (request: Request) => Promise<Answer | undefined> | Answer | undefined
  readonly client: S3Client
}

export const bucket = "renders"

/** How the library reaches a store of these tests. */
export const options = ({ endpoint }: Pick<S3Server, "endpoint">): S3Destination.Options => ({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: Redacted.make(Canary.key), secretAccessKey: Redacted.make(Canary.secret) }
})

/** A client of the tests' own, which looks at what came of it. */
export const clientFor = (endpoint: string, accessKeyId = Canary.key, secretAccessKey = Canary.secret) =>
  Effect.acquireRelease(
    Effect.sync(
      () =>
        new S3Client({
          endpoint,
          region: "us-east-1",
          forcePathStyle: true,
          requestChecksumCalculation: "WHEN_REQUIRED",
          credentials: { accessKeyId, secretAccessKey }
        })
    ),
    (client) => Effect.sync(() => client.destroy())
  )

export const make: Effect.Effect<S3Server, never, Scope.Scope> = Effect.gen(function* () {
  const requests: Array<Request> = []
  const known = new WeakMap<object, Request>()
  const app = buildApp({ logger: false, host: "127.0.0.1" })
  app.addHook("onRequest", async (given, reply) => {
    const { pathname, searchParams } = new URL(given.url, "http://store")
    const path = decodeURIComponent(pathname)
    const request: Request = {
      method: given.method,
      path,
      query: searchParams,
      headers: given.headers,
      status: undefined
    }
    known.set(given, request)
    requests.push(request)
    const answer = await server.before(request)
    if (answer === undefined) return
    await reply
      .code(answer.status)
      .headers({ "content-type": "application/xml", ...answer.headers })
      .send(`<?xml version="1.0"?><Error><Code>${answer.code}</Code><Message>no</Message></Error>`)
  })
  app.addHook("onResponse", async (given, reply) => {
    const request = known.get(given)
    if (request !== undefined) request.status = reply.statusCode
  })
  const endpoint = yield* Effect.acquireRelease(
    Effect.promise(() => app.listen({ port: 0, host: "127.0.0.1" })),
    () =>
      Effect.promise(() => {
        app.server.closeAllConnections()
        return app.close()
      })
  )
  const client = yield* clientFor(endpoint)
  const server: S3Server = { endpoint, requests, before: () => undefined, client }
  yield* Effect.promise(() => client.send(new CreateBucketCommand({ Bucket: bucket })))
  requests.length = 0
  return server
})

/** The objects that were put, whole or in parts, but for manifests. */
export const puts = ({ requests }: S3Server): ReadonlyArray<string> =>
  requests.flatMap(({ method, path, query }) =>
    !path.endsWith("scenario-manifest.json") &&
    ((method === "PUT" && !query.has("partNumber")) || (method === "POST" && query.has("uploads")))
      ? [path]
      : []
  )

/** How many uploads were begun, and how many were completed or aborted. */
export const uploads = ({ requests }: S3Server) => {
  const count = (method: string, parameter: string) =>
    requests.filter(
      (request) => request.method === method && request.query.has(parameter) && (request.status ?? 500) < 300
    ).length
  return { begun: count("POST", "uploads"), completed: count("POST", "uploadId"), aborted: count("DELETE", "uploadId") }
}
