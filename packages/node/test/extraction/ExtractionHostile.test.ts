/** Archives that nobody should believe: what is refused, what of them is extracted all the same, and that nothing gets out. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { ArchiveLimits } from "@scenario-assets/node"
import type { Extraction } from "@scenario-assets/node"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"

/** A directory with another tree around it, which must stay as it is. */
const surrounded = () => {
  const outside = TestDirectory.make("outside")
  const directory = join(outside, "in", "here")
  mkdirSync(directory, { recursive: true })
  for (const name of ["canary", "in/canary", "in/evil.txt"]) writeFileSync(join(outside, name), "untouched")
  const others = () => Object.entries(Extracting.tree(outside)).filter(([name]) => !name.startsWith("in/here/"))
  const before = others()
  return { directory, outside, assertUntouched: () => assert.deepStrictEqual(others(), before) }
}

const good: ReadonlyArray<ZipMaker.Entry> = [{ name: "good.txt", content: "good", method: 8 }]
const named = (name: string | Uint8Array, fields: Partial<ZipMaker.Entry> = {}) =>
  ZipMaker.make([...good, { name, content: "evil", ...fields }])
const content = "a cat on a mat "

/** The offset of the end record points to one directory, and what stands before the end record is another. */
const decoy = (): ZipMaker.Made => {
  const { bytes, directory, directoryEnd } = ZipMaker.make(good)
  const prefix = new Uint8Array(directoryEnd)
  prefix.set(bytes.subarray(directory, directoryEnd), directory)
  return ZipMaker.make(good, { prefix })
}

type Case = readonly [what: string, archive: ZipMaker.Made, kind: string, options?: Extraction.Options]
const limit = (limits: Partial<ArchiveLimits.ArchiveLimits>) => ({
  limits: { ...ArchiveLimits.defaults, ...limits }
})
const big = new Uint8Array(1024)

const refused: ReadonlyArray<Case> = [
  ["a name that leads upwards", named("../evil.txt"), "UnsafeName"],
  ["a name that leads upwards in the middle", named("d/../../evil.txt"), "UnsafeName"],
  ["an absolute name", named("/tmp/evil.txt"), "UnsafeName"],
  ["a drive", named("C:/evil.txt"), "UnsafeName"],
  ["a drive's current directory", named("c:evil.txt"), "UnsafeName"],
  ["a backslash", named("..\\evil.txt"), "UnsafeName"],
  ["a share", named("//server/share/evil.txt"), "UnsafeName"],
  ["a NUL", named("evil.txt\0.png"), "UnsafeName"],
  ["a drive behind a backslash", named("C:\\evil.txt"), "UnsafeName"],
  ["a name that leads upwards behind a backslash", named("d\\..\\..\\evil.txt"), "UnsafeName"],
  ["a directory that leads upwards", named("../d/", { content: "" }), "UnsafeName"],
  ["a symbolic link", named("link", { mode: 0o120777, content: "../evil.txt" }), "Unsupported"],
  ["an encrypted entry", named("evil.txt", { flags: 1 }), "Unsupported"],
  ["strong encryption", named("evil.txt", { flags: 0x41 }), "Unsupported"],
  ["the method bzip2", named("evil.txt", { method: 12 }), "Unsupported"],
  ["the method zstd", named("evil.txt", { method: 93 }), "Unsupported"],
  ["two entries in one place", named("evil.txt", { central: { offset: 0 } }), "Damaged"],
  ["an entry within another", named("evil.txt", { central: { offset: 2 } }), "Damaged"],
  ["another name before the data", named("evil.txt", { local: { name: ZipMaker.text("good.exe") } }), "Damaged"],
  ["another method before the data", named("evil.txt", { local: { method: 8 } }), "Damaged"],
  ["another sum before the data", named("evil.txt", { local: { crc32: 5 } }), "Damaged"],
  ["no local header", named("evil.txt", { local: { signature: 0 } }), "Damaged"],
  ["two end records", ZipMaker.make(good, { comment: ZipMaker.make([]).bytes }), "Damaged"],
  [
    "an archive in front of it",
    ZipMaker.make(good, { prefix: ZipMaker.make([{ name: "evil.txt" }]).bytes }),
    "Damaged"
  ],
  [
    "a program and an archive in front of it",
    ZipMaker.make(good, { prefix: ZipMaker.make([{ name: "evil.txt" }], { prefix: ZipMaker.text("MZ") }).bytes }),
    "Damaged"
  ],
  ["a directory where one is that knows no prefix", decoy(), "Damaged"],
  ["bytes behind it", ZipMaker.make(good, { suffix: ZipMaker.text("x") }), "Damaged"],
  ["more entries than it has", ZipMaker.make(good, { end: { entries: 2, entriesOnDisk: 2 } }), "Damaged"],
  ["more entries than are allowed", ZipMaker.make(good), "LimitExceeded", limit({ entries: 0 })],
  ["more bytes than are allowed", ZipMaker.make(good), "LimitExceeded", limit({ totalSize: 3 })],
  ["a larger file than is allowed", ZipMaker.make(good), "LimitExceeded", limit({ entrySize: 3 })],
  ["a larger directory than is allowed", ZipMaker.make(good), "LimitExceeded", limit({ directorySize: 9 })],
  [
    "a bomb of 2 GiB by what it says",
    named("bomb", { data: big, method: 8, central: { size: 2 ** 31 }, local: { size: 2 ** 31 } }),
    "LimitExceeded"
  ]
]

