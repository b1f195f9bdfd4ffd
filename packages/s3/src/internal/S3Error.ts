/** The errors of the SDK and of stores in words that say what to do. Nothing of a request is in them. */
import type { S3Client } from "@aws-sdk/client-s3"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import { DestinationError } from "@scenario-assets/node/download/Destination"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { SdkFailure } from "./Client.ts"

/** What was done when it failed. */
export interface Attempt {
  readonly operation: string
  readonly place: string
  /** Whether nothing can be stored where the store is not reached or does not answer well now. */
  readonly isFirst?: boolean
}

/** What is known of an error. */
export interface Facts {
  /** That of the store, or that of the system. */
  readonly code: string
  readonly status: number | undefined
  readonly message: string
  /** Where the bucket is, if the store says so. */
  readonly region: string | undefined
}

export const factsOf = ({ error }: SdkFailure): Facts => {
  const name = textOf(error, "name") ?? "Error"
  const metadata = Predicate.hasProperty(error, "$metadata") ? error.$metadata : undefined
  const status = Predicate.hasProperty(metadata, "httpStatusCode") ? metadata.httpStatusCode : undefined
  const response = Predicate.hasProperty(error, "$response") ? error.$response : undefined
  const headers = Predicate.hasProperty(response, "headers") ? response.headers : undefined
  return {
    code: textOf(error, "code") ?? textOf(error, "Code") ?? name,
    status: typeof status === "number" ? status : undefined,
    message: textOf(error, "message") ?? "",
    region: textOf(headers, "x-amz-bucket-region") ?? textOf(error, "Region")
  }
}

const textOf = (value: unknown, key: string): string | undefined => {
  const found = Predicate.hasProperty(value, key) ? value[key] : undefined
  return Predicate.isString(found) && found !== "" ? found : undefined
}

interface Meaning {
  readonly description: string
  readonly isFatal: boolean
}

const fatal = (description: string): Meaning => ({ description, isFatal: true })

const checkKeys =
  "the credentials are not accepted; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile in AWS_PROFILE"
const denied =
  "access is denied; the credentials need s3:ListBucket on the bucket, and s3:PutObject, s3:GetObject and s3:AbortMultipartUpload on the objects of the folder"
const full = "the store is full, or its quota is used up; free some space, and run it again to resume"

const meanings: { readonly [code: string]: Meaning } = {
  CredentialsProviderError: fatal(
    "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run it where a role provides them"
  ),
  InvalidAccessKeyId: fatal(checkKeys),
  SignatureDoesNotMatch: fatal(checkKeys),
  InvalidToken: fatal(checkKeys),
  InvalidClientTokenId: fatal(checkKeys),
  UnrecognizedClientException: fatal(checkKeys),
  ExpiredToken: fatal("the credentials have expired; get new ones, and run it again to resume"),
  ExpiredTokenException: fatal("the credentials have expired; get new ones, and run it again to resume"),
  RequestTimeTooSkewed: fatal("the clock of this machine is wrong; set it, and run it again to resume"),
  NoSuchBucket: fatal("there is no such bucket; create it, or correct the address"),
  InvalidBucketName: fatal("this is no name of a bucket; correct the address"),
  AccessDenied: fatal(denied),
  AllAccessDisabled: fatal(denied),
  AccountProblem: fatal(denied),
  QuotaExceeded: fatal(full),
  XMinioStorageFull: fatal(full),
  InsufficientStorage: fatal(full),
  EntityTooLarge: { description: "the file is larger than the store takes", isFatal: false },
  KeyTooLongError: { description: "the path is longer than the store takes; use a shorter folder", isFatal: false }
}

const otherRegion = new Set([
  "PermanentRedirect",
  "TemporaryRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException"
])

const unreached = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "TimeoutError"
])

const meaningOf = ({ code, message, region, status }: Facts, isFirst: boolean): Meaning | undefined => {
  const known = Object.hasOwn(meanings, code) ? meanings[code] : undefined
  if (known !== undefined) return known
  if (otherRegion.has(code) || status === 301) {
    return fatal(
      region === undefined
        ? "the bucket is in another region; set AWS_REGION to that of the bucket"
        : `the bucket is in the region ${region}; set AWS_REGION to that`
    )
  }
  if (message === "Region is missing") return fatal("no region is set; set AWS_REGION to that of the bucket")
  if (status === 401) return fatal(checkKeys)
  if (status === 403) return fatal(denied)
  if (status === 507) return fatal(full)
  if (unreached.has(code) || /CERT|certificate/i.test(code)) {
    return {
      description: `the store is not reached (${code}); check the network, and AWS_ENDPOINT_URL_S3 where it is set`,
      isFatal: isFirst
    }
  }
  if (status !== undefined && status >= 500) {
    return { description: `the store answers ${status}; run it again to resume`, isFatal: isFirst }
  }
  return undefined
}

/** The error as it is shown. */
export const explain = Effect.fnUntraced(function* (
  client: S3Client,
  failure: SdkFailure,
  { isFirst = false, operation, place }: Attempt
): Effect.fn.Return<never, DestinationError> {
  const facts = factsOf(failure)
  const meaning = meaningOf(facts, isFirst)
  const description = meaning?.description ?? (yield* wordsOf(client, facts))
  return yield* DestinationError.of({
    operation,
    place,
    description,
    code: facts.code,
    isFatal: meaning?.isFatal ?? isFirst
  })
})

/** The words of the store, without the credentials that it may repeat. */
const wordsOf = (client: S3Client, { message, status }: Facts): Effect.Effect<string> =>
  Effect.tryPromise(() => client.config.credentials()).pipe(
    Effect.map(({ accessKeyId, secretAccessKey, sessionToken = "" }) => [accessKeyId, secretAccessKey, sessionToken]),
    Effect.orElseSucceed(() => []),
    Effect.map((secrets) => {
      const words = Redaction.removing(secrets)(message)
      return status === undefined ? words : `the store answers ${status}${words === "" ? "" : ` (${words})`}`
    })
  )
