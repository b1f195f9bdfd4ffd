import { assert, describe, it } from "@effect/vitest"
import type { Checksum, StoredObject } from "@scenario-assets/core"
import * as StoredObjects from "../src/transfer/internal/StoredObjects.ts"

const stored: StoredObject.StoredObject = {
  size: 10_000,
  etag: '"one"',
  lastModified: "Wed, 21 Oct 2026 07:28:00 GMT"
}
const weak = { ...stored, etag: 'W/"one"' }
const { etag: _, ...untagged } = stored
const crc: Checksum.Checksum = { algorithm: "crc32c", value: "AAAAAA==" }
const otherCrc: Checksum.Checksum = { algorithm: "crc32c", value: "AAAAAQ==" }
const md5: Checksum.Checksum = { algorithm: "md5", value: "AAAAAAAAAAAAAAAAAAAAAA==" }

describe("StoredObjects.isSame", () => {
  it.each<readonly [what: string, a: StoredObject.StoredObject, b: StoredObject.StoredObject]>([
    ["strong ETags that agree", { etag: '"one"' }, { etag: '"one"' }],
    ["size and date, where neither has an ETag", untagged, untagged],
    ["size and date, where one has no ETag", stored, untagged],
    ["size and date, where the ETags are weak and agree", weak, weak],
    ["size and date, where one of two ETags that agree is weak", stored, weak],
    ["one of two checksums", { ...stored, checksums: [crc, otherCrc] }, { ...stored, checksums: [crc] }],
    [
      "checksums of different algorithms, and the ETag",
      { ...stored, checksums: [crc] },
      { ...stored, checksums: [md5] }
    ]
  ])("is told by %s", (_, a, b) => {
    assert.isTrue(StoredObjects.isSame(a, b))
    assert.isTrue(StoredObjects.isSame(b, a))
  })

  it.each<readonly [what: string, a: StoredObject.StoredObject, b: StoredObject.StoredObject]>([
    ["strong ETags differ", stored, { ...stored, etag: '"two"' }],
    ["weak ETags differ, whatever size and date say", weak, { ...weak, etag: 'W/"two"' }],
    ["a weak and a strong ETag differ", stored, { ...stored, etag: 'W/"two"' }],
    ["the dates differ, whatever the ETags say", stored, { ...stored, lastModified: "Thu, 22 Oct 2026 07:28:00 GMT" }],
    ["the sizes differ, whatever the ETags say", stored, { ...stored, size: 10_001 }],
    ["a checksum differs", { ...stored, checksums: [crc] }, { ...stored, checksums: [md5, otherCrc] }],
    ["weak ETags are all there is", { size: 10_000, etag: 'W/"one"' }, { size: 10_000, etag: 'W/"one"' }],
    ["there is only a size", { size: 10_000 }, { size: 10_000 }],
    ["nothing is known", {}, {}]
  ])("is false where %s", (_, a, b) => {
    assert.isFalse(StoredObjects.isSame(a, b))
    assert.isFalse(StoredObjects.isSame(b, a))
  })
})

describe("StoredObjects.strongEtag", () => {
  it.each(['W/"one"', "one", '"one', '"o"ne"', '"one\n"', '"\u2603"', ""])("is none where the ETag is %j", (etag) => {
    assert.isUndefined(StoredObjects.strongEtag({ etag }))
  })
})

describe("StoredObjects.fromHeaders", () => {
  it("takes an empty header for one that is not there", () => {
    const headers = { etag: "", "last-modified": " ", "content-type": "" }
    assert.deepStrictEqual(StoredObjects.fromHeaders(headers, 200, undefined), {})
  })
})
