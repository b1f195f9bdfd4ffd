/** A host that tells no length and serves no ranges: the archive itself proves that it is whole, or nothing does. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ArchiveReader } from "@scenario-assets/node"
import { RawServer } from "@scenario-assets/node/testing"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as OpenArchive from "../../src/archive/internal/OpenArchive.ts"
import * as ProvedEnd from "../../src/archive/internal/ProvedEnd.ts"
import { FileDownload } from "../../src/file/FileDownload.ts"
import * as Extracting from "../support/Extracting.ts"

const inner = ZipMaker.make([{ name: "x", content: "x" }]).bytes
const { bytes, locals } = ZipMaker.make([
  { name: "inner.zip", content: inner },
  { name: "a.txt", content: "a".repeat(200_000), method: 8 },
  { name: "noise", content: Extracting.noise(300_000) }
])

/** As HTTP/1.0 does it: the end of the connection is the end of the body. */
const says =
  (body: Uint8Array, version = "HTTP/1.0"): RawServer.Handler =>
  () => ({
    send: [`${version} 200 OK\r\nContent-Type: application/zip\r\nConnection: close\r\n\r\n`, Buffer.from(body)],
    ending: "close"
  })

describe("A host that confirms no end", () => {
  it.live("has sent a whole archive where its end record is there", () =>
    Effect.gen(function* () {
      for (const version of ["HTTP/1.0", "HTTP/1.1"]) {
        for (const behind of [0, 3000]) {
          const server = yield* RawServer.make(says(ZipMaker.concat(bytes, new Uint8Array(behind)), version))
          const directory = TestDirectory.make()
          const outcome = yield* Extracting.run({ name: "host", source: server.source }, directory)
          assert.strictEqual(Extracting.extracted(outcome).files, 3)
          assert.deepStrictEqual(Object.keys(Extracting.tree(directory)), ["a.txt", "inner.zip", "noise"])
          const { list } = yield* ArchiveReader.ArchiveReader
          assert.lengthOf(yield* list({ name: "host", source: server.source }, Extracting.quick), 3)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("has sent no whole archive where it is cut, wherever that is", () =>
    Effect.gen(function* () {
      const [, afterInner = 0] = locals
      for (const length of [100, afterInner, 200_000, bytes.length - 22, bytes.length - 1]) {
        const server = yield* RawServer.make(says(bytes.subarray(0, length)))
        const directory = TestDirectory.make()
        const outcome = yield* Extracting.run({ name: "host", source: server.source }, directory)
        assert.strictEqual(Extracting.kindOf(outcome), "LengthMismatch", `${length}`)
        assert.deepStrictEqual(Extracting.told(outcome).written, [])
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is believed of a file as well, where somebody can tell", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(says(bytes))
      const files = yield* FileDownload
      const target = join(TestDirectory.make(), "a.zip")
      const options = { ...Extracting.quick, expect: "zip" as const }
      const error = yield* Effect.flip(files.run(server.source, target, options))
      assert.strictEqual(error.reason._tag, "LengthMismatch")
      const file = yield* files.run(server.source, target, { ...options, provesEnd: ProvedEnd.isWholeArchive })
      assert.strictEqual(file.bytes, bytes.length)
      assert.deepStrictEqual(readFileSync(target), Buffer.from(bytes))
      yield* Effect.scoped(OpenArchive.inFiles({ file: target }))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
