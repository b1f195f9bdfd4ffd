import { assert, describe, it } from "@effect/vitest"
import { Checksum } from "@scenario-assets/core"
import * as Base64 from "effect/encoding/Base64"
import * as Headers from "effect/http/Headers"
import * as Schema from "effect/Schema"
import * as Checksums from "../../src/transfer/internal/Checksums.ts"

/** Values of "123456789". */
const crc32 = "y/Q5Jg=="
const crc32c = "4waSgw=="
const crc64nvme = "rosUhgp5mIg="
const md5 = "JfnnlDI7RTiF9RgfG2JNCw=="
const sha1 = "98O8HYCOBHMq32eZZczDTKeuNEE="
const sha256 = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="
const sha512 = "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ=="
/** Of other bytes. */
const otherMd5 = Base64.encode(new Uint8Array(16).fill(1))

type Pair = readonly [algorithm: Checksum.Algorithm, value: string]
const read = (headers: Readonly<Record<string, string | ReadonlyArray<string>>>, status = 200): ReadonlyArray<Pair> =>
  Checksums.fromHeaders(Headers.fromInput(headers), status).map(({ algorithm, value }) => [algorithm, value])

describe("Checksum", () => {
  const all: ReadonlyArray<Pair> = [
    ["crc32", crc32],
    ["crc32c", crc32c],
    ["crc64nvme", crc64nvme],
    ["md5", md5],
    ["sha1", sha1],
    ["sha256", sha256],
    ["sha512", sha512]
  ]

  it.each(all)("of %s has the length of its algorithm", (algorithm, value) => {
    const is = Schema.is(Checksum.Checksum)
    assert.isTrue(is({ algorithm, value }))
    for (const wrong of [
      "",
      value.slice(0, -1),
      `${value}AAAA`,
      value.replaceAll("=", ""),
      ` ${value}`,
      "*".repeat(8)
    ]) {
      if (wrong !== value) assert.isFalse(is({ algorithm, value: wrong }), wrong)
    }
    assert.isFalse(is({ algorithm: "adler32", value }))
    assert.deepStrictEqual(Checksums.parse(algorithm, value), { algorithm, value })
    assert.deepStrictEqual(Checksums.parse(algorithm, value.replaceAll("=", "")), { algorithm, value })
    assert.deepStrictEqual(Checksums.make(algorithm, Checksums.toBytes({ algorithm, value })), { algorithm, value })
  })

  it.prop(
    "parses what it makes, and any text without a failure",
    [Schema.Uint8Array, Schema.String],
    ([bytes, text]) => {
      const made = Checksums.parse("md5", Base64.encode(bytes))
      assert.strictEqual(made !== undefined, bytes.length === 16)
      if (made !== undefined) assert.deepStrictEqual(Checksums.toBytes(made), bytes)
      const parsed = Checksums.parse("crc32", text)
      if (parsed !== undefined) assert.isTrue(Schema.is(Checksum.Checksum)(parsed))
      Checksums.fromHeaders({ "repr-digest": text, "content-md5": text, "x-goog-hash": text }, 200)
    }
  )
})

