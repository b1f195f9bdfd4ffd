/**
 * A Scenario server of one's own: the three operations, and a storage host with the archives. It knows nothing of
 * sockets: `EmulatorHttpClient` puts it behind an `HttpClient` in memory, `EmulatorServer` of `@scenario-assets/node` on a port.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Hashes } from "../transfer/internal/Hashes.ts"
import * as Catalogue from "./Catalogue.ts"
import type * as Fault from "./Fault.ts"
import type * as FaultKind from "./FaultKind.ts"
import * as Api from "./internal/Api.ts"
import * as ChecksumHeaders from "./internal/ChecksumHeaders.ts"
import * as FaultPlan from "./internal/FaultPlan.ts"
import * as Faults from "./internal/Faults.ts"
import * as Jobs from "./internal/Jobs.ts"
import * as Links from "./internal/Links.ts"
import * as Seeded from "./internal/Seeded.ts"
import * as Storage from "./internal/Storage.ts"
import * as JobScript from "./JobScript.ts"
import type { Reply } from "./Reply.ts"

/**
 * The two hosts of the emulator.
 *
 * @category models
 * @since 0.1.0
 */
export type Host = "api" | "storage"

/**
 * What the emulator accepts as credentials: key and secret, or the token.
 *
 * @category models
 * @since 0.1.0
 */
export interface Credentials {
  readonly key: string
  readonly secret: string
  readonly token: string
}

/**
 * The credentials of an emulator that was not told others.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultCredentials: Credentials = {
  key: "emulator",
  secret: "emulator-secret",
  token: "emulator-token"
}

/**
 * A request that was made, as it came.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordedRequest {
  /** The operation, `storage`, or `unknown` for a path the API has not. */
  readonly target: FaultKind.Target | "unknown"
  readonly method: string
  /** Path and query, signatures and all. */
  readonly path: string
  /** Names in lower case, values as they came: credentials too. */
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly time: number
}

/**
 * A checksum that the storage host may declare, in the manner of one host or another:
 *
 * - `crc32`, `crc64nvme`: `x-amz-checksum-*`, as S3 has them, under `200` alone.
 * - `crc32c`: `x-goog-hash`.
 * - `md5`: `Content-MD5`, under `200` alone, of up to 64 MiB and where `Hashes` has MD5.
 * - `sha256`: `Repr-Digest`, of up to 64 MiB and where `Hashes` has SHA-256.
 * - `composite`: `x-amz-checksum-crc32c` of an object that came in parts, which is not the sum of the object.
 *
 * @category models
 * @since 0.1.0
 */
export type ChecksumKind = ChecksumHeaders.Kind

/**
 * What can be chosen.
 *
 * @category options
 * @since 0.1.0
 */
export interface Options {
  /** Default {@link defaultCredentials}. */
  readonly credentials?: Partial<Credentials> | undefined
  /** The only project that may be named in `projectId`; others get 403. Default: any. */
  readonly projectId?: string | undefined
  readonly catalogue?: Catalogue.Options | undefined
  /** What happens to jobs, over `JobScript.defaultScript`. */
  readonly job?: Partial<JobScript.JobScript> | undefined
  /** Makes all archives of this size, whatever was selected. */
  readonly archive?: JobScript.ArchiveSize | undefined
  /** How long a signed URL is valid; default 15 minutes. */
  readonly urlLifetime?: Duration.Input | undefined
  /** What every signature begins with, so that one can look for it where it should not be. */
  readonly signaturePrefix?: string | undefined
  /** Checksums that the storage host declares; default none. */
  readonly checksums?: ReadonlyArray<ChecksumKind> | undefined
  /** Faults from the start on. */
  readonly faults?: ReadonlyArray<Fault.Fault> | undefined
  /** Where the API is, with `/v1`. Default `https://api.emulator.test/v1`, which only `EmulatorHttpClient` knows. */
  readonly apiUrl?: string | undefined
  /** Where the storage host is. Default `https://storage.emulator.test`. */
  readonly storageUrl?: string | undefined
}

/**
 * The emulator.
 *
 * @category services
 * @since 0.1.0
 */
