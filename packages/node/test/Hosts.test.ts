/**
 * Storage hosts as they are. Each row is a host that does something its own way, and that a browser or `curl` copes with: the archive
 * must come into a directory, to a file, and an asset to a file. `docs/reliability.md` has the same rows in words.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ArchiveReader, FileDownload } from "@scenario-assets/node"
import { RawServer } from "@scenario-assets/node/testing"
import { Effect, Stream } from "effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../test-support/ZipMaker.ts"
import * as Extracting from "./support/Extracting.ts"
import * as RangeHost from "./support/RangeHost.ts"

const files = Object.fromEntries(Array.from({ length: 4 }, (_, n) => [`${n}.bin`, Extracting.noise(200_000, n + 1)]))
const archive = Buffer.from(ZipMaker.make(Extracting.entriesOf(files, 0)).bytes)
const tree = Extracting.treeOf(files)
const date = "Sun, 06 Nov 1994 08:49:37 GMT"

interface Manners {
  readonly etag?: string
  readonly headers?: ReadonlyArray<string>
  /** Answers `If-Range` with the whole, whatever tag it has. */
  readonly refusesConditions?: boolean
  /** Serves ranges whatever `If-Range` says. */
  readonly ignoresConditions?: boolean
}

const whole = ({ etag = '"1"', headers = [] }: Manners = {}) =>
  RawServer.response(
    "200 OK",
    [
      ...(etag === "" ? [] : [`ETag: ${etag}`]),
      "Accept-Ranges: bytes",
      ...headers,
      `Content-Length: ${archive.length}`
    ],
    archive
  )

const status = (line: string, ...headers: ReadonlyArray<string>): RawServer.Answer => ({
  send: RawServer.response(line, [...headers, "Content-Length: 0"])
})

/** The first byte that a request asks for, and the one after the last. */
const rangeOf = ({ headers }: RawServer.Request): readonly [start: number, end: number] | undefined => {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers["range"] ?? "") ?? []
  if (first === "" && last === "") return undefined
  if (first === "") return [Math.max(0, archive.length - Number(last)), archive.length]
  return [Number(first), last === "" ? archive.length : Math.min(archive.length, Number(last) + 1)]
}

const part = (start: number, end: number, { etag = '"1"', headers = [] }: Manners = {}): RawServer.Answer => {
  const body = archive.subarray(start, end)
  const range = `Content-Range: bytes ${start}-${end - 1}/${archive.length}`
  const tag = etag === "" ? [] : [`ETag: ${etag}`]
  return {
    send: RawServer.response("206 Partial", [range, ...tag, ...headers, `Content-Length: ${body.length}`], body)
  }
}

/** What a host should do, but for its manners. */
const proper = (request: RawServer.Request, manners: Manners = {}): RawServer.Answer => {
  const range = rangeOf(request)
  const condition = request.headers["if-range"]
  const isMet = manners.ignoresConditions === true || condition === (manners.etag ?? '"1"')
  const isRefused = condition !== undefined && (manners.refusesConditions === true || !isMet)
  if (range === undefined || isRefused) return { send: whole(manners) }
  if (range[0] >= archive.length) return status("416 No", `Content-Range: bytes */${archive.length}`)
  return part(...range, manners)
}

const isSuffix = ({ headers }: RawServer.Request) => headers["range"]?.startsWith("bytes=-") === true

/** Proper, but for what it does with ranges of the last bytes. */
const suffixes =
  (answer: (request: RawServer.Request) => RawServer.Answer): RawServer.Handler =>
  (request) =>
    isSuffix(request) ? answer(request) : proper(request)

/** Proper, but for what it does with any range. */
const ranges =
  (answer: (start: number, end: number, request: RawServer.Request) => RawServer.Answer): RawServer.Handler =>
  (request) => {
    const range = rangeOf(request)
    return range === undefined ? proper(request) : answer(...range, request)
  }

