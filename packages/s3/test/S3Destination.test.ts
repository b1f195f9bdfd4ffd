import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { crc32 } from "node:zlib"
import { PutObjectCommand } from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { Asset } from "@scenario-assets/core"
import { Destination } from "@scenario-assets/node"
import { S3Destination } from "@scenario-assets/s3"
import { Effect, Fiber, Stream } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Objects from "./support/Objects.ts"
import * as S3Server from "./support/S3Server.ts"

const { bucket } = S3Server

const entryOf = (path: string, bytes: Uint8Array): Destination.Entry => ({
  path,
  size: bytes.length,
  crc32: crc32(bytes)
})

const large = Buffer.alloc(21_000_000, "a large file ")

const opened = Effect.fnUntraced(function* (
  server: Pick<S3Server.S3Server, "endpoint">,
  options: S3Destination.Options = {},
  url = `s3://${bucket}/some/folder`
) {
  const destination = yield* S3Destination.make(url, { ...S3Server.options(server), ...options })
  return yield* destination.open("")
})

/** In pieces, as it is read of an archive. */
const pieces = (bytes: Buffer, size = 1_000_000) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size)
    )
  )

describe("put", () => {
  it.live("stores a small file at once, with its checksum and its type", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      const bytes = Buffer.from("a castle")
      yield* folder.put(entryOf("image/a #1 (été).png", bytes), Stream.make(bytes))
      const found = yield* Objects.read(server.client, bucket, "some/folder/image/a #1 (été).png")
      assert.strictEqual(String(found.bytes), "a castle")
      assert.strictEqual(found.type, "image/png")
      assert.deepStrictEqual(found.metadata, { "scenario-crc32": crc32(bytes).toString(16).padStart(8, "0") })
      const put = server.requests.find(({ method }) => method === "PUT")
      const sum = Buffer.from(String(put?.headers["x-amz-checksum-crc32"]), "base64")
      assert.strictEqual(sum.readUInt32BE(), crc32(bytes))
      assert.notInclude(JSON.stringify(put?.headers), "aws-chunked")
    }).pipe(Effect.scoped)
  )

  it.live("stores an empty file", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      yield* folder.put(entryOf("empty.txt", Buffer.of()), Stream.empty)
      assert.lengthOf((yield* Objects.read(server.client, bucket, "some/folder/empty.txt")).bytes, 0)
    }).pipe(Effect.scoped)
  )

  it.live("gives a store that knows no checksums none", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      server.before = ({ headers }) =>
        headers["x-amz-checksum-crc32"] === undefined ? undefined : { status: 501, code: "NotImplemented" }
      const folder = yield* opened(server)
      for (const name of ["a.txt", "b.txt"]) {
        yield* folder.put(entryOf(name, Buffer.from(name)), Stream.make(Buffer.from(name)))
      }
      assert.lengthOf(yield* Objects.keys(server.client, bucket), 2)
      const refused = server.requests.filter(({ headers }) => headers["x-amz-checksum-crc32"] !== undefined)
      assert.isTrue(
        refused.every(({ path }) => path.endsWith("a.txt")),
        "it is asked once"
      )
    }).pipe(Effect.scoped)
  )

  it.live("sends a large file in parts", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      yield* folder.put(entryOf("large.bin", large), pieces(large))
      const found = yield* Objects.read(server.client, bucket, "some/folder/large.bin")
      assert.isTrue(found.bytes.equals(large))
      assert.strictEqual(found.metadata["scenario-crc32"], crc32(large).toString(16).padStart(8, "0"))
      assert.lengthOf(
        server.requests.filter(({ query }) => query.has("partNumber")),
        3
      )
      assert.deepStrictEqual(S3Server.uploads(server), { begun: 1, completed: 1, aborted: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("leaves nothing of a large file whose content fails, and passes its error on", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      const content = Stream.concat(pieces(large.subarray(0, 12_000_000)), Stream.fail("damaged" as const))
      assert.strictEqual(yield* Effect.flip(folder.put(entryOf("large.bin", large), content)), "damaged")
      assert.deepStrictEqual(S3Server.uploads(server), { begun: 1, completed: 0, aborted: 1 })
      assert.lengthOf(yield* Objects.keys(server.client, bucket), 0)
    }).pipe(Effect.scoped)
  )

  it.live("leaves nothing of a large file of which a part is refused", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      server.before = ({ query }) => (query.get("partNumber") === "2" ? { status: 400, code: "BadDigest" } : undefined)
      const error = yield* Effect.flip(folder.put(entryOf("large.bin", large), pieces(large)))
      assert(error._tag === "DestinationError")
      assert.deepInclude(error, { operation: "store", code: "BadDigest", isFatal: false })
      assert.deepStrictEqual(S3Server.uploads(server), { begun: 1, completed: 0, aborted: 1 })
    }).pipe(Effect.scoped)
  )

  it.live("leaves nothing of a file that is interrupted, small or large", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      let held = 0
      const isOver = Promise.withResolvers<void>()
      server.before = async ({ method }) => {
        if (method !== "PUT") return undefined
        held++
        await isOver.promise
        return undefined
      }
      const small = Buffer.from("small")
      const fibers = [
        yield* Effect.forkChild(folder.put(entryOf("large.bin", large), pieces(large))),
        yield* Effect.forkChild(folder.put(entryOf("small.bin", small), Stream.make(small)))
      ]
      yield* Effect.sleep(20).pipe(Effect.repeat({ until: () => held >= 3 }))
      yield* Fiber.interruptAll(fibers)
      assert.deepStrictEqual(S3Server.uploads(server), { begun: 1, completed: 0, aborted: 1 })
      assert.lengthOf(yield* Objects.keys(server.client, bucket), 0)
      isOver.resolve()
    }).pipe(Effect.scoped)
  )

  it.live("tries again what the store could not do now", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      let count = 0
      server.before = ({ method }) => (method === "PUT" && count++ < 2 ? { status: 503, code: "SlowDown" } : undefined)
      yield* folder.put(entryOf("a.txt", Buffer.from("a")), Stream.make(Buffer.from("a")))
      assert.strictEqual(count, 3)
    }).pipe(Effect.scoped)
  )
})