export class Emulator extends Context.Service<
  Emulator,
  {
    /** What a client has to know. */
    readonly config: { readonly apiUrl: string; readonly storageUrl: string; readonly credentials: Credentials }
    /** What there is to select. */
    readonly catalogue: Catalogue.Catalogue
    /** Answers a request to one of the two hosts. */
    readonly handle: (host: Host, request: HttpServerRequest.HttpServerRequest) => Effect.Effect<Reply>
    /** Adds faults, after those that are there. */
    readonly inject: (...faults: ReadonlyArray<Fault.Fault>) => Effect.Effect<void>
    /** Takes all faults away. */
    readonly clearFaults: Effect.Effect<void>
    /** Says what happens to the next jobs, one script a job; those after them go the usual way. */
    readonly scriptJobs: (...scripts: ReadonlyArray<Partial<JobScript.JobScript>>) => Effect.Effect<void>
    /** Ends the life of all URLs signed so far. */
    readonly expireUrls: Effect.Effect<void>
    /** The last 10,000 requests, in order. */
    readonly requests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  }
>()("@scenario-assets/core/testing/Emulator") {}

/**
 * Makes an emulator, for as long as the scope is open.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Effect.Effect<Emulator["Service"], never, Scope.Scope> =>
  Effect.gen(function* () {
    const credentials = { ...defaultCredentials, ...options.credentials }
    const apiUrl = options.apiUrl ?? "https://api.emulator.test/v1"
    const storageUrl = options.storageUrl ?? "https://storage.emulator.test"

    const catalogue = Catalogue.make(options.catalogue)
    const startedAt = yield* Clock.currentTimeMillis
    const jobs = Jobs.make(startedAt)
    const plan = FaultPlan.make()
    plan.inject(options.faults ?? [])
    const links = Links.make({
      origin: storageUrl,
      lifetime: Duration.toMillis(options.urlLifetime ?? "15 minutes"),
      signaturePrefix: options.signaturePrefix ?? ""
    })
    const checksums = ChecksumHeaders.make(yield* Hashes, options.checksums ?? [])
    const storage = Storage.make({ catalogue, jobs, links, checksums })

    const usual = { ...JobScript.defaultScript, archive: options.archive, ...options.job }
    const scripts: Array<Partial<JobScript.JobScript>> = []
    const api = yield* Api.make({
      credentials,
      projectId: options.projectId,
      catalogue,
      jobs,
      links,
      storage,
      nextScript: () => ({ ...usual, ...scripts.shift() })
    })

    const requests: Array<RecordedRequest> = []
    let answered = 0
    const handle = Effect.fnUntraced(function* (host: Host, original: HttpServerRequest.HttpServerRequest) {
      const time = yield* Clock.currentTimeMillis
      const { method, url: path } = original
      const target = host === "storage" ? host : Api.targetOf(method, path)
      if (requests.length === requestsKept) requests.shift()
      requests.push({ target, method, path, headers: { ...original.headers }, time })

      const reply = yield* Faults.answer({
        host,
        origin: host === "storage" ? storageUrl : new URL(apiUrl).origin,
        request: original,
        strike: target === "unknown" ? FaultPlan.none : plan.strike(target),
        rightAnswer: (request, strike) =>
          host === "api"
            ? api(request)
            : Effect.map(Clock.currentTimeMillis, (now) => storage.answer(request, now, strike))
      })
      const id = Seeded.base62(`${startedAt} ${++answered}`, 24)
      return { ...reply, headers: { ...reply.headers, [requestIdHeaders[host]]: id } }
    })

    return Emulator.of({
      config: { apiUrl, storageUrl, credentials },
      catalogue,
      handle,
      inject: (...faults) => Effect.sync(() => plan.inject(faults)),
      clearFaults: Effect.sync(plan.clear),
      scriptJobs: (...more) => Effect.sync(() => void scripts.push(...more)),
      expireUrls: Effect.sync(links.expireAll),
      requests: Effect.sync(() => [...requests])
    })
  })

const requestsKept = 10_000

/** What the hosts call the id of a request, which errors are reported with. */
const requestIdHeaders = { api: "x-amzn-requestid", storage: "x-amz-request-id" } as const

/**
 * An emulator without sockets; add `EmulatorHttpClient.layer` to reach it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Emulator> => Layer.effect(Emulator)(make(options))