describe("An archive", () => {
  it.live.each(refused)("with %s is refused, and nothing of it gets out", ([what, archive, kind, options]) =>
    Effect.gen(function* () {
      const { assertUntouched, directory } = surrounded()
      const outcome = yield* Extracting.run({ file: Extracting.fileOf(archive) }, directory, options)
      assert.strictEqual(Extracting.kindOf(outcome), kind, what)
      const { good = "good", ...others } = Object.fromEntries(
        Object.entries(Extracting.tree(directory)).map(([name, content]) => [name.replace(".txt", ""), content])
      )
      assert.strictEqual(good, "good")
      assert.deepStrictEqual(others, {})
      assertUntouched()
    }).pipe(Effect.provide(Extracting.layer))
  )
})

/** What deflate makes of some text, with something behind it; or something else. */
const deflated = deflateRawSync(content)
const inflating = { name: "wrong", content, method: 8 }
const noise = Extracting.noise(6 * 1024 * 1024)
const noisy = deflateRawSync(noise)
const zeros = new Uint8Array(20 * 1024 * 1024)
const zeroed = deflateRawSync(zeros)
const both = (fields: { readonly size?: number; readonly crc32?: number; readonly compressedSize?: number }) => ({
  central: fields,
  local: fields
})
const broken = Buffer.from(noisy).fill(0xff, 3_000_000, 3_000_100)

/** Entries whose content alone is wrong, small ones and those that come piece by piece. */
const wrong: ReadonlyArray<readonly [what: string, entry: ZipMaker.Entry, description: RegExp]> = [
  ["another sum", { ...inflating, ...both({ crc32: 1 }) }, /has the CRC-32/],
  ["another sum, stored", { ...inflating, method: 0, ...both({ crc32: 1 }) }, /has the CRC-32/],
  ["one byte more than it says", { ...inflating, ...both({ size: 14 }) }, /has (more than 14|15) bytes/],
  ["many more bytes", { ...inflating, content: zeros.slice(0, 1e6), ...both({ size: 9 }) }, /has more than 9 bytes/],
  ["fewer bytes", { ...inflating, ...both({ size: 16 }) }, /has 15 bytes and not 16/],
  ["none where some are due", { ...inflating, data: deflateRawSync("") }, /has 0 bytes and not 15/],
  ["no data at all", { ...inflating, data: new Uint8Array(0) }, /cannot be decompressed|has 0 bytes/],
  ["what is not deflate", { ...inflating, data: ZipMaker.text("xxxxxxxxxxxx") }, /cannot be decompressed/],
  ["data that is cut", { ...inflating, data: deflated.subarray(0, -3) }, /cannot be decompressed|has \d+ bytes/],
  ["data behind its end", { ...inflating, data: ZipMaker.concat(deflated, big) }, /ends 1024 bytes early/],
  ["large: another sum", { ...inflating, content: noise, ...both({ crc32: 1 }) }, /has the CRC-32/],
  ["large: another sum, stored", { ...inflating, method: 0, content: noise, ...both({ crc32: 1 }) }, /has the CRC-32/],
  ["large: more bytes", { ...inflating, content: noise, ...both({ size: noise.length - 1 }) }, /has more than/],
  ["large: fewer bytes", { ...inflating, content: noise, ...both({ size: noise.length + 1 }) }, /bytes and not/],
  ["large: not deflate", { ...inflating, content: noise, data: noise.subarray(0, 5e6).fill(7, 0, 9) }, /cannot be/],
  ["large: broken in the middle", { ...inflating, content: noise, data: broken }, /cannot be|has /],
  ["large: cut", { ...inflating, content: noise, data: noisy.subarray(0, -9) }, /cannot be|has /],
  [
    "large: data behind its end",
    { ...inflating, content: zeros, data: ZipMaker.concat(zeroed, noise) },
    /ends \d+ bytes early/
  ],
  ["large: a bomb", { ...inflating, content: new Uint8Array(6e7), ...both({ size: 17 * 2 ** 20 }) }, /has more than/],
  ["large: empty data", { ...inflating, content: zeros, data: new Uint8Array(0) }, /cannot be|has 0 bytes/]
]

