import { createHash, randomBytes } from "node:crypto"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ScenarioConfig, Transfer } from "@scenario-assets/core"
import { FileDownload, NodeScenario } from "@scenario-assets/node"
import { RawServer } from "@scenario-assets/node/testing"
import { Context, Effect, Layer, Redacted, Result, Stream } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

const size = 300_000
const object = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), randomBytes(size - 4)])
const other = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), randomBytes(size - 4)])
const honest = RawServer.object(object)
const quick = { backoffBase: "1 millis", retries: 3, idleTimeout: "250 millis", expect: "zip", connections: 1 } as const

const length = `Content-Length: ${size}`
const etag = 'ETag: "v1"'
const ok = (headers: ReadonlyArray<string>, body: Buffer | string = object) =>
  Buffer.from(RawServer.response("200 OK", headers, body))
const half = object.subarray(0, size / 2)
const chunk = (bytes: Buffer, extension = "") =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`), bytes, Buffer.from("\r\n")])
const oneByOne = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.from([byte]))
const chunked = "Transfer-Encoding: chunked"

/** What the first request, or the first ones, get; later ones get honest answers. */
type Row = readonly [name: string, first: ReadonlyArray<RawServer.Answer>, ends?: string, requests?: number]

const says = (send: RawServer.Answer["send"], ending?: RawServer.Answer["ending"]): RawServer.Answer => ({
  send,
  ending
})
/** An exchange that ends in the middle, so that the next one has to go on right there: a reset may lose what was sent. */
const cut = says(ok([length, etag], half), "close")
const from = size / 2
const partly = (headers: ReadonlyArray<string>, body: Buffer = object.subarray(from)) =>
  says(RawServer.response("206 Partial Content", [`Content-Length: ${body.length}`, ...headers], body))
const range = (start: number, total: number | string = size) => `Content-Range: bytes ${start}-${size - 1}/${total}`

const broken: ReadonlyArray<Row> = [
  ["a reset before the first byte", [says("", "reset")]],
  ["an end before the first byte", [says("", "close")]],
  ["a reset in the head", [says("HTTP/1.1 200 OK\r\nContent-", "reset")]],
  ["an end in the head", [says("HTTP/1.1 200 OK\r\nContent-", "close")]],
  ["a reset after the head", [says(ok([length, etag], ""), "reset")]],
  ["a reset in the body", [says(ok([length, etag], half), "reset")]],
  ["an end in the body", [cut]],
  ["a body without a length, whole", [says(ok([etag]), "close")], "whole", 2],
  ["a body without a length, cut", [says(ok([etag], half), "close")]],
  ["a chunked body without its end", [says(ok([chunked, etag], chunk(half)), "close")]],
  ["a chunk cut in two", [says(ok([chunked, etag], chunk(half).subarray(0, 1000)), "reset")]],
  ["a chunk without a proper size", [says(ok([chunked, etag], Buffer.from("0x10\r\n")))]],
  ["a chunk of a negative size", [says(ok([chunked, etag], Buffer.from("-1\r\n")))]],
  ["a chunk of a size beyond all bounds", [says(ok([chunked, etag], Buffer.from(`${"f".repeat(17)}\r\n`)))]],
  ["a chunk that does not end", [says(ok([chunked, etag], Buffer.concat([Buffer.from("4\r\nPK\x03\x04xx\r\n")])))]],
  ["no bytes in the head", [says("HTTP/1.1 200 OK\r\n")]],
  ["no more bytes in the body", [says(ok([length, etag], half))]],
  ["bytes behind the declared end", [says([ok([length, etag]), "surplus"])]],
  ["bytes behind the declared end, in one packet", [says(Buffer.concat([ok([length, etag]), Buffer.from("surplus")]))]],
  ["a second response nobody asked for", [says(Buffer.concat([ok([length, etag]), ok([length, etag], other)]))]],
  ["two lengths that disagree", [says(ok([length, "Content-Length: 7", etag]))]],
  ["two lengths in one header", [says(ok([`${length}, 7`, etag]))]],
  ["a length and a coding", [says(ok([length, chunked, etag], chunk(object)))]],
  ["a length with a sign", [says(ok([`Content-Length: +${size}`, etag]))]],
  ["a negative length", [says(ok(["Content-Length: -1", etag]))]],
  ["a hexadecimal length", [says(ok(["Content-Length: 0x493e0", etag]))]],
  ["a coding that is not known", [says(ok(["Transfer-Encoding: gzip, chunked", etag], chunk(object)))]],
  ["folded headers", [says(ok([length, "X-Long: a", " b", etag]))]],
  ["a header without a name", [says(ok([length, ": x", etag]))]],
  ["a space before the colon", [says(ok(["Content-Length : 5", etag]))]],
  ["bare line feeds", [says(`HTTP/1.1 200 OK\n${length}\n\n${object.toString("latin1")}`)]],
  ["a bare carriage return", [says(ok([length, "X-A: 1\rX-B: 2", etag]))]],
  ["a head without an end", [says(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`)]],
  ["too many headers", [says(ok([length, etag, ...Array.from({ length: 5000 }, (_, n) => `X-${n}: ${n} and more`)]))]],
  ["HTTP/0.9", [says(object, "close")]],
  ["HTTP/2", [says(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), "close")]],
  ["a status that is none", [says(ok([length]).toString("latin1").replace("200", "099"))]],
  ["a status beyond all", [says(ok([length]).toString("latin1").replace("200", "700"))]],
  ["another protocol", [says(RawServer.response("101 Switching Protocols", ["Upgrade: h2c"]))]],
  ["408", [says(RawServer.response("408 Timeout", ["Content-Length: 0"]))]],
  ["429 with a pause", [says(RawServer.response("429 Slow", ["Retry-After: 0", "Content-Length: 0"]))]],
  ["500 with a pause that is none", [says(RawServer.response("500 No", ["Retry-After: soon", "Content-Length: 0"]))]],
  ["502 with a body", [says(RawServer.response("502 No", ["Content-Length: 4"], "oops"))]],
  [
    "503 with a date that is past",
    [says(RawServer.response("503 No", ["Retry-After: Mon, 01 Jan 2024 00:00:00 GMT", "Content-Length: 0"]))]
  ],
  ["504", [says(RawServer.response("504 No", ["Content-Length: 0"]))]],
  ...[400, 401, 403].map((status): Row => [
    `a link that is refused once, by ${status}`,
    [says(RawServer.response(`${status} No`, ["Content-Length: 0"]))]
  ]),
  ["200 to a range", [cut, says(ok([length, etag]))], "whole", 3],
  ["a range from elsewhere", [cut, partly([range(from - 1), etag], object.subarray(from - 1))]],
  ["a range of another total", [cut, partly([range(from, size + 1), etag])]],
  ["a range that is longer than its total", [cut, partly([range(from, 10), etag])]],
  ["a range of another length", [cut, partly([range(from), etag], object.subarray(from, size - 5))]],
  ["a range without a Content-Range", [cut, partly([etag])]],
  ["several ranges at once", [cut, partly(["Content-Type: multipart/byteranges; boundary=x", etag])]],
  ["412", [cut, says(RawServer.response("412 No", ["Content-Length: 0"]))]],
  [
    "a body without a length, cut, and a range of another object",
    [says(ok([etag], half), "close"), partly([range(from), 'ETag: "v2"'], other.subarray(from))]
  ],
  ...[
    ["a weak ETag that is not the weak one before", 'W/"v1"', 'W/"v2"'],
    ["a weak ETag that is not the strong one before", '"v1"', 'W/"v2"'],
    ["a strong ETag that is not the weak one before", 'W/"v1"', '"v2"']
  ].map(([what = "", before, after]): Row => {
    const modified = "Last-Modified: Wed, 21 Oct 2026 07:28:00 GMT"
    const begun = says(ok([length, modified, `ETag: ${before}`], half), "close")
    return [what, [begun, partly([range(from), modified, `ETag: ${after}`], other.subarray(from))]]
  }),
  [
    "416 of the size that came, when more was declared",
    [cut, says(RawServer.response("416 No", [`Content-Range: bytes */${from}`, "Content-Length: 0"]))]
  ],
  ["416 of another size", [cut, says(RawServer.response("416 No", ["Content-Range: bytes */7", "Content-Length: 0"]))]]
]