const refusals = [
  "400 Bad Request",
  "401 No",
  "403 Forbidden",
  "405 No",
  "406 No",
  "409 No",
  "416 No",
  "500 Error",
  "501 No"
]

const hosts: ReadonlyArray<readonly [what: string, host: RawServer.Handler]> = [
  ...refusals.map((line) => [`answers a suffix range with ${line}`, suffixes(() => status(line))] as const),
  [
    "answers a suffix range with 416 and the size",
    suffixes(() => status("416 No", `Content-Range: bytes */${archive.length}`))
  ],
  ["answers a suffix range with the beginning", suffixes(({ headers }) => part(0, Number(headers["range"]?.slice(7))))],
  ["answers a suffix range with the byte of that number", suffixes(() => part(1000, 1001))],
  ["answers a suffix range with nothing", suffixes(() => status("200 OK"))],
  ["answers a suffix range with 204", suffixes(() => ({ send: RawServer.response("204 No Content", []) }))],
  ["answers a suffix range with the whole", suffixes(() => ({ send: whole() }))],
  [
    "answers a suffix range without the size",
    suffixes((request) => {
      const [start, end] = rangeOf(request) ?? [0, 0]
      const head = [`Content-Range: bytes ${start}-${end - 1}/*`, `Content-Length: ${end - start}`, 'ETag: "1"']
      return { send: RawServer.response("206 Partial", head, archive.subarray(start, end)) }
    })
  ],
  ...refusals.map((line) => [`answers every range with ${line}`, ranges(() => status(line))] as const),
  ["answers every range with nothing", ranges(() => status("200 OK"))],
  ["answers every range with the whole", ranges(() => ({ send: whole() }))],
  ["answers every range with the beginning", ranges((start, end) => part(0, Math.min(end - start, archive.length)))],
  ["answers every range with one that begins too early", ranges((start, end) => part(Math.max(0, start - 5000), end))],
  [
    "answers every range with one that ends too early",
    ranges((start, end) => part(start, Math.ceil((start + end) / 2)))
  ],
  ["answers every range with one that ends too late", ranges((start) => part(start, archive.length))],
  [
    "answers every range with one that begins too late",
    ranges((start, end) => part(Math.min(start + 1, end - 1), end))
  ],
  [
    "answers every range without saying which",
    ranges((start, end) => {
      const head = ['ETag: "1"', `Content-Length: ${end - start}`]
      return { send: RawServer.response("206 Partial", head, archive.subarray(start, end)) }
    })
  ],
  [
    "answers every range with several parts",
    ranges(() => {
      const head = ['ETag: "1"', "Content-Type: multipart/byteranges; boundary=x", "Content-Length: 13"]
      return { send: RawServer.response("206 Partial", head, "--x\r\n\r\n--x--") }
    })
  ],
  ["hangs up on a suffix range", suffixes(() => ({ send: "", ending: "close" }))],
  ["breaks the connection on a suffix range", suffixes(() => ({ send: "", ending: "reset" }))],
  ["hangs up on every range", ranges(() => ({ send: "", ending: "close" }))],
  [
    "hangs up on every condition",
    (request) => (request.headers["if-range"] === undefined ? proper(request) : { send: "", ending: "close" })
  ],
  [
    "has another date in each answer",
    (request) =>
      proper(request, { etag: "", headers: [`Last-Modified: Sun, 06 Nov 1994 08:49:${10 + request.number} GMT`] })
  ],
  [
    "puts its tag in quotes in every second answer",
    (request) => proper(request, { etag: request.number % 2 === 0 ? '"1"' : "1", headers: [`Last-Modified: ${date}`] })
  ],
  ["has another tag in each answer", (request) => proper(request, { etag: `"${request.number}"` })],
  [
    "has another tag in each answer, and ignores conditions",
    (request) => proper(request, { etag: `"${request.number}"`, ignoresConditions: true })
  ],
  [
    "has another tag and date in each answer",
    (request) =>
      proper(request, {
        etag: `"${request.number}"`,
        headers: [`Last-Modified: Sun, 06 Nov 1994 08:49:${10 + request.number} GMT`]
      })
  ],
  ["has a tag for each of two edges", (request) => proper(request, { etag: `"${request.number % 2}"` })],
  ["has a tag in every second answer", (request) => proper(request, { etag: request.number % 2 === 0 ? '"1"' : "" })],
  ["has no tag", (request) => proper(request, { etag: "" })],
  ["has no tag, but a date", (request) => proper(request, { etag: "", headers: [`Last-Modified: ${date}`] })],
  ["has a weak tag", (request) => proper(request, { etag: 'W/"1"' })],
  ["has a weak tag and a date", (request) => proper(request, { etag: 'W/"1"', headers: [`Last-Modified: ${date}`] })],
  [
    "has a weak tag that changes",
    (request) => proper(request, { etag: `W/"${request.number}"`, headers: [`Last-Modified: ${date}`] })
  ],
  ["ignores conditions", (request) => proper(request, { ignoresConditions: true })],
  ["answers every condition with the whole", (request) => proper(request, { refusesConditions: true })],
  [
    "answers every condition with 412",
    (request) => (request.headers["if-range"] === undefined ? proper(request) : status("412 No"))
  ],
  ...["", "identity", "identity, identity", "aws-chunked", "binary", "none", "utf-8"].map(
    (encoding): readonly [string, RawServer.Handler] => [
      `says Content-Encoding: ${encoding}`,
      (request) => proper(request, { headers: [`Content-Encoding: ${encoding}`] })
    ]
  )
]

