/** How a storage host answers requests for the object behind a link. What it says of the link is told, never the link. */
import * as SignedUrl from "@scenario-assets/core/SignedUrl"
import * as StorageClient from "@scenario-assets/core/transfer/StorageClient"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Link } from "./ApiProbe.ts"
import * as Protocol from "./Protocol.ts"
import * as Shape from "./Shape.ts"

/** The link, the requests to it, and those to where it redirects. */
export const probe = ({ link, of }: Link) =>
  Effect.gen(function* () {
    const hops: Array<object> = []
    let next: SignedUrl.SignedUrl | undefined = link
    while (next !== undefined && hops.length < 4) {
      const { facts, redirect }: Hop = yield* probeHost(next)
      hops.push({ of, ...(yield* ofLink(next)), ...facts })
      next = redirect
    }
    return hops
  }).pipe(Effect.provide(NodeScenario.layerStorageClient))

interface Hop {
  readonly facts: { readonly requests: ReadonlyArray<object> }
  readonly redirect: SignedUrl.SignedUrl | undefined
}

const ofLink = Effect.fnUntraced(function* (link: SignedUrl.SignedUrl) {
  const { host, pathname, protocol, searchParams } = SignedUrl.reveal(link)
  const now = DateTime.toEpochMillis(yield* DateTime.now)
  const proxy = yield* Effect.orElseSucceed(NodeScenario.proxyFor(SignedUrl.origin(link)), () => Option.none())
  return {
    host,
    scheme: protocol.slice(0, -1),
    pathSegments: pathname.split("/").length - 1,
    extension: /\.[a-z0-9]{1,5}$/i.exec(pathname)?.[0] ?? null,
    queryParameters: [...new Set(searchParams.keys())].map(Shape.ofWords),
    expiresInSeconds: Option.match(SignedUrl.expiresAt(link), {
      onNone: () => null,
      onSome: (at) => Math.round((DateTime.toEpochMillis(at) - now) / 1000)
    }),
    protocol: yield* Protocol.offered(SignedUrl.origin(link)),
    isThroughProxy: Option.isSome(proxy)
  }
})

const probeHost = Effect.fnUntraced(function* (link: SignedUrl.SignedUrl) {
  const ask = (request: string, headers: Readonly<Record<string, string>>, to = link) => exchange(to, request, headers)
  const start = yield* ask("bytes=0-3", { range: "bytes=0-3" })
  const { etag = "", "last-modified": modified = "", "content-range": range = "" } = start.headers
  const location = start.status >= 300 && start.status < 400 ? start.headers["location"] : undefined
  const target = location === undefined ? null : URL.parse(location, SignedUrl.reveal(link))
  const redirect = target === null ? undefined : Option.getOrUndefined(Result.getSuccess(SignedUrl.make(target.href)))
  if (redirect !== undefined) return { facts: { requests: [start.facts] }, redirect }
  const [, size] = /\/(\d+)$/.exec(range) ?? []
  const others = [
    yield* ask("the whole object", {}),
    yield* ask("bytes=-4, the end of it", { range: "bytes=-4" }),
    ...(size === undefined ? [] : [yield* ask("a range behind the end", { range: `bytes=${size}-` })]),
    ...(etag === "" ? [] : [yield* ask("a range, If-Range with its ETag", { range: "bytes=0-3", "if-range": etag })]),
    ...(modified === ""
      ? []
      : [yield* ask("a range, If-Range with its Last-Modified", { range: "bytes=0-3", "if-range": modified })]),
    yield* ask("a range, If-Range with another ETag", { range: "bytes=0-3", "if-range": '"another"' }),
    yield* ask("bytes=0-3, by an altered link", { range: "bytes=0-3" }, altered(link))
  ]
  const requests = [start, ...others].map(({ facts, headers }) => ({
    ...facts,
    ...(headers["etag"] === undefined ? {} : { isSameETag: headers["etag"] === etag })
  }))
  return { facts: { requests }, redirect }
})

/** Another last character, which no signature survives. */
const altered = (link: SignedUrl.SignedUrl): SignedUrl.SignedUrl => {
  const text = Redacted.value(link)
  const changed = SignedUrl.make(`${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`)
  return Result.getOrElse(changed, () => link)
}

/** One request; of its answer the head, and as much of the body as tells what it is. */
const exchange = (link: SignedUrl.SignedUrl, request: string, headers: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const client = yield* StorageClient.StorageClient
    const answer = yield* client.get(link, { headers, pieceSize: 4096 })
    const body = yield* Stream.runHead(answer.body)
    const bytes = Option.getOrElse(body, () => new Uint8Array())
    return {
      status: answer.status,
      headers: answer.headers,
      facts: {
        request,
        status: answer.status,
        ...Shape.ofHeaders(answer.headers),
        ...(answer.status < 300
          ? { isZip: bytes[0] === 0x50 && bytes[1] === 0x4b }
          : { body: Shape.ofBody(new TextDecoder().decode(bytes)) })
      }
    }
  }).pipe(
    Effect.scoped,
    Effect.timeout("20 seconds"),
    Effect.catch((error) => {
      const failure = error._tag === "StorageError" ? { phase: error.phase, code: error.code } : { phase: "timeout" }
      return Effect.succeed({ status: 0, headers: none, facts: { request, failure } })
    })
  )

const none: Readonly<Record<string, string>> = {}