const fine: ReadonlyArray<Row> = [
  [
    "1xx before the answer",
    [
      says([
        RawServer.response("100 Continue", []),
        RawServer.response("103 Early Hints", ["Link: x"]),
        ok([length, etag])
      ])
    ]
  ],
  ["no reason phrase", [says(ok([length, etag]).toString("latin1").replace("200 OK", "200"))]],
  ["HTTP/1.0", [says(ok([length, etag]).toString("latin1").replace("HTTP/1.1", "HTTP/1.0"), "close")]],
  ["one length twice", [says(ok([length, length, etag]))]],
  ["one length twice in one header", [says(ok([`${length}, ${size}`, etag]))]],
  ["headers with odd spaces", [says(ok([`content-LENGTH:\t${size} \t`, "X-Empty:", etag]))]],
  ["Latin-1 in a header", [says(ok([length, "X-Name: caf\xe9", etag]))]],
  [
    "chunks with extensions and a trailer",
    [
      says(
        ok(
          [chunked, etag],
          Buffer.concat([
            chunk(half, ";a=b"),
            chunk(object.subarray(from), " ; c"),
            Buffer.from("0;x\r\nX-Sum: 1\r\n\r\n")
          ])
        )
      )
    ]
  ],
  [
    "a coding in capitals",
    [says(ok(["TRANSFER-ENCODING: CHUNKED"], Buffer.concat([chunk(object), chunk(Buffer.of())])))]
  ],
  [
    "many chunks",
    [
      says(
        ok(
          [chunked, etag],
          Buffer.concat([
            ...Array.from({ length: 300 }, (_, n) => chunk(object.subarray(n * 1000, (n + 1) * 1000))),
            Buffer.from("0\r\n\r\n")
          ])
        )
      )
    ]
  ],
  ["one byte at a time", [says([...oneByOne(ok([length, etag], "")), object])]],
  [
    "chunk headers one byte at a time",
    [
      says([
        ok([chunked, etag], ""),
        ...oneByOne(chunk(object).subarray(0, 8)),
        chunk(object).subarray(8),
        ...oneByOne(Buffer.from("0\r\n\r\n"))
      ])
    ]
  ],
  [
    "a relative redirect",
    [says(RawServer.response("302 Found", ["Location: /elsewhere?x#fragment", "Content-Length: 0"]))],
    "whole",
    2
  ]
]

