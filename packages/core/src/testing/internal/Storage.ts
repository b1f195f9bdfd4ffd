/**
 * The storage host: signed URLs, byte ranges, validators.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import { AssetId } from "../../Asset.ts"
import * as AssetFile from "./AssetFile.ts"
import type { Asset, Catalogue } from "./Catalogue.ts"
import type { ChecksumHeaders } from "./ChecksumHeaders.ts"
import type { Content } from "./Content.ts"
import type { Strike } from "./FaultPlan.ts"
import type { Jobs } from "./Jobs.ts"
import type { LinkSigner } from "./LinkSigner.ts"
import * as Reply from "./Reply.ts"
import * as Seeded from "./Seeded.ts"

export interface Storage {
  readonly archivePath: (jobId: string) => string
  readonly assetPath: (asset: Asset) => string
  readonly answer: (request: StorageRequest, now: number, strike: Strike) => Reply.Reply
}

export interface StorageRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** Headers that belong to the API, or to nobody. */
export const strayHeaders = ["authorization", "cookie", "x-api-key", "traceparent", "b3"]

export const make = (options: {
  readonly catalogue: Catalogue
  readonly jobs: Jobs
  readonly links: LinkSigner
  readonly checksums: ChecksumHeaders
}): Storage => {
  /** How often each object was replaced. */
  const copies = new Map<string, number>()
  /** The objects that were read, for ranges of the same one to follow. */
  const archives = new Map<string, Content>()

  const find = (url: URL): Found | undefined => {
    const resource = url.pathname + url.search
    const copy = copies.get(resource) ?? 0
    const etag = `"${Seeded.base62(`${resource} ${copy}`, 32)}"`
    const archive = archivePattern.exec(url.pathname)?.[1]
    if (archive !== undefined) {
      const job = options.jobs.get(archive)
      if (job === undefined) return undefined
      const key = `${archive} ${copy}`
      const content = archives.get(key) ?? job.archive(copy)
      archives.set(key, content)
      return { content, etag, contentType: "application/zip", modifiedAt: job.createdAt + 1000 * copy }
    }
    const assetId = assetPattern.exec(url.pathname)?.[1]
    const asset = assetId === undefined ? undefined : options.catalogue.asset(AssetId.make(assetId))
    return asset === undefined
      ? undefined
      : {
          content: AssetFile.content(asset, copy),
          etag,
          contentType: AssetFile.contentTypes[AssetFile.formatOf(asset)],
          modifiedAt: assetsModifiedAt + 1000 * copy
        }
  }

  return {
    archivePath: (jobId) => `/archives/${jobId}.zip`,
    assetPath: (asset) => `/assets-transform/${asset.id}?format=${AssetFile.formatOf(asset)}`,
    answer: (request, now, strike) => {
      if (request.method !== "GET" && request.method !== "HEAD") {
        return Reply.xmlError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
      }
      const stray = strayHeaders.find((name) => request.headers[name] !== undefined)
      if (stray !== undefined) {
        return Reply.xmlError(
          400,
          "InvalidArgument",
          `Only one auth mechanism allowed; the header ${stray} is too much`
        )
      }
      const url = options.links.verify(request.url, now)
      if (url === undefined) return Reply.xmlError(403, "AccessDenied", "Access Denied")
      if (strike.get("ChangedETag") !== undefined) {
        const resource = url.pathname + url.search
        copies.set(resource, (copies.get(resource) ?? 0) + 1)
      }
      const object = find(url)
      if (object === undefined) return Reply.xmlError(404, "NoSuchKey", "The specified key does not exist.")
      const etag =
        strike.get("NoETag") !== undefined
          ? undefined
          : strike.get("WeakETag") !== undefined
            ? `W/${object.etag}`
            : object.etag
      const checksums = (status: number) =>
        options.checksums.of(object.content, status, strike.get("WrongChecksum") !== undefined)
      return serve({ ...object, etag, checksums }, request.headers, strike)
    }
  }
}

interface Found {
  readonly content: Content
  readonly etag: string | undefined
  readonly contentType: string
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

interface StoredObject extends Found {
  readonly checksums: (status: number) => Readonly<Record<string, string>>
}

const archivePattern = /^\/archives\/([^/]+)\.zip$/
const assetPattern = /^\/assets-transform\/([^/]+)$/

/** 2026-01-01, when all assets of the catalogue were made. */
const assetsModifiedAt = 1_767_225_600_000

const serve = (object: StoredObject, given: StorageRequest["headers"], strike: Strike): Reply.Reply => {
  const { content, contentType, etag } = object
  const lastModified = httpDate(object.modifiedAt)
  const headers = {
    "accept-ranges": "bytes",
    "last-modified": lastModified,
    ...(etag === undefined ? {} : { etag })
  }
  const none = given["if-none-match"]
  if (none !== undefined && etag !== undefined && listed(none, etag, true)) return Reply.make(304, headers)
  const match = given["if-match"]
  if (match !== undefined && !(etag !== undefined && listed(match, etag, false))) {
    return Reply.xmlError(412, "PreconditionFailed", "At least one of the preconditions you specified did not hold.")
  }

  const whole = () => Reply.make(200, { ...headers, ...object.checksums(200), "content-type": contentType }, content)
  const condition = given["if-range"]
  const unchanged =
    condition === undefined || condition === lastModified || (condition === etag && !condition.startsWith("W/"))
  const range =
    unchanged && strike.get("IgnoreRange") === undefined ? parseRange(given["range"], content.size) : undefined
  if (range === undefined) return whole()
  if (range === "unsatisfiable") {
    const error = Reply.xmlError(416, "InvalidRange", "The requested range is not satisfiable")
    return { ...error, headers: { ...error.headers, "content-range": `bytes */${content.size}` } }
  }
  const [from, to] = strike.get("WrongRange") === undefined ? range : ([range[0] === 0 ? 1 : 0, content.size] as const)
  return Reply.make(
    206,
    {
      ...headers,
      ...object.checksums(206),
      "content-type": contentType,
      "content-range": `bytes ${from}-${to - 1}/${content.size}`
    },
    content,
    [from, to]
  )
}

/** Whether an entity tag is in a list; weak tags are equal only where that is allowed. */
const listed = (list: string, etag: string, weakly: boolean): boolean => {
  const plain = (tag: string) => (weakly ? tag.replace(/^W\//, "") : tag)
  return (
    list.trim() === "*" ||
    ((weakly || !etag.startsWith("W/")) && list.split(",").some((tag) => plain(tag.trim()) === plain(etag)))
  )
}

/** One range as `[from, to)`; none for a header that is absent, malformed or asks for several ranges. */
const parseRange = (
  header: string | undefined,
  size: number
): readonly [from: number, to: number] | "unsatisfiable" | undefined => {
  const parsed = /^bytes=(\d*)-(\d*)$/.exec(header?.replace(/\s/g, "") ?? "")
  if (parsed === null || (parsed[1] === "" && parsed[2] === "")) return undefined
  const [first, last] = [Number(parsed[1]), Number(parsed[2])]
  if (parsed[1] === "") return last === 0 || size === 0 ? "unsatisfiable" : [Math.max(0, size - last), size]
  if (parsed[2] !== "" && last < first) return undefined
  return first >= size ? "unsatisfiable" : [first, parsed[2] === "" ? size : Math.min(size, last + 1)]
}

/** As HTTP writes dates. */
export const httpDate = (milliseconds: number): string =>
  DateTime.toDateUtc(DateTime.makeUnsafe(milliseconds)).toUTCString()
