/**
 * An emulated Scenario: the three operations, the catalogue, and a storage host with the archives. It knows nothing of sockets:
 * `EmulatorHttpClient` puts it behind an `HttpClient` in memory, `EmulatorServer` of `@scenario-assets/node` on two ports.
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
import * as Hashes from "../transfer/internal/Hashes.ts"
import type * as Fault from "./Fault.ts"
import * as Api from "./internal/Api.ts"
import * as Catalogue from "./internal/Catalogue.ts"
import * as ChecksumHeaders from "./internal/ChecksumHeaders.ts"
import * as FaultPlan from "./internal/FaultPlan.ts"
import * as Faults from "./internal/Faults.ts"
import * as Jobs from "./internal/Jobs.ts"
import * as LinkSigner from "./internal/LinkSigner.ts"
import type { Reply } from "./internal/Reply.ts"
import * as Seeded from "./internal/Seeded.ts"
import * as Storage from "./internal/Storage.ts"
import * as JobScript from "./JobScript.ts"

export type { Asset, Catalogue, CatalogueOptions, Collection, Inference, Model } from "./internal/Catalogue.ts"
export type { Content } from "./internal/Content.ts"
export type { Ending, Reply } from "./internal/Reply.ts"

/**
 * The two hosts of the emulator.
 *
 * @category models
 * @since 0.1.0
 */
export type Host = "api" | "storage"

/**
 * The credentials the emulator accepts: key and secret, or the token.
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
 * The credentials of an emulator, unless its options name others.
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
 * A request the emulator received.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordedRequest {
  /** The operation, `storage`, or `unknown` for a path the API does not have. */
  readonly target: Fault.Target | "unknown"
  readonly method: string
  /** Path and query, signatures and all. */
  readonly path: string
  /** Names in lower case; values as received, credentials included. */
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly time: number
}

/**
 * A checksum that the storage host declares, in the manner of one host or another:
 *
 * - `crc32`, `crc64nvme`: `x-amz-checksum-*`, as S3 sends them, with status 200 only.
 * - `crc32c`: `x-goog-hash`.
 * - `md5`: `Content-MD5`, with status 200 only, of up to 64 MiB. Only `EmulatorServer` can compute it.
 * - `sha256`: `Repr-Digest`, of up to 64 MiB. Only `EmulatorServer` can compute it.
 * - `composite`: `x-amz-checksum-crc32c` of an object uploaded in parts, which is no checksum of the whole object.
 *
 * @category models
 * @since 0.1.0
 */
export type ChecksumKind = ChecksumHeaders.Kind

/**
 * How the emulator is set up.
 *
 * @category options
 * @since 0.1.0
 */
export interface Options {
  /** Default {@link defaultCredentials}. */
  readonly credentials?: Partial<Credentials> | undefined
  /** The only project that may be named in `projectId`; others get 403. Default: any. */
  readonly projectId?: string | undefined
  /** How many assets there are to select. */
  readonly catalogue?: Catalogue.CatalogueOptions | undefined
  /** What happens to jobs; fields left out are those of `JobScript.defaultScript`. */
  readonly job?: Partial<JobScript.JobScript> | undefined
  /** The size of all archives, whatever is selected. Default: the selected assets. */
  readonly archive?: JobScript.ArchiveSize | undefined
  /** How long a signed URL is valid; default 15 minutes. */
  readonly urlLifetime?: Duration.Input | undefined
  /** What every signature begins with, for tests that search logs and files for leaked URLs. */
  readonly signaturePrefix?: string | undefined
  /** Checksums that the storage host declares; default none. */
  readonly checksums?: ReadonlyArray<ChecksumKind> | undefined
  /** What computes those checksums. Default: the CRCs alone, in JavaScript; the emulator on ports computes all. */
  readonly hashes?: Hashes.Hashes | undefined
  /** Faults that are injected at the start. */
  readonly faults?: ReadonlyArray<Fault.Fault> | undefined
  /** Where the API is, with `/v1`. Default `https://api.emulator.test/v1`, which only `EmulatorHttpClient` knows. */
  readonly apiUrl?: string | undefined
  /** Where the storage host is. Default `https://storage.emulator.test`. */
  readonly storageUrl?: string | undefined
}

/**
 * The emulator: what a test reads from it, and how a test makes it misbehave.
 *
 * **Example** (A connection that breaks)
 *
 * ```ts
 * const emulator = yield* Emulator.Emulator
 * yield* emulator.inject(Fault.reset("storage", 100_000))
 * // … download something …
 * const requests = yield* emulator.requests
 * assert.lengthOf(requests.filter(({ target }) => target === "storage"), 2)
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Emulator extends Context.Service<
  Emulator,
  {
    /** Where the two hosts are, and the credentials they accept. */
    readonly config: { readonly apiUrl: string; readonly storageUrl: string; readonly credentials: Credentials }
    /** What can be requested and listed. It can be changed: `add`, `remove` and `collect`, as people do at Scenario. */
    readonly catalogue: Catalogue.Catalogue
    /** Answers a request to one of the two hosts. `EmulatorHttpClient` and `EmulatorServer` are built on it. */
    readonly handle: (host: Host, request: HttpServerRequest.HttpServerRequest) => Effect.Effect<Reply>
    /** Adds faults, behind those that are left. */
    readonly inject: (...faults: ReadonlyArray<Fault.Fault>) => Effect.Effect<void>
    /** Removes all faults. */
    readonly clearFaults: Effect.Effect<void>
    /** Scripts the next jobs, one script per job, over the `job` of the options. */
    readonly scriptJobs: (...scripts: ReadonlyArray<Partial<JobScript.JobScript>>) => Effect.Effect<void>
    /** Expires all URLs signed so far. */
    readonly expireUrls: Effect.Effect<void>
    /** The last 10,000 requests, in order. */
    readonly requests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  }
>()("@scenario-assets/core/testing/Emulator") {}

/**
 * Makes an emulator that lives as long as the scope.
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
    const links = LinkSigner.make({
      origin: storageUrl,
      lifetime: Duration.toMillis(options.urlLifetime ?? "15 minutes"),
      signaturePrefix: options.signaturePrefix ?? ""
    })
    const checksums = ChecksumHeaders.make(options.hashes ?? Hashes.portable, options.checksums ?? [])
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
 * The emulator in memory. Add `EmulatorHttpClient.layer` to send requests to it.
 *
 * **Example** (Jobs that fail)
 *
 * ```ts
 * const EmulatorTest = Emulator.layer({
 *   job: { pace: "10 seconds", outcome: "failure", details: { error: "out of disk space" } }
 * })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Emulator> => Layer.effect(Emulator)(make(options))