const refused: ReadonlyArray<Row> = [
  [
    "a link that is refused twice",
    [403, 403].map((status) => says(RawServer.response(`${status} No`, ["Content-Length: 0"]))),
    "AccessRefused"
  ],
  ["404", [says(RawServer.response("404 No", ["Content-Length: 0"]))], "ObjectMissing"],
  ["410", [says(RawServer.response("410 Gone", ["Content-Length: 0"]))], "ObjectMissing"],
  ["304", [says(RawServer.response("304 Not Modified", []))], "UnexpectedStatus"],
  ["a redirect to nowhere", [says(RawServer.response("302 Found", ["Content-Length: 0"]))], "UnexpectedStatus"],
  [
    "a redirect to FTP",
    [says(RawServer.response("302 Found", ["Location: ftp://127.0.0.1/x", "Content-Length: 0"]))],
    "RedirectRefused"
  ],
  [
    "a redirect with a password",
    [says(RawServer.response("302 Found", ["Location: http://a:b@127.0.0.1/x", "Content-Length: 0"]))],
    "RedirectRefused"
  ],
  [
    "redirects in a circle",
    Array.from({ length: 9 }, () => says(RawServer.response("307 No", ["Location: /", "Content-Length: 0"]))),
    "RedirectRefused"
  ],
  ["HTML", [says(ok(["Content-Type: text/html; charset=utf-8", "Content-Length: 6"], "<html>"))], "UnexpectedContent"],
  ["XML", [says(ok(["Content-Type: application/xml", "Content-Length: 5"], "<Err>"))], "UnexpectedContent"],
  [
    "HTML that says it is a ZIP",
    [says(ok(["Content-Type: application/zip", "Content-Length: 6"], "<html>"))],
    "UnexpectedContent"
  ],
  ["an empty body", [says(ok(["Content-Length: 0", etag], ""))], "UnexpectedContent"],
  ["a body that is encoded", [says(ok([length, "Content-Encoding: gzip", etag]))], "UnexpectedContent"],
  ["a host that breaks for ever", Array.from({ length: 9 }, () => says("", "reset")), "RetriesExhausted"]
]

