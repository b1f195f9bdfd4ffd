/** The client of the SDK, and its calls as effects. */
import { S3Client } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Credentials } from "./Options.ts"

interface Options {
  readonly endpoint: string | undefined
  readonly forcePathStyle: boolean
  readonly region?: string | undefined
  readonly credentials?: Credentials | undefined
}

export const make = ({
  credentials,
  endpoint,
  forcePathStyle,
  region
}: Options): Effect.Effect<S3Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(
      () =>
        new S3Client({
          forcePathStyle,
          ...(endpoint === undefined ? {} : { endpoint }),
          ...(region === undefined ? {} : { region }),
          ...(credentials === undefined ? {} : { credentials: revealed(credentials) }),
          // Some stores refuse the checksums of the SDK; those of the archive are given by hand.
          requestChecksumCalculation: "WHEN_REQUIRED",
          responseChecksumValidation: "WHEN_REQUIRED",
          maxAttempts: 4,
          requestHandler: {
            connectionTimeout: 10_000,
            socketTimeout: 60_000,
            httpAgent: { keepAlive: true, maxSockets },
            httpsAgent: { keepAlive: true, maxSockets }
          }
        })
    ),
    (client) => Effect.sync(() => client.destroy())
  )

/** Files of all archives at once, and their parts. */
const maxSockets = 128

const revealed = ({ accessKeyId, secretAccessKey, sessionToken }: Credentials) => ({
  accessKeyId: Redacted.value(accessKeyId),
  secretAccessKey: Redacted.value(secretAccessKey),
  ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) })
})

type Call<Output> = (signal: { readonly abortSignal: AbortSignal }) => Promise<Output>

/** A call that ends when it is interrupted. Its error is that of the SDK: it may hold credentials, and must not be shown. */
export const call = <Output>(send: Call<Output>): Effect.Effect<Output, SdkFailure> =>
  Effect.tryPromise({
    try: (abortSignal) => send({ abortSignal }),
    catch: (error) => new SdkFailure(error)
  })

/** Keeps the error of the SDK from whoever might print it. */
export class SdkFailure {
  readonly #error: unknown
  constructor(error: unknown) {
    this.#error = error
  }
  get error(): unknown {
    return this.#error
  }
}
