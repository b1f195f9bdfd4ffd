/** One entry that is refused costs itself alone, names that people wrote are made safe, and what is right is taken. */
import { readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"

const { block, concat, text, u32, u64 } = ZipMaker
const big = Extracting.noise(5 * 1024 * 1024)

/** What is refused by itself, and why. */
const bad: ReadonlyArray<readonly [what: string, entry: ZipMaker.Entry, kind: string]> = [
  ["a name that leads upwards", { name: "../evil" }, "UnsafeName"],
  ["the same behind backslashes", { name: "d\\..\\..\\evil" }, "UnsafeName"],
  ["an absolute name", { name: "/tmp/evil" }, "UnsafeName"],
  ["an absolute name with a backslash", { name: "\\evil" }, "UnsafeName"],
  ["a drive", { name: "C:\\evil" }, "UnsafeName"],
  ["encryption", { name: "evil", content: "x", flags: 1 }, "Unsupported"],
  ["another method", { name: "evil", content: "x", method: 93 }, "Unsupported"],
  ["a symbolic link", { name: "evil", content: "good 0", mode: 0o120777 }, "Unsupported"],
  ["a directory that is a file", { name: "evil", mode: 0o040755 }, "Damaged"],
  ["two sizes", { name: "evil", content: "x", central: { size: 4 } }, "Damaged"],
  ["two names", { name: "é", extra: ZipMaker.unicodePath(text("é"), "ü") }, "Damaged"],
  ["no local header", { name: "evil", content: "x", local: { signature: 0 } }, "Damaged"],
  ["another name before the data", { name: "evil", content: "x", local: { name: text("good") } }, "Damaged"],
  ["a header that is too long", { name: "evil", content: "x", local: { extraLength: 60_000 } }, "Damaged"],
  ["no local header, large", { name: "evil", content: big, local: { signature: 0 } }, "Damaged"],
  ["wrong content", { name: "evil", content: "x", central: { crc32: 1 }, local: { crc32: 1 } }, "WrongContent"],
  ["wrong content, large", { name: "evil", content: big, central: { crc32: 1 }, local: { crc32: 1 } }, "WrongContent"]
]

/** Which entries were, by their place in the directory. */
const refusedIn = ({ events }: Extracting.Outcome): ReadonlyArray<number> =>
  events.flatMap((event) => (event._tag === "Refused" ? [event.entry.index] : [])).toSorted((a, b) => a - b)

describe("An entry that is refused", () => {
  it.live.each(bad)("costs itself alone: %s", ([, entry, kind]) =>
    Effect.gen(function* () {
      const made = ZipMaker.make([{ name: "a", content: "1" }, entry, { name: "z", content: "2", method: 8 }])
      const host = yield* RangeHost.make(made.bytes)
      for (const location of [{ file: Extracting.fileOf(made) }, { name: "host", source: host.source }]) {
        const directory = TestDirectory.make()
        for (const _ of ["anew", "once more"]) {
          const outcome = yield* Extracting.run(location, directory)
          assert.strictEqual(Extracting.kindOf(outcome), kind)
          assert.deepStrictEqual(refusedIn(outcome), [1])
          assert.deepStrictEqual(Extracting.tree(directory), { a: "1", z: "2" })
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is one of many: each is told, and all others are there", () =>
    Effect.gen(function* () {
      const good = bad.map((_, index): ZipMaker.Entry => ({
        name: `good ${index}`,
        content: `good ${index}`,
        method: 8
      }))
      const made = ZipMaker.make(bad.flatMap(([, entry], index) => [good[index] ?? entry, entry]))
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ file: Extracting.fileOf(made) }, directory)
      assert.deepStrictEqual(
        refusedIn(outcome),
        bad.map((_, index) => 2 * index + 1)
      )
      assert.deepStrictEqual(
        Extracting.tree(directory),
        Object.fromEntries(good.map(({ name }) => [String(name), String(name)]))
      )
      assert.isTrue(Exit.isFailure(outcome.exit) && !Cause.hasDies(outcome.exit.cause))
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("is not told where it is not wanted", () =>
    Effect.gen(function* () {
      const made = ZipMaker.make([{ name: "a", content: "1" }, ...bad.map(([, entry]) => entry)])
      const directory = TestDirectory.make()
      const select = ({ name }: { readonly name: string }) => name === "a"
      const extracted = Extracting.extracted(
        yield* Extracting.run({ file: Extracting.fileOf(made) }, directory, { select })
      )
      assert.strictEqual(extracted.files, 1)
    }).pipe(Effect.provide(Extracting.layer))
  )
})

describe("Names that occur twice", () => {
  it.live("are numbered in the order of the directory, and found again", () =>
    Effect.gen(function* () {
      const entries = ["one", "two", "three", "two"].map((content) => ({ name: "a.png", content }))
      const made = ZipMaker.make([...entries, { name: "a (2).png", content: "other" }])
      const directory = TestDirectory.make()
      const tree = { "a.png": "one", "a (2).png": "other", "a (3).png": "two", "a (4).png": "three" }
      for (const there of [0, 5]) {
        const outcome = yield* Extracting.run({ file: Extracting.fileOf(made) }, directory)
        assert.deepStrictEqual(Extracting.tree(directory), tree)
        // The same name and the same content are one file.
        const { alreadyThere, files } = Extracting.extracted(outcome)
        assert.deepStrictEqual([files, alreadyThere], [5, Math.max(there, 1)])
      }
      const replaced = yield* Extracting.run({ file: Extracting.fileOf(made) }, directory, { ifDiffers: "replace" })
      assert.strictEqual(Extracting.extracted(replaced).alreadyThere, 5)
      assert.deepStrictEqual(Extracting.tree(directory), tree)
    }).pipe(Effect.provide(Extracting.layer))
  )
})

describe("Entries with the same name and the same content", () => {
  const content = Extracting.noise(600_000)
  const same = Array.from({ length: 20 }, () => ({ name: "a.bin", content }))

  it.live("are fetched and written once, and told each", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(ZipMaker.make(same).bytes)
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ name: "host", source: host.source }, directory, { connections: 1 })
      assert.deepInclude(Extracting.extracted(outcome), { files: 20, alreadyThere: 19 })
      assert.lengthOf(Extracting.told(outcome).there, 19)
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf({ "a.bin": content }))
      assert.isBelow(host.take().bytes, 2_000_000)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("stand in for one that is damaged", () =>
    Effect.gen(function* () {
      const [first, ...others] = same.slice(0, 4)
      assert(first !== undefined)
      const made = ZipMaker.make([
        { ...first, data: Extracting.noise(600_000, 2) },
        ...others,
        { name: "b", content: "b" }
      ])
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ file: Extracting.fileOf(made) }, directory)
      const { refused, there, written } = Extracting.told(outcome)
      assert.deepStrictEqual([refused.length, there.length, written.toSorted()], [1, 2, ["a.bin", "b"]])
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf({ "a.bin": content, b: "b" }))
    }).pipe(Effect.provide(Extracting.layer))
  )
})

/** Names as prompts make them, and what becomes of them. */
const prompts: ReadonlyArray<readonly [name: string | Uint8Array, path: string | RegExp, flags?: number]> = [
  ["a cat\non a mat.png", "a cat_on a mat.png"],
  ["a\r\n\tb\u0001\u007f\u0085.png", "a___b___.png"],
  ["a\\b.png", "a_b.png"],
  ["\\(cat\\).png", "_(cat_).png"],
  ["ratio 3:4?.png", "ratio 3_4_.png"],
  ["photo\u202egnp.exe", "photognp.exe"],
  [`a${"/".repeat(12)}b.png`, "a/b.png"],
  [`${"l".repeat(3000)}.png`, /^l+-[\da-f]{8}\.png$/],
  [`${"d/".repeat(100)}deep.png`, /^(d\/){31}d_.*_deep\.png$/],
  ["con.txt", "_con.txt"],
  ["trailing. . ", "trailing"],
  ["", "_"],
  [Uint8Array.of(0x61, 0xff, 0x62), "a_b", 0x0800],
  [Uint8Array.of(0x80, 0x81), "Çü"],
  [Uint8Array.of(0x93, 0xfa, 0x96, 0x7b), "ô·û{"]
]

describe("Names that people wrote", () => {
  it.live("are made safe in a way that can be foretold, and told", () =>
    Effect.gen(function* () {
      const made = ZipMaker.make(
        prompts.map(([name, , flags = 0], index) => ({ name, flags, content: `${index}`, method: 8 }))
      )
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ file: Extracting.fileOf(made) }, directory)
      Extracting.extracted(outcome)
      const files = outcome.events.flatMap((event) => (event._tag === "Extracted" ? event.files : []))
      const tree = Extracting.tree(directory)
      for (const [index, [name, due]] of prompts.entries()) {
        const file = files.find(({ entry }) => entry.index === index)
        assert(file !== undefined, String(name))
        if (typeof due === "string") assert.strictEqual(file.path, due)
        else assert.match(file.path, due)
        assert.strictEqual(tree[file.path], `${index}`)
        assert.strictEqual(file.why.length === 0, file.path === file.entry.name)
      }
    }).pipe(Effect.provide(Extracting.layer))
  )
})