const services = (server: Pick<RawServer.RawServer, "origin">) =>
  Layer.provide(
    NodeScenario.layerServices(),
    ScenarioConfig.layer({ baseUrl: server.origin, apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret") })
  )

/** What downloads from the server, until the end of the test. */
const serve = (server: Pick<RawServer.RawServer, "origin">) =>
  Effect.map(Layer.build(services(server)), Context.get(FileDownload.FileDownload))

const answers = (first: ReadonlyArray<RawServer.Answer>): ReadonlyArray<RawServer.Handler> => [
  ...first.map((answer) => () => answer),
  honest
]

describe.concurrent("what a storage host may say", () => {
  it.live.each([...broken, ...fine, ...refused])("%s", ([, first, ends = "whole", requests]) =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(RawServer.sequence(...answers(first)))
      const target = join(TestDirectory.make("wire"), "archive.zip")
      const result = yield* Effect.gen(function* () {
        const { run } = yield* FileDownload.FileDownload
        return yield* Effect.result(run(server.source, target, quick))
      }).pipe(Effect.provide(services(server)))
      if (ends === "whole") {
        if (Result.isFailure(result)) return assert.fail(result.failure.message)
        assert.isTrue(readFileSync(target).equals(object), "the file holds the object's bytes")
        if (requests !== undefined) assert.strictEqual((yield* server.requests).length, requests)
      } else {
        assert(Result.isFailure(result) && result.failure._tag === "TransferError")
        assert.strictEqual(result.failure.reason._tag, ends)
        assert.notInclude(result.failure.message, "signature")
        assert.isFalse(existsSync(target), "nothing is published")
      }
      for (const { headers } of yield* server.requests) {
        for (const name of ["authorization", "cookie", "traceparent", "b3"]) assert.notProperty(headers, name)
        assert.strictEqual(headers["accept-encoding"], "identity")
      }
    }).pipe(Effect.scoped)
  )

  it.live.each(fine.filter(([, , , requests]) => requests === undefined))("%s: one request is enough", ([, first]) =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(RawServer.sequence(...answers(first)))
      const bytes = yield* Effect.flatMap(Transfer.Transfer, ({ bytes }) =>
        // A hundred tests at once may leave a byte waiting.
        Stream.runCollect(bytes(server.source, { ...quick, idleTimeout: "30 seconds" }))
      ).pipe(Effect.provide(services(server)))
      assert.isTrue(Buffer.concat(bytes).equals(object))
      assert.strictEqual((yield* server.requests).length, 1)
    }).pipe(Effect.scoped)
  )

  it.live("a kept connection that ends as the next request comes costs no try", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(RawServer.sequence(honest, () => says("", "close"), honest))
      const { run } = yield* serve(server)
      for (const name of ["first.zip", "second.zip"]) {
        const target = join(TestDirectory.make("wire"), name)
        yield* run(server.source, target, { ...quick, retries: 0 })
        assert.isTrue(readFileSync(target).equals(object))
      }
      assert.strictEqual((yield* server.requests).length, 3)
    }).pipe(Effect.scoped)
  )

  it.live("the long body of a redirect holds no connection", () =>
    Effect.gen(function* () {
      let closed: (() => void) | undefined
      const first = new Promise<void>((resolve) => {
        closed = resolve
      })
      const server = createServer((socket) => {
        socket.on("error", () => undefined)
        socket.once("data", (data) => {
          if (data.includes("GET /to ")) return void first.then(() => socket.end(ok([length, etag])))
          socket.once("close", () => closed?.())
          return socket.write(RawServer.response("302 Found", ["Location: /to", "Content-Length: 1000000"], "moved"))
        })
      })
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () => Effect.sync(() => server.close())
      )
      const address = server.address()
      assert(address !== null && typeof address === "object")
      const origin = `http://127.0.0.1:${address.port}`
      const source = { refresh: Effect.succeed(signedUrl(`${origin}/from`)) }
      const chunks = yield* Effect.flatMap(Transfer.Transfer, ({ bytes }) =>
        Stream.runCollect(bytes(source, { ...quick, retries: 0 }))
      ).pipe(Effect.provide(services({ origin })))
      assert.isTrue(Buffer.concat(chunks).equals(object))
    }).pipe(Effect.scoped)
  )

  it.live("the query of a link arrives as it was signed", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(honest)
      const path = "/p%20a/b~c%2Fd?name=a%3B%20b~c.zip&flag&Policy=ab-_~%2B&x=1%2c2&e=&Signature=a%2Fb~(x)*!"
      const source = { refresh: Effect.sync(() => signedUrl(`${server.origin}${path}`)) }
      yield* Effect.flatMap(Transfer.Transfer, ({ bytes }) => Stream.runDrain(bytes(source, quick))).pipe(
        Effect.provide(services(server))
      )
      assert.strictEqual((yield* server.requests)[0]?.head.split("\r\n")[0], `GET ${path} HTTP/1.1`)
    }).pipe(Effect.scoped)
  )

  it.live("the checksum of an object that is gone before its first byte is not that of the next", () =>
    Effect.gen(function* () {
      const md5 = (bytes: Buffer) => `Content-MD5: ${createHash("md5").update(bytes).digest("base64")}`
      const server = yield* RawServer.make(
        RawServer.sequence(
          () => says(ok([length, 'ETag: "v2"', md5(other)], ""), "reset"),
          () => says(ok([length, etag, md5(object)]))
        )
      )
      const chunks = yield* Effect.flatMap(Transfer.Transfer, ({ bytes }) =>
        Stream.runCollect(bytes(server.source, quick))
      ).pipe(Effect.provide(services(server)))
      assert.isTrue(Buffer.concat(chunks).equals(object))
    }).pipe(Effect.scoped)
  )

  const sum = (algorithm: "md5" | "sha256", bytes: Buffer) => createHash(algorithm).update(bytes).digest("base64")
  /** What the 200 says is wrong, and what the 206 says is right. */
  const begun = says(ok([length, etag, `Content-MD5: ${sum("md5", other)}`], half), "close")
  const later = `Repr-Digest: sha-256=:${sum("sha256", object)}:`

  it.live.each<readonly [when: string, answers: ReadonlyArray<RawServer.Answer>]>([
    ["resumed", [begun, partly([range(from), etag, later])]],
    // To a condition, to a range without one, and to no range.
    ["sent once more", [begun, ...Array.from({ length: 3 }, () => says(ok([length, etag, later])))]]
  ])("a checksum of the whole is not forgotten when the object is %s", ([, answers]) =>
    Effect.gen(function* () {
      // For a run that gets over it, and for two of which the first one does not.
      const server = yield* RawServer.make(RawServer.sequence(...answers, ...answers))
      const directory = TestDirectory.make("wire")
      const reasonOf = Effect.fnUntraced(
        function* (name: string, options: FileDownload.Options) {
          const { run } = yield* FileDownload.FileDownload
          const error = yield* Effect.flip(run(server.source, join(directory, name), { ...quick, ...options }))
          assert(error._tag === "TransferError")
          return error.reason._tag
        },
        Effect.provide(services(server))
      )
      assert.strictEqual(yield* reasonOf("at-once.zip", {}), "ChecksumMismatch")
      assert.strictEqual(yield* reasonOf("in-two-runs.zip", { retries: 0 }), "RetriesExhausted")
      assert.strictEqual(yield* reasonOf("in-two-runs.zip", {}), "ChecksumMismatch")
    }).pipe(Effect.scoped)
  )

  it.live("a part that is whole is published only where the host still has that object", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("wire")
      const target = join(directory, "archive.zip")
      const occupied = join(directory, "occupied.zip")
      /** `late`: something takes the final name when all but the end is there. */
      const fetch = (script: RawServer.Handler, late: boolean) =>
        Effect.gen(function* () {
          const server = yield* RawServer.make(script)
          const { events } = yield* serve(server)
          const rename = () => (late ? occupied : target)
          const all = events(server.source, target, { ...quick, rename }).pipe(
            Stream.tap(() => Effect.sync(() => late && writeFileSync(occupied, "mine")))
          )
          return [yield* Effect.result(Stream.runDrain(all)), (yield* server.requests).length] as const
        })
      for (const [now, requests] of [
        [object, 1],
        [other, 2]
      ] as const) {
        const late = yield* fetch(honest, true)
        assert(Result.isFailure(late[0]))
        rmSync(occupied)
        const script = now === object ? honest : RawServer.object(other, '"v2"')
        const [result, asked] = yield* fetch(script, false)
        assert(Result.isSuccess(result))
        assert.isTrue(readFileSync(target).equals(now))
        assert.strictEqual(asked, requests)
        rmSync(target)
      }
    }).pipe(Effect.scoped)
  )

  it.live("two versions of one length are never joined", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(RawServer.sequence(() => cut, RawServer.object(other, '"v2"')))
      const target = join(TestDirectory.make("wire"), "archive.zip")
      const { run } = yield* serve(server)
      yield* run(server.source, target, quick)
      assert.isTrue(readFileSync(target).equals(other))
    }).pipe(Effect.scoped)
  )

  it.live("bytes behind a range that is wanted do no harm", () =>
    Effect.gen(function* () {
      const surplus: RawServer.Handler = (request) => ({ send: [honest(request).send, "surplus"].flat() })
      const server = yield* RawServer.make(surplus)
      const ranges = [
        [0, 1000],
        [5000, 6000],
        [size - 10, size]
      ] as const
      const part = { object: { size, etag: '"v1"' }, ranges }
      const events = yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runCollect(transfer.part(server.source, part, quick))
      ).pipe(Effect.provide(services(server)))
      const bytes = events.flatMap((event) => (event._tag === "Bytes" ? [event.bytes] : []))
      assert.isTrue(
        Buffer.concat(bytes).equals(Buffer.concat(ranges.map(([start, end]) => object.subarray(start, end))))
      )
    }).pipe(Effect.scoped)
  )
})