describe("missing", () => {
  const a = Buffer.from("aaaa")
  const b = Buffer.from("bbbb")

  it.live("finds what is there by size and checksum, by few requests", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      yield* folder.put(entryOf("a.txt", a), Stream.make(a))
      server.requests.length = 0
      const [there, changed, absent, longer] = [
        entryOf("a.txt", a),
        entryOf("a.txt", b),
        entryOf("b.txt", b),
        entryOf("a.txt", Buffer.concat([a, b]))
      ]
      assert.deepStrictEqual(yield* folder.missing([there]), [])
      assert.deepStrictEqual(yield* folder.missing([changed, absent, longer]), [changed, absent, longer])
      assert.deepStrictEqual(
        server.requests.map(({ method }) => method),
        ["GET", "HEAD", "GET", "HEAD"]
      )
      const bySize = yield* opened(server, { sameBy: "size" })
      assert.deepStrictEqual(yield* bySize.missing([changed, absent, longer]), [absent, longer])
    }).pipe(Effect.scoped)
  )

  it.live("takes an object of the same size that somebody else has put for another file", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const object = { Bucket: bucket, Key: "some/folder/a.txt", Body: a }
      yield* Effect.promise(() => server.client.send(new PutObjectCommand(object)))
      const folder = yield* opened(server)
      assert.deepStrictEqual(yield* folder.missing([entryOf("a.txt", a)]), [entryOf("a.txt", a)])
    }).pipe(Effect.scoped)
  )

  it.live("reads a folder of more objects than one page has", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server, { sameBy: "size" })
      const entries = Array.from({ length: 1001 }, (_, index) => entryOf(`${index}.txt`, a))
      yield* Effect.forEach(entries, (entry) => folder.put(entry, Stream.make(a)), { concurrency: 16, discard: true })
      server.requests.length = 0
      assert.deepStrictEqual(yield* folder.missing(entries), [])
      assert.lengthOf(server.requests, 2)
    }).pipe(Effect.scoped)
  )
})

describe("complete", () => {
  it.live("writes the manifest into the folder", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const destination = yield* S3Destination.make(`s3://${bucket}`, S3Server.options(server))
      const folder = yield* destination.open("07")
      const files = [entryOf("a.txt", Buffer.from("a"))]
      const manifest = { version: 1 as const, jobId: Asset.JobId.make("job_a"), fileCount: 1, byteCount: 1, files }
      yield* folder.complete(manifest)
      const { bytes, type } = yield* Objects.read(server.client, bucket, `07/${Destination.manifestName}`)
      assert.deepStrictEqual(JSON.parse(String(bytes)), manifest)
      assert.strictEqual(type, "application/json")
    }).pipe(Effect.scoped)
  )
})