/** Breaks off in the middle of the first three answers that have more than 1000 bytes to send. */
const breaking = (host: RawServer.Handler): RawServer.Handler => {
  let breaks = 3
  return (request) => {
    const answer = host(request)
    const { send } = answer
    if (!Buffer.isBuffer(send) || send.length < 1000 || breaks-- <= 0) return answer
    return { send: send.subarray(0, Math.ceil(send.length / 2)), ending: "close" }
  }
}

/** The archive, taken in every way. */
const check = Effect.fnUntraced(function* (host: RawServer.Handler) {
  const directory = TestDirectory.make()
  const { run } = yield* FileDownload.FileDownload
  const ofDirectory = yield* RawServer.make(host)
  Extracting.extracted(yield* Extracting.run({ name: "job", source: ofDirectory.source }, join(directory, "tree")))
  assert.deepStrictEqual(Extracting.tree(join(directory, "tree")), tree)
  for (const expect of ["zip", undefined] as const) {
    const ofFile = yield* RawServer.make(host)
    const file = join(directory, `${expect}.file`)
    yield* run(ofFile.source, file, { ...Extracting.quick, expect })
    assert.isTrue(readFileSync(file).equals(archive))
  }
  assert.isBelow((yield* ofDirectory.requests).length, 60)
})