describe("Checksums.fromHeaders", () => {
  const digests: ReadonlyArray<readonly [header: string, found: ReadonlyArray<Pair>]> = [
    [`sha-256=:${sha256}:`, [["sha256", sha256]]],
    [
      `sha-512=:${sha512}:,sha-256=:${sha256}:`,
      [
        ["sha512", sha512],
        ["sha256", sha256]
      ]
    ],
    [
      `  md5=:${md5}: ,\t sha=:${sha1}:  `,
      [
        ["md5", md5],
        ["sha1", sha1]
      ]
    ],
    [`crc32c=:${crc32c}:;source=part;n=1, adler=:A5gB3g==:, unixsum=:AAA=:`, [["crc32c", crc32c]]],
    [`sha-256=:${sha256.replace("=", "")}:`, [["sha256", sha256]]],
    [`sha-256=${sha256}`, []],
    [`sha-256=:${sha256}`, []],
    [`sha-256=:${md5}:`, []],
    [`sha-512=:${sha512.replace("/", "_").replace("+", "-")}:`, []],
    [`SHA-256=:${sha256}:`, []],
    [`sha-256 = :${sha256}:`, []],
    ["sha-256", []],
    ["sha-256=::", []],
    [",,=,:", []],
    ["", []]
  ]

  it.each(digests)("reads the digest %s", (header, found) => {
    assert.deepStrictEqual(read({ "Repr-Digest": header }), found)
    assert.deepStrictEqual(read({ "Repr-Digest": header }, 206), found)
    assert.deepStrictEqual(read({ "Content-Digest": header }), found)
    assert.deepStrictEqual(read({ "Content-Digest": header }, 206), [])
  })

  it("reads Content-MD5 where it speaks of the whole", () => {
    assert.deepStrictEqual(read({ "Content-MD5": ` ${md5} ` }), [["md5", md5]])
    assert.deepStrictEqual(read({ "Content-MD5": md5 }, 206), [])
    assert.deepStrictEqual(read({ "Content-MD5": "25f9e794323b453885f5181f1b624d0b" }), [])
  })

  it.each([[`crc32c=${crc32c},md5=${md5}`], [`crc32c=${crc32c}, md5=${md5}`], [[`crc32c=${crc32c}`, `md5=${md5}`]]])(
    "reads x-goog-hash: %s",
    (header) => {
      const found: ReadonlyArray<Pair> = [
        ["crc32c", crc32c],
        ["md5", md5]
      ]
      assert.deepStrictEqual(read({ "x-goog-hash": header }), found)
      assert.deepStrictEqual(read({ "x-goog-hash": header }, 206), found)
    }
  )

  it("does not take x-goog-hash for the sum of bytes that were decompressed on the way", () => {
    const hash = { "x-goog-hash": `crc32c=${crc32c}` }
    assert.deepStrictEqual(read({ ...hash, "x-goog-stored-content-encoding": "gzip" }), [])
    assert.deepStrictEqual(read({ ...hash, "x-goog-stored-content-encoding": "identity" }), [["crc32c", crc32c]])
    const encoded = { "x-goog-stored-content-encoding": "gzip", "content-encoding": "gzip" }
    assert.deepStrictEqual(read({ ...hash, ...encoded }), [["crc32c", crc32c]])
    assert.deepStrictEqual(read({ "x-goog-hash": "crc32c=, md5, sha=x, =" }), [])
  })

  it("reads those of S3 under 200, where they are of the object", () => {
    const headers = {
      "x-amz-checksum-crc32": crc32,
      "x-amz-checksum-crc32c": crc32c,
      "x-amz-checksum-crc64nvme": crc64nvme,
      "x-amz-checksum-sha1": sha1,
      "x-amz-checksum-sha256": sha256
    }
    const found: ReadonlyArray<Pair> = [
      ["crc32", crc32],
      ["crc32c", crc32c],
      ["crc64nvme", crc64nvme],
      ["sha1", sha1],
      ["sha256", sha256]
    ]
    assert.deepStrictEqual(read(headers), found)
    assert.deepStrictEqual(read({ ...headers, "x-amz-checksum-type": "FULL_OBJECT" }), found)
    assert.deepStrictEqual(read({ ...headers, "x-amz-checksum-type": "COMPOSITE" }), [])
    assert.deepStrictEqual(read(headers, 206), [])
  })

  it("does not take a composite value for a sum of the object", () => {
    assert.deepStrictEqual(read({ "x-amz-checksum-crc32c": `${crc32c}-3` }), [])
    assert.deepStrictEqual(read({ "x-amz-checksum-sha256": `${sha256}-10000`, "x-amz-checksum-crc32": crc32 }), [
      ["crc32", crc32]
    ])
  })

  it("does not take an ETag for anything", () => {
    assert.deepStrictEqual(read({ etag: '"25f9e794323b453885f5181f1b624d0b"' }), [])
    assert.deepStrictEqual(read({ etag: `"${md5}"`, digest: `md5=${md5}` }), [])
  })

  it("gives a value once, and both where two headers disagree", () => {
    assert.deepStrictEqual(read({ "Content-MD5": md5, "x-goog-hash": `md5=${md5}`, "Repr-Digest": `md5=:${md5}:` }), [
      ["md5", md5]
    ])
    assert.deepStrictEqual(read({ "Content-MD5": md5, "x-goog-hash": `md5=${otherMd5}` }), [
      ["md5", otherMd5],
      ["md5", md5]
    ])
  })

  it("finds nothing where nothing is said", () => {
    assert.deepStrictEqual(read({}), [])
    assert.deepStrictEqual(read({ "content-length": "9" }), [])
  })
})