/** What writers do that changes nothing about the files. */
const time = ZipMaker.timestamp(1_790_000_000)
const limit = 0xffff_ffff
const file: ZipMaker.Entry = { name: "a.txt", content: "content" }
const habits: ReadonlyArray<readonly [what: string, entry: ZipMaker.Entry, options?: ZipMaker.Options]> = [
  ["extra fields twice", { ...file, extra: concat(time, time) }],
  ["an extra field that is cut", { ...file, extra: u32(0xffff_cafe) }],
  ["surplus ZIP64 numbers", { ...file, central: { size: limit, extra: block(1, u64(7), u64(7), u64(0)) } }],
  ["the mode of a pipe", { ...file, mode: 0o010600 }],
  ["the mode of a device", { ...file, mode: 0o020600 }],
  ["no mode", { ...file, mode: 0 }],
  ["a flag for a descriptor that is not there", { ...file, flags: 8 }],
  ["a descriptor of which only the local header knows", { ...file, descriptor: "bare", central: { flags: 0 } }],
  ["a descriptor that is wrong", { ...file, descriptor: "signed64", described: { size: 1, crc32: 2 } }],
  ["sizes before the data that are not known", { ...file, local: { crc32: 0, size: 0, compressedSize: 0 } }],
  ["sizes of 4 GiB before the data", { ...file, descriptor: "signed", local: { size: limit, compressedSize: limit } }],
  ["another time and version before the data", { ...file, local: { version: 900, time: 0, date: 0, flags: 6 } }],
  ["a ZIP64 field before the data alone", { ...file, local: { extra: block(1, u64(0), u64(0)) } }],
  ["a version that is not known", { ...file, central: { version: 900, madeBy: 0x1eff } }],
  ["another disk", { ...file, central: { disk: 3 } }],
  ["zeros behind the end", file, { suffix: new Uint8Array(10_240) }],
  ["a program in front", file, { prefix: text("MZ program") }],
  ["a program in front, and ZIP64", file, { prefix: text("MZ program"), zip64: true }],
  ["a comment with a signature", file, { comment: concat(u32(0x06054b50), text(" is the end record's signature")) }],
  ["directories with content", file]
]

describe("What many writers do", () => {
  it.live.each(habits)("is taken: %s", ([what, entry, options]) =>
    Effect.gen(function* () {
      const directories = what.startsWith("directories") ? [{ name: "d/", content: "x" }] : []
      const made = ZipMaker.make([entry, ...directories, { name: "b", content: "b" }], options)
      const host = yield* RangeHost.make(made.bytes)
      for (const location of [{ file: Extracting.fileOf(made) }, { name: "host", source: host.source }]) {
        const directory = TestDirectory.make()
        Extracting.extracted(yield* Extracting.run(location, directory))
        const { "d/": _, ...files } = Extracting.tree(directory)
        assert.deepStrictEqual(files, { "a.txt": "content", b: "b" })
        assert.notInclude(readdirSync(directory), ".scenario-assets")
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
