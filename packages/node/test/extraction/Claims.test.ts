/** Paths that are given away: each is told from all others, and comes back as it was. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as EntryPath from "../../src/archive/internal/EntryPath.ts"
import * as Claims from "../../src/extraction/internal/Claims.ts"

const claimOf = (path: string, n: number): Claims.Claim => ({
  path,
  wanted: n % 3 === 0 ? `${path}, without a number` : path,
  size: n % 2 === 0 ? n : 2 ** 40 + n,
  crc32: 2 ** 32 - 1 - n,
  action: n % 5 === 0 ? "skip" : "write"
})

/** By their keys what is claimed for these paths, the last one of several with the same key; and what is found then. */
const claimAll = (paths: ReadonlyArray<string>) => {
  const claims = Claims.make()
  const due = new Map(paths.map((path, n) => [EntryPath.fold(path), claimOf(path, n)]))
  const before = paths.filter((path) => claims.has(EntryPath.fold(path)))
  for (const [n, path] of paths.entries()) claims.set(EntryPath.fold(path), claimOf(path, n))
  const found = new Map([...due.keys()].map((key) => [key, claims.has(key) ? claims.get(key) : undefined]))
  return { before, due, found, stranger: claims.get("a path that nobody has") }
}

describe("Claims", () => {
  it.prop("keep any path", [Schema.Array(Schema.String)], ([paths]) => {
    const { before, due, found, stranger } = claimAll(paths)
    assert.deepStrictEqual([before, stranger], [[], undefined])
    assert.deepStrictEqual(found, due)
  })

  it("keep the spelling of letters of all kinds, the last one that was given", () => {
    const cats = ["asset_x9QpLm/A cat (2).png", "ASSET_X9QPLM/a CAT (2).PNG"]
    const { due, found } = claimAll([...cats, "ß.png", "ẞ.png", "İstanbul", "Ǆ", "\u{10400}.png", "Ünïcode/É", ""])
    assert.deepStrictEqual(found, due)
    assert.strictEqual(found.get("asset_x9qplm/a cat (2).png")?.path, cats[1])
  })

  it("tell 100,000 apart", () => {
    const { due, found } = claimAll(Array.from({ length: 100_000 }, (_, index) => `Folder/asset_${index}.png`))
    assert.strictEqual(found.size, 100_000)
    assert.deepStrictEqual(found, due)
  })
})