describe("a store that does not take what it is given", () => {
  const failing = (server: Pick<S3Server.S3Server, "endpoint">, options: S3Destination.Options = {}, url?: string) =>
    Effect.flip(opened(server, options, url)).pipe(
      Effect.map((error) => {
        assert(error._tag === "DestinationError")
        assert.isTrue(error.isFatal)
        for (const secret of [Canary.key, Canary.secret]) {
          assert.notInclude(JSON.stringify(error) + error.message + String(error.stack), secret)
        }
        return error.message
      })
    )

  it.live("has no such bucket", () =>
    Effect.gen(function* () {
      const message = yield* failing(yield* S3Server.make, {}, "s3://absent/folder")
      assert.strictEqual(
        message,
        "Cannot open s3://absent/folder/: there is no such bucket; create it, or correct the address."
      )
    }).pipe(Effect.scoped)
  )

  const answers: ReadonlyArray<readonly [S3Server.Answer, string]> = [
    [{ status: 403, code: "InvalidAccessKeyId" }, "the credentials are not accepted; check AWS_ACCESS_KEY_ID"],
    [{ status: 403, code: "SignatureDoesNotMatch" }, "the credentials are not accepted; check AWS_ACCESS_KEY_ID"],
    [{ status: 403, code: "AccessDenied" }, "access is denied; the credentials need s3:ListBucket"],
    [{ status: 403, code: "ExpiredToken" }, "the credentials have expired"],
    [
      { status: 301, code: "PermanentRedirect", headers: { "x-amz-bucket-region": "eu-west-1" } },
      "in the region eu-west-1; set AWS_REGION"
    ],
    [{ status: 400, code: "AuthorizationHeaderMalformed" }, "the bucket is in another region"],
    [{ status: 418, code: "Teapot" }, "the store answers 418 (no)"]
  ]

  it.live.each(answers)("says what to do about %o", ([answer, expected]) =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      server.before = () => answer
      assert.include(yield* failing(server), expected)
    }).pipe(Effect.scoped)
  )

  it.live("is not reached", () =>
    Effect.gen(function* () {
      assert.include(yield* failing({ endpoint: "http://127.0.0.1:9" }), "the store is not reached (ECONNREFUSED)")
    }).pipe(Effect.scoped)
  )

  it.live("is full, which ends the download", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      const folder = yield* opened(server)
      server.before = () => ({ status: 507, code: "XMinioStorageFull" })
      const error = yield* Effect.flip(folder.put(entryOf("a.txt", large.subarray(0, 4)), pieces(large.subarray(0, 4))))
      assert(error._tag === "DestinationError")
      assert.isTrue(error.isFatal)
      assert.include(error.message, `s3://${bucket}/some/folder/a.txt: the store is full`)
    }).pipe(Effect.scoped)
  )

  it.live("is not named by the address", () =>
    Effect.gen(function* () {
      for (const url of ["s3:///folder", "nothing"]) {
        const error = yield* Effect.flip(S3Destination.make(url, S3Server.options({ endpoint: "http://127.0.0.1:9" })))
        assert.include(error.message, "the address names no bucket")
      }
    }).pipe(Effect.scoped)
  )
})

describe("a store that the environment names", () => {
  const run = (env: NodeJS.ProcessEnv) => {
    const program = fileURLToPath(new URL("support/open.ts", import.meta.url))
    // No profile, and no role.
    const home = { HOME: TestDirectory.make("home"), AWS_EC2_METADATA_DISABLED: "true" }
    return Effect.promise(() => promisify(execFile)(process.execPath, [program], { env: { ...home, ...env } }))
  }
  const keys = { AWS_ACCESS_KEY_ID: Canary.key, AWS_SECRET_ACCESS_KEY: Canary.secret }

  it.live("is found there, with its region and credentials", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      for (const name of ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]) {
        const { stdout } = yield* run({ ...keys, AWS_REGION: "eu-west-1", [name]: server.endpoint })
        assert.strictEqual(stdout, "opened\n")
      }
      assert.isTrue(server.requests.every(({ path }) => path.startsWith(`/${bucket}`)))
      assert.include(String(server.requests[0]?.headers["authorization"]), "/eu-west-1/s3/")
    }).pipe(Effect.scoped)
  )

  it.live("needs credentials and a region", () =>
    Effect.gen(function* () {
      const { stdout } = yield* run({ AWS_REGION: "eu-west-1" })
      assert.include(stdout, "no credentials were found; set AWS_ACCESS_KEY_ID")
      const other = yield* run(keys)
      assert.include(other.stdout, "no region is set; set AWS_REGION")
    })
  )
})
