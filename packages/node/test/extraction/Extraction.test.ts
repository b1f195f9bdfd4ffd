import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { crc32, deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { type ArchiveReader, Extraction } from "@scenario-assets/node"
import { Deferred, Effect, Stream } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as ArchiveHost from "../support/ArchiveHost.ts"
import { treeOf } from "../support/tree.ts"

const quick = { backoffBase: "1 millis", retries: 3, idleTimeout: "2 seconds" } as const
const text = (words: string, times = 100) => `${words} `.repeat(times)
const files: ReadonlyArray<ZipMaker.Entry> = [
  { name: "a.png", content: text("first") },
  { name: "renders/", mode: 0o40755 },
  { name: "renders/b.png", content: text("second"), method: 8 },
  { name: "renders/ü 猫.png", content: text("third"), method: 8, descriptor: "signed" },
  { name: "empty.txt" },
  { name: "nothing/" }
]
const tree = {
  "a.png": text("first"),
  "empty.txt": "",
  "nothing/": "",
  "renders/b.png": text("second"),
  "renders/ü 猫.png": text("third")
}

const extract = (location: ArchiveReader.ArchiveLocation, directory: string, options: Extraction.Options = {}) =>
  Effect.flatMap(Extraction.Extraction, ({ run }) => run(location, directory, { ...quick, ...options }))

const extractFrom = (host: ArchiveHost.ArchiveHost, directory: string, options?: Extraction.Options) =>
  extract({ name: "job_1", source: host.source }, directory, options)

const fileOf = (bytes: Uint8Array): ArchiveReader.ArchiveLocation => {
  const file = join(TestDirectory.make("zip"), "archive.zip")
  writeFileSync(file, bytes)
  return { file }
}

const reasonOf = (error: ArchiveReader.ReadError): string => error.reason._tag

describe("Extraction", () => {
  it.live.each([0, 1, 2])("writes every file, with %s threads", (threads) =>
    Effect.gen(function* () {
      const many = Array.from({ length: 600 }, (_, n) => ({ name: `many/${n}.txt`, content: text(`${n}`), method: 8 }))
      const host = yield* ArchiveHost.make(ZipMaker.make([...files, ...many]).bytes)
      const directory = join(TestDirectory.make(), "new", "directory")
      const extracted = yield* extractFrom(host, directory, { threads })
      assert.deepInclude(extracted, { name: "job_1", files: 604, alreadyThere: 0 })
      const expected = { ...tree, ...Object.fromEntries(many.map(({ content, name }) => [name, content])) }
      assert.deepStrictEqual(treeOf(directory), treeIn(expected))
    }).pipe(Effect.scoped, Effect.provide(ArchiveHost.layer))
  )

  it.live(
    "a second run reads the directory of the archive and nothing else; then only what is missing or differs",
    () =>
      Effect.gen(function* () {
        const large = Array.from({ length: 5 }, (_, n) => ({ name: `${n}.bin`, content: noise(300_000, n) }))
        const host = yield* ArchiveHost.make(ZipMaker.make([...large, ...files]).bytes)
        const directory = TestDirectory.make()
        yield* extractFrom(host, directory)
        const expected = treeOf(directory)

        host.asked.length = 0
        const again = yield* extractFrom(host, directory)
        assert.deepInclude(again, { alreadyThere: 9, read: 0 })
        assert.deepStrictEqual(host.asked, ["bytes=-262144"])

        rmSync(join(directory, "1.bin"))
        host.sent = 0
        assert.deepInclude(yield* extractFrom(host, directory), { alreadyThere: 8 })
        assert.isBelow(host.sent, 262_144 + 310_000)
        assert.deepStrictEqual(treeOf(directory), expected)
      }).pipe(Effect.scoped, Effect.provide(ArchiveHost.layer))
  )

  it.live("a file with other content is kept, and the new one is found under its own name by every later run", () =>
    Effect.gen(function* () {
      const location = fileOf(ZipMaker.make(files).bytes)
      const directory = TestDirectory.make()
      writeFileSync(join(directory, "a.png"), "mine")
      const expected = treeIn({ ...tree, "a.png": "mine", "a (2).png": tree["a.png"] })
      yield* extract(location, directory)
      assert.deepStrictEqual(treeOf(directory), expected)
      assert.deepInclude(yield* extract(location, directory), { alreadyThere: 4 })
      assert.deepStrictEqual(treeOf(directory), expected)
      yield* extract(location, directory, { ifDiffers: "replace" })
      assert.deepStrictEqual(treeOf(directory), treeIn({ ...tree, "a (2).png": tree["a.png"] }))
    }).pipe(Effect.provide(ArchiveHost.layer))
  )

  it.live("only what is selected is read", () =>
    Effect.gen(function* () {
      const filler = { name: "filler.bin", content: noise(3_000_000, 7) }
      const host = yield* ArchiveHost.make(ZipMaker.make([...files, filler, { name: "z.txt", content: "z" }]).bytes)
      const directory = TestDirectory.make()
      yield* extractFrom(host, directory, { select: ({ name }) => /^(a\.png|z\.txt)$/.test(name) })
      assert.deepStrictEqual(treeOf(directory), { "a.png": tree["a.png"], "z.txt": "z" })
      assert.isBelow(host.sent, 300_000)
    }).pipe(Effect.scoped, Effect.provide(ArchiveHost.layer))
  )

  it.live("large files are written piece by piece, deflated and stored, with descriptors", () =>
    Effect.gen(function* () {
      const content = Buffer.alloc(18_000_000, "a line of a large model\n")
      const entries = [
        { name: "deflated.obj", content, method: 8 },
        { name: "stored.obj", content, descriptor: "signed64", zip64: true },
        { name: "blank.bmp", content: Buffer.alloc(40_000_000), method: 8, descriptor: "bare" },
        { name: "small.txt", content: "small" }
      ] as const
      const host = yield* ArchiveHost.make(ZipMaker.make(entries).bytes)
      host.cutAfter = 9_000_000
      const directory = TestDirectory.make()
      yield* extractFrom(host, directory)
      for (const { content, name } of entries) {
        assert.isTrue(readFileSync(join(directory, name)).equals(Buffer.from(content)), name)
      }
      const wrong = ZipMaker.make([{ ...entries[0], central: { crc32: 1 }, local: { crc32: 1 } }, entries[3]])
      const other = TestDirectory.make()
      assert.strictEqual(reasonOf(yield* Effect.flip(extract(fileOf(wrong.bytes), other))), "WrongContent")
      assert.deepStrictEqual(treeOf(other), { "small.txt": "small" })
    }).pipe(Effect.scoped, Effect.provide(ArchiveHost.layer))
  )

  it.live("a host without ranges: the archive is fetched, resumed, extracted and gone", () =>
    Effect.gen(function* () {
      const host = yield* ArchiveHost.make(ZipMaker.make([...files, { name: "x", content: noise(2_000_000, 1) }]).bytes)
      host.ranges = false
      host.cutAfter = 1_500_000
      const directory = TestDirectory.make()
      yield* extractFrom(host, directory, { select: ({ name }) => name !== "x" })
      assert.deepStrictEqual(treeOf(directory), tree)
    }).pipe(Effect.scoped, Effect.provide(ArchiveHost.layer))
  )

  it.live("a link that expires is replaced, and another object ends it with nothing mixed", () =>
    Effect.gen(function* () {
      const made = (seed: number) =>
        ZipMaker.make(Array.from({ length: 4 }, (_, n) => ({ name: `${n}`, content: noise(400_000, seed + n) }))).bytes
      const host = yield* ArchiveHost.make(made(1))
      const directory = TestDirectory.make()
      const { events } = yield* Extraction.Extraction
      const location = { name: "job_1", source: host.source }
      const seen = yield* events(location, directory, quick).pipe(
        Stream.tap(({ _tag }) => Effect.sync(() => (host.refusals = _tag === "Planned" ? 1 : host.refusals))),
        Stream.runCollect
      )
      assert.isTrue(seen.some(({ _tag }) => _tag === "Refreshed"))

      const other = TestDirectory.make()
      const replaced = events(location, other, quick).pipe(
        Stream.tap(({ _tag }) =>
          Effect.sync(() => {
            if (_tag !== "Planned") return
            host.bytes = made(9)
            host.etag = '"2"'
          })
        ),
        Stream.runDrain
      )
      host.cutAfter = 700_000
      const error = yield* Effect.flip(replaced)
      assert.strictEqual(reasonOf(error), "ObjectChanged")
      for (const content of Object.values(treeOf(other))) assert.include(Object.values(treeOf(directory)), content)
    }).pipe(Effect.scoped, Effect.provide(ArchiveHost.layer))
  )

  describe("in a place that does not allow it", () => {
    const places: ReadonlyArray<readonly [what: string, prepare: (directory: string) => void, code: string]> = [
      [
        "a link that leads elsewhere",
        (directory) => symlinkSync(TestDirectory.make("elsewhere"), join(directory, "renders")),
        "NotADirectory"
      ]
    ]
    it.live.each(places)("%s", ([, prepare, code]) =>
      Effect.gen(function* () {
        const directory = TestDirectory.make()
        prepare(directory)
        const error = yield* Effect.flip(
          extract(fileOf(ZipMaker.make(files).bytes), directory, { ifDiffers: "replace" })
        )
        assert.strictEqual(reasonOf(error), code)
        assert.include(error.message, directory)
      }).pipe(Effect.provide(ArchiveHost.layer))
    )

    it.live("a disk without room is found out before the first file", () =>
      Effect.gen(function* () {
        const huge = {
          name: "huge.bin",
          content: "x",
          method: 8,
          central: { size: 4_000_000_000 },
          local: { size: 4_000_000_000 }
        }
        const many = Array.from({ length: 60 }, (_, n) => ({ ...huge, name: `${n}` }))
        const directory = TestDirectory.make()
        const limits = { entries: 1e6, totalSize: Infinity, entrySize: Infinity, ratio: Infinity, directorySize: 1e9 }
        const error = yield* Effect.flip(extract(fileOf(ZipMaker.make(many).bytes), directory, { limits }))
        assert.include(["NoSpace", "WrongContent"], reasonOf(error))
        assert.deepStrictEqual(treeOf(directory), {})
      }).pipe(Effect.provide(ArchiveHost.layer))
    )

    it.live("a directory that another run extracts into", () =>
      Effect.gen(function* () {
        const { eventsAll, run } = yield* Extraction.Extraction
        const directory = TestDirectory.make()
        const opened = yield* Deferred.make<void>()
        const archives = Stream.fromEffect(Effect.andThen(Deferred.succeed(opened, undefined), Effect.never))
        yield* Effect.forkScoped(Stream.runDrain(eventsAll<ArchiveReader.ArchiveLocation>(archives, directory)))
        yield* Deferred.await(opened)
        const error = yield* Effect.flip(run(fileOf(ZipMaker.make(files).bytes), directory))
        assert.strictEqual(reasonOf(error), "Locked")
        assert.include(error.message, directory)
      }).pipe(Effect.scoped, Effect.provide(ArchiveHost.layer))
    )

    it.live.each<readonly [what: string, location: () => ArchiveReader.ArchiveLocation, reason: string]>([
      ["no file", () => ({ file: join(TestDirectory.make(), "none.zip") }), "NotFound"],
      ["a directory", () => ({ file: TestDirectory.make() }), "IsDirectory"],
      ["an empty file", () => fileOf(new Uint8Array(0)), "NotAnArchive"],
      ["half an archive", () => fileOf(ZipMaker.make(files).bytes.subarray(0, 500)), "NotAnArchive"]
    ])("%s for an archive", ([, location, reason]) =>
      Effect.gen(function* () {
        assert.strictEqual(reasonOf(yield* Effect.flip(extract(location(), TestDirectory.make()))), reason)
      }).pipe(Effect.provide(ArchiveHost.layer))
    )
  })

  it.live("an interruption leaves what is right, no lock and nothing temporary", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 40 }, (_, n) => ({ name: `${n}.bin`, content: noise(100_000, n) }))
      const host = yield* ArchiveHost.make(ZipMaker.make(many).bytes)
      const directory = TestDirectory.make()
      const { events } = yield* Extraction.Extraction
      yield* events({ name: "job_1", source: host.source }, directory, quick).pipe(
        Stream.takeUntil(({ _tag }) => _tag === "Extracted"),
        Stream.runDrain
      )
      const left = treeOf(directory)
      for (const [name, content] of Object.entries(left)) {
        const entry = many.find((one) => one.name === name)
        assert(entry !== undefined, name)
        assert.strictEqual(content, Buffer.from(entry.content).toString("latin1"))
      }
      const extracted = yield* extractFrom(host, directory)
      assert.strictEqual(extracted.alreadyThere, Object.keys(left).length)
    }).pipe(Effect.scoped, Effect.provide(ArchiveHost.layer))
  )
})

