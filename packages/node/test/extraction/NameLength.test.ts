import { basename, dirname } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { RawServer } from "@scenario-assets/node/testing"
import { Effect } from "effect"
import * as DiskShim from "../../../../test-support/DiskShim.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Existing from "../../src/extraction/internal/Existing.ts"
import * as NameLength from "../../src/extraction/internal/NameLength.ts"
import * as Names from "../../src/extraction/internal/Names.ts"
import * as Extracting from "../support/Extracting.ts"
import * as ExtractorProcess from "../support/ExtractorProcess.ts"

const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }))

/** A file system that takes names of so many bytes, and has nothing but its root. */
const taking = (most: number) => (path: string) => {
  if (basename(path).length > most) return failing("ENAMETOOLONG")
  return path === "/" || path === "/there" ? Promise.resolve() : failing("ENOENT")
}

describe("NameLength.longestIn", () => {
  it.effect("finds what the file system takes, in a directory that is not there as well", () =>
    Effect.gen(function* () {
      for (const directory of ["/there", "/there/not/yet"]) {
        for (const [most, found] of [
          [255, 239],
          [239, 239],
          [238, 238],
          [143, 143],
          [48, 48]
        ] as const) {
          assert.strictEqual(yield* NameLength.longestIn(directory, taking(most)), found, `${directory} ${most}`)
        }
      }
      assert.strictEqual(yield* NameLength.longestIn(dirname(TestDirectory.make())), 239)
    })
  )

  it.effect("is kept by numbers as well", () =>
    Effect.gen(function* () {
      const names = Names.make(
        "/nowhere",
        () => Effect.succeed(Existing.nothing),
        () => false,
        48
      )
      const place = yield* names.place([])
      const name = `${"x".repeat(44)}.png`
      assert.strictEqual(names.plain(place, name, { size: 1, crc32: 1 }, "keep")?.path, name)
      assert.strictEqual(names.numbered(place, name, { size: 1, crc32: 2 }).path, `${"x".repeat(40)} (2).png`)
    })
  )
})

describe.runIf(DiskShim.isPossible)(
  "a disk that refuses long names only where they are made (needs gcc, on Linux)",
  () => {
    it.live.each([143, 60])(
      "has names of at most %i bytes, which is told, and a later run finds its files",
      (longestName) =>
        Effect.gen(function* () {
          const name = `${"d".repeat(200)}/${"é".repeat(98)}.png`
          const files = { "short.txt": "s", [name]: "x", [name.replace("é", "e")]: "y" }
          const server = yield* RawServer.make(RawServer.object(ZipMaker.make(Extracting.entriesOf(files)).bytes))
          const directory = TestDirectory.make()
          const env = DiskShim.env({ path: directory, longestName })
          for (const there of [0, 3]) {
            const { code, said } = yield* ExtractorProcess.run(`${server.origin}/a.zip`, directory, undefined, env)
            assert.strictEqual(code, 0)
            assert.isTrue(said.has("too-long"))
            assert.strictEqual(said.get("there"), there)
            const paths = Object.keys(Extracting.tree(directory)).filter((path) => !path.endsWith("/"))
            assert.lengthOf(paths, 3)
            for (const segment of paths.flatMap((path) => path.split("/"))) {
              assert.isAtMost(Buffer.byteLength(segment), longestName)
            }
            assert.lengthOf(
              paths.filter((path) => path.endsWith(".png")),
              2
            )
          }
        }).pipe(Effect.scoped)
    )
  }
)
