/**
 * One extraction whose process is killed again and again, at moments nobody chose: twice here, as often as `CRASHES`
 * says.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { SignedUrl } from "@scenario-assets/core"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as ExtractorProcess from "../support/ExtractorProcess.ts"
import * as RangeHost from "../support/RangeHost.ts"

const crashes = Number(process.env["CRASHES"] ?? 2)
const mebibyte = 1024 * 1024

/** Two of three files are small; among the large ones are some that shrink to nothing. */
const files: ReadonlyMap<string, Uint8Array> = new Map(
  Array.from({ length: 60 * crashes }, (_, n): readonly [string, Uint8Array] => {
    if (n % 30 === 17) return [`d/large ${n}.bin`, Extracting.noise(5 * mebibyte, n)]
    if (n % 30 === 23) return [`d/blank ${n}.bmp`, new Uint8Array(17 * mebibyte).fill(n)]
    return [`${n % 7}/${n}.bin`, Extracting.noise(60_000, n)]
  })
)
const archive = ZipMaker.make(
  [...files].map(([name, content], index) => ({
    name,
    content,
    method: name.includes("blank") || index % 60 < 30 ? 8 : 0
  }))
)

const assertRight = (directory: string): number => {
  let there = 0
  for (const [name, content] of files) {
    const path = join(directory, name)
    if (!existsSync(path)) continue
    there++
    assert.isTrue(readFileSync(path).equals(content), `${name} has its name, so it is whole`)
  }
  return there
}

describe("an extraction whose process is killed", () => {
  it.live(
    `${crashes} times is whole in the end, and nothing that was there is fetched again`,
    () =>
      Effect.gen(function* () {
        const host = yield* RangeHost.make(archive.bytes)
        const url = SignedUrl.reveal(yield* host.source.refresh).href
        const directory = TestDirectory.make("crash")
        for (let crash = 0; crash < crashes; crash++) {
          const before = existsSync(directory) ? Extracting.inodes(directory) : {}
          // Anywhere in a part of what is missing.
          const portion = Math.random() / (crashes - crash + 1)
          let toRead = 0
          const { code } = yield* ExtractorProcess.run(url, directory, (what, number) => {
            if (what === "planned") toRead = number
            return what === "read" && number >= toRead * portion
          })
          if (code === 0) break
          assertRight(directory)
          const final = Object.entries(before).filter(([name]) => !name.startsWith(".scenario-assets"))
          assert.deepInclude(Extracting.inodes(directory), Object.fromEntries(final))
        }
        const there = assertRight(directory)
        const missing =
          archive.bytes.length -
          [...files].reduce(
            (sum, [name, { length }]) =>
              sum + (existsSync(join(directory, name)) && !name.includes("blank") ? length : 0),
            0
          )
        const last = yield* ExtractorProcess.run(url, directory)
        assert.strictEqual(last.code, 0)
        assert.strictEqual(last.said.get("there"), there)
        assert.isBelow(last.said.get("read") ?? 0, missing + 4 * mebibyte)
        assert.strictEqual(assertRight(directory), files.size)
        assert.strictEqual(Object.keys(Extracting.inodes(directory)).length, files.size, "nothing is left over")
      }).pipe(Effect.scoped),
    { timeout: 180_000 + crashes * 10_000 }
  )
})