describe("A storage host that", () => {
  it.live.each(hosts)("%s gives an archive and an asset whole", ([, host]) =>
    check(host).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
  it.live.each(hosts)("%s and breaks off does so too", ([, host]) =>
    Effect.suspend(() => check(breaking(host))).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("An archive whose host's answers do not agree", () => {
  const large = Object.fromEntries(
    Array.from({ length: 4 }, (_, n) => [`${n}.bin`, Extracting.noise(5 * 1024 * 1024, n + 1)])
  )
  const made = ZipMaker.make(Extracting.entriesOf(large, 0)).bytes
  /** Another tag in each answer. */
  const fickle = Effect.map(RangeHost.make(made), (host) =>
    Object.assign(host, {
      fate: (number: number) => {
        host.etag = `"${number}"`
        return {}
      }
    })
  )

  it.live("is fetched once, however many of its files are read at once", () =>
    Effect.gen(function* () {
      const host = yield* fickle
      const { forEach } = yield* ArchiveReader.ArchiveReader
      const read = new Map<string, string>()
      yield* forEach(
        { name: "job", source: host.source },
        ({ name }, content) =>
          Effect.map(Stream.mkUint8Array(content), (bytes) => read.set(name, Extracting.describe(bytes))),
        { ...Extracting.quick, concurrency: 4, connections: 1 }
      )
      assert.deepStrictEqual(
        Object.fromEntries([...read].toSorted(([a], [b]) => (a < b ? -1 : 1))),
        Extracting.treeOf(large)
      )
      assert.lengthOf(
        host.asked.filter(({ range }) => range === undefined),
        1
      )
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is not taken from what an earlier run left of another one", () =>
    Effect.gen(function* () {
      const host = yield* fickle
      const { forEach } = yield* ArchiveReader.ArchiveReader
      const file = join(TestDirectory.make(), "spool.zip")
      writeFileSync(file, archive)
      const report = yield* forEach({ name: "job", source: host.source }, (_, content) => Stream.runDrain(content), {
        ...Extracting.quick,
        spool: { file }
      })
      assert.deepStrictEqual([report.refused.length, readFileSync(file).equals(made)], [0, true])
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is another one where its bytes changed, which costs no more than its end", () =>
    Effect.gen(function* () {
      const host = yield* fickle
      const { forEach } = yield* ArchiveReader.ArchiveReader
      const other = Object.fromEntries(
        Object.keys(large).map((name, n) => [name, Extracting.noise(5 * 1024 * 1024, n + 9)])
      )
      const changed = forEach(
        { name: "job", source: host.source },
        (_, content) => {
          host.object = ZipMaker.make(Extracting.entriesOf(other, 0)).bytes
          return Stream.runDrain(content)
        },
        Extracting.quick
      )
      const error = yield* Effect.flip(changed)
      assert(error._tag === "TransferError")
      assert.strictEqual(error.reason._tag, "ObjectChanged")
      assert.isBelow(host.take().requests, 5)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("A page on the way", () => {
  it.live("ends a transfer, and discards nothing", () =>
    Effect.gen(function* () {
      const page = RawServer.response("200 OK", ["Content-Type: text/html", "Content-Length: 6"], "<html>")
      let isPortal = true
      const host: RawServer.Handler = (request) => {
        if (request.number === 0) return { send: whole().subarray(0, 500_000), ending: "close" }
        return isPortal ? { send: page } : proper(request)
      }
      const server = yield* RawServer.make(host)
      const { run } = yield* FileDownload.FileDownload
      const file = join(TestDirectory.make(), "a.zip")
      const error = yield* Effect.flip(run(server.source, file, Extracting.quick))
      assert.strictEqual(error.reason._tag, "UnexpectedContent")
      isPortal = false
      const { resumedFrom } = yield* run(server.source, file, Extracting.quick)
      assert.isAbove(resumedFrom, 400_000)
      assert.isTrue(readFileSync(file).equals(archive))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("A storage host that encodes what it sends", () => {
  it.live.each(["gzip", "br", "zstd", "aws-chunked, gzip"])("by %s is not believed, and said so", (encoding) =>
    Effect.gen(function* () {
      const server = yield* RawServer.make((request) => proper(request, { headers: [`Content-Encoding: ${encoding}`] }))
      const { run } = yield* FileDownload.FileDownload
      const directory = TestDirectory.make()
      const errors = [
        Extracting.failure(yield* Extracting.run({ name: "job", source: server.source }, join(directory, "tree"))),
        yield* Effect.flip(run(server.source, join(directory, "a.zip"), { expect: "zip" })),
        yield* Effect.flip(run(server.source, join(directory, "a.png")))
      ]
      for (const { _tag, reason } of errors) {
        assert.deepStrictEqual([_tag, reason._tag], ["TransferError", "UnexpectedContent"])
        assert.include(reason.message, "check any proxy, which may have encoded it")
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