describe("An entry", () => {
  it.live.each(wrong)("whose content is wrong is refused, and the others are there: %s", ([, entry, description]) =>
    Effect.gen(function* () {
      const archive = ZipMaker.make([{ name: "first", content: "1", method: 8 }, entry, { name: "last", content: "2" }])
      const { assertUntouched, directory } = surrounded()
      for (const there of [[], ["first", "last"]]) {
        const outcome = yield* Extracting.run({ file: Extracting.fileOf(archive) }, directory)
        assert.strictEqual(Extracting.kindOf(outcome), "WrongContent")
        assert.match(Extracting.failure(outcome).message, description)
        const { refused, there: found } = Extracting.told(outcome)
        assert.deepStrictEqual([refused, found], [["wrong"], there])
        assert.deepStrictEqual(Extracting.tree(directory), { first: "1", last: "2" })
        assertUntouched()
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live.each([
    ".scenario-assets/0.tmp",
    ".Scenario-Assets/x",
    ".scenario-assets",
    ".scenario-assets/lock",
    "movie.mp4.scenario-assets/work-0123456789abcdef/part",
    "d/Movie.mp4.Scenario-Assets",
    "./.scenario-assets/0.tmp",
    ".scenario\u200b-assets/0.tmp"
  ])("whose name is ours gets another: %s", (name) =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      for (const _ of [1, 2]) {
        Extracting.extracted(yield* Extracting.run({ file: Extracting.fileOf(named(name)) }, directory))
        const tree = Extracting.tree(directory)
        assert.strictEqual(Object.values(tree).filter((content) => content === "evil").length, 1)
        const tops = readdirSync(directory).filter((top) => top !== "good.txt")
        assert.strictEqual(tops.length, 1)
        const ours = Object.keys(tree).filter((path) => /\.scenario-assets(\/|$)/i.test(path))
        assert.deepStrictEqual(ours, [])
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("does not go through a symbolic link that is there", () =>
    Effect.gen(function* () {
      const { assertUntouched, directory, outside } = surrounded()
      symlinkSync(join(outside, "in"), join(directory, "d"))
      const file = Extracting.fileOf(ZipMaker.make([...good, { name: "d/evil.txt", content: "evil" }]))
      for (const ifDiffers of ["keep", "replace"] as const) {
        const outcome = yield* Extracting.run({ file }, directory, { ifDiffers })
        assert.strictEqual(Extracting.kindOf(outcome), "NotADirectory")
        assertUntouched()
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("does not follow a symbolic link that has its name", () =>
    Effect.gen(function* () {
      for (const ifDiffers of ["keep", "replace"] as const) {
        const { assertUntouched, directory, outside } = surrounded()
        symlinkSync(join(outside, "canary"), join(directory, "a.txt"))
        symlinkSync(join(outside, "nothing"), join(directory, "b.txt"))
        const file = Extracting.fileOf(ZipMaker.make(Extracting.entriesOf({ "a.txt": "untouched", "b.txt": "b" })))
        Extracting.extracted(yield* Extracting.run({ file }, directory, { ifDiffers }))
        const mark = ifDiffers === "keep" ? " (2)" : ""
        const tree = Extracting.tree(directory)
        assert.deepStrictEqual([tree[`a${mark}.txt`], tree[`b${mark}.txt`]], ["untouched", "b"])
        assertUntouched()
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("is not made in a corner of somebody else's, and nothing is removed there", () =>
    Effect.gen(function* () {
      for (const name of ["mine.tmp", "job.zip"]) {
        const directory = TestDirectory.make()
        mkdirSync(join(directory, ".scenario-assets"))
        writeFileSync(join(directory, ".scenario-assets", name), "mine")
        const outcome = yield* Extracting.run({ file: Extracting.fileOf(ZipMaker.make(good)) }, directory)
        assert.strictEqual(Extracting.kindOf(outcome), "NotOurs")
        assert.deepStrictEqual(Extracting.tree(directory), {
          ".scenario-assets/": "",
          [`.scenario-assets/${name}`]: "mine"
        })
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("is not made in a corner that leads elsewhere", () =>
    Effect.gen(function* () {
      const { directory, outside } = surrounded()
      symlinkSync(join(outside, "in"), join(directory, ".scenario-assets"))
      writeFileSync(join(outside, "in", "mine.tmp"), "untouched")
      const outcome = yield* Extracting.run({ file: Extracting.fileOf(ZipMaker.make(good)) }, directory)
      assert.strictEqual(Extracting.kindOf(outcome), "NotOurs")
      const elsewhere = Extracting.tree(join(outside, "in"))
      assert.strictEqual(elsewhere["mine.tmp"], "untouched")
      assert.deepStrictEqual(
        Object.keys(elsewhere).filter((name) => !name.startsWith("here/")),
        ["canary", "evil.txt", "mine.tmp"]
      )
    }).pipe(Effect.provide(Extracting.layer))
  )
})