describe("an archive that means harm", () => {
  const good = { name: "good.txt", content: "good" }
  const content = text("some content")
  const deflated = deflateRawSync(content)
  const of = (name: string, more: Partial<ZipMaker.Entry> = {}) => [{ name, content, ...more }, good]
  const wholly: ReadonlyArray<readonly [what: string, entries: ReadonlyArray<ZipMaker.Entry>, reason: string]> = [
    ["..", of("../evil.txt"), "UnsafeName"],
    [".. in the middle", of("a/../../evil.txt"), "UnsafeName"],
    ["an absolute name", of("/etc/evil.txt"), "UnsafeName"],
    ["a drive", of("C:/evil.txt"), "UnsafeName"],
    ["a backslash", of("..\\evil.txt"), "UnsafeName"],
    ["a symbolic link", of("link", { mode: 0o120777 }), "Unsupported"],
    ["encryption", of("a", { flags: 1 }), "Unsupported"],
    ["another method", of("a", { method: 12 }), "Unsupported"],
    ["a local header that says something else", of("a", { local: { name: ZipMaker.text("b") } }), "Damaged"],
    [
      "more than is allowed",
      of("a", { central: { size: 2 ** 31 }, local: { size: 2 ** 31 }, method: 8 }),
      "LimitExceeded"
    ]
  ]
  it.live.each(wholly)("is refused for %s, and nothing leaves the directory", ([, entries, reason]) =>
    Effect.gen(function* () {
      const parent = TestDirectory.make()
      const directory = join(parent, "deep", "directory")
      const error = yield* Effect.flip(extract(fileOf(ZipMaker.make(entries).bytes), directory))
      assert.strictEqual(reasonOf(error), reason)
      for (const path of Object.keys(treeOf(parent))) assert.match(path, /^deep\/directory\/(good\.txt)?$/)
    }).pipe(Effect.provide(ArchiveHost.layer))
  )

  const declare = (size: number, sum = crc32(content)) => ({ size, crc32: sum })
  const partly: ReadonlyArray<readonly [what: string, entry: ZipMaker.Entry]> = [
    ["a wrong checksum", { name: "a", content, central: { crc32: 1 }, local: { crc32: 1 } }],
    ["broken data", { name: "a", content, method: 8, data: Buffer.alloc(100, 0xff) }],
    ["data that is cut", { name: "a", content, method: 8, data: deflated.subarray(0, deflated.length - 3) }],
    [
      "data with something behind it",
      { name: "a", content, method: 8, data: Buffer.concat([deflated, Buffer.from("x")]) }
    ],
    ["more than it says", { name: "a", content, method: 8, central: declare(10), local: declare(10) }],
    ["less than it says", { name: "a", content, method: 8, central: declare(5000), local: declare(5000) }],
    [
      "a bomb",
      {
        name: "a",
        content,
        method: 8,
        data: deflateRawSync(Buffer.alloc(50_000_000)),
        central: declare(100),
        local: declare(100)
      }
    ]
  ]
  it.live.each(partly)("has a file with %s: that is not published, and the others are", ([, entry]) =>
    Effect.gen(function* () {
      const location = fileOf(ZipMaker.make([good, entry, { name: "z.txt", content: "z" }]).bytes)
      const directory = TestDirectory.make()
      const { events } = yield* Extraction.Extraction
      const seen: Array<Extraction.ExtractionEvent> = []
      const error = yield* events(location, directory, quick).pipe(
        Stream.runForEach((event) => Effect.sync(() => seen.push(event))),
        Effect.flip
      )
      assert.strictEqual(reasonOf(error), "WrongContent")
      assert.strictEqual(seen.filter(({ _tag }) => _tag === "Refused").length, 1)
      assert.deepStrictEqual(treeOf(directory), { "good.txt": "good", "z.txt": "z" })
    }).pipe(Effect.provide(ArchiveHost.layer))
  )

  it.live("cannot have the names that are ours", () =>
    Effect.gen(function* () {
      const names = [".scenario-assets/0.tmp", ".scenario-assets/lock", ".SCENARIO-ASSETS/x"]
      const directory = TestDirectory.make()
      yield* extract(fileOf(ZipMaker.make(names.map((name) => ({ name, content: name }))).bytes), directory)
      assert.deepStrictEqual(Object.values(treeOf(directory)).toSorted(), names.toSorted())
      for (const name of names) assert.notProperty(treeOf(directory), name)
    }).pipe(Effect.provide(ArchiveHost.layer))
  )
})

/** A tree as `treeOf` gives it: sorted, without directories that are not empty. */
function treeIn(of: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Bytes that no compressor makes smaller, always the same for a seed. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed + 1
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state >>> 24
  })
}
