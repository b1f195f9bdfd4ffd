/** What an extraction leaves in a directory: the first time, the second time, and where something is there already. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"

const mebibyte = 1024 * 1024
const tail = 256 * 1024

/** Of all kinds: empty, small, larger than what is held whole by either measure. */
const files: Readonly<Record<string, string | Uint8Array>> = {
  empty: "",
  "a.txt": "a cat",
  "d/é 猫.txt": "on a mat",
  "d/e/noise.bin": Extracting.noise(300_000),
  "d/e/long.txt": "a cat on a mat, ".repeat(10_000),
  "large.bin": Extracting.noise(5 * mebibyte, 2),
  "blank.bmp": new Uint8Array(17 * mebibyte),
  "last.bin": Extracting.noise(300_000, 3)
}
const names = Object.keys(files)
const archive = ZipMaker.make(Extracting.entriesOf(files))

const variants: ReadonlyArray<readonly [what: string, entry: Partial<ZipMaker.Entry>, options?: ZipMaker.Options]> = [
  ["deflated", { method: 8 }],
  ["stored", { method: 0 }],
  ["with signed descriptors", { method: 8, descriptor: "signed" }],
  ["stored with bare descriptors of 64 bits", { method: 0, descriptor: "bare64" }],
  ["in ZIP64", { method: 8, zip64: true }, { zip64: true }],
  ["with gaps and a comment", { method: 8, gap: Extracting.noise(999) }, { comment: ZipMaker.text("a comment") }]
]

describe("An extraction", () => {
  it.live.each(variants)("gives every file, from a host as from a file, %s", ([, fields, options]) =>
    Effect.gen(function* () {
      const { bytes } = ZipMaker.make(
        Object.entries(files).map(([name, content]) => ({ name, content, ...fields })),
        options
      )
      const host = yield* RangeHost.make(bytes)
      for (const location of [{ name: "job", source: host.source }, { file: Extracting.fileOf(bytes) }]) {
        const directory = TestDirectory.make()
        // Over one connection: on a slow machine more of them pay, and each is a request.
        const outcome = yield* Extracting.run(location, directory, { connections: 1 })
        const { alreadyThere, bytes: size, files: number } = Extracting.extracted(outcome)
        assert.deepStrictEqual([number, alreadyThere], [names.length, 0])
        assert.strictEqual(
          size,
          Object.values(files).reduce((sum, content) => sum + Buffer.from(content).length, 0)
        )
        assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(files))
        assert.deepStrictEqual(Extracting.told(outcome).written, names.toSorted())
      }
      assert.isAtMost(host.asked.length, 2)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("gives the same with no thread, one, two, and less than none", () =>
    Effect.gen(function* () {
      const many = Object.fromEntries(Array.from({ length: 700 }, (_, n) => [`many/${n}.txt`, `file ${n}`]))
      const file = Extracting.fileOf(ZipMaker.make(Extracting.entriesOf({ ...files, ...many })))
      for (const threads of [0, 1, 2, -1]) {
        const directory = TestDirectory.make()
        Extracting.extracted(yield* Extracting.run({ file }, directory, { threads }))
        assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf({ ...files, ...many }))
      }
      assert.notInclude(process.getActiveResourcesInfo(), "MessagePort", "no thread is left")
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("fetches nothing but the directory the second time, touches no file, and fetches what is missing alone", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archive.bytes)
      const location = { name: "job", source: host.source }
      const directory = TestDirectory.make()
      Extracting.extracted(yield* Extracting.run(location, directory))
      const before = Extracting.inodes(directory)
      host.take()

      const second = yield* Extracting.run(location, directory)
      const { alreadyThere, read } = Extracting.extracted(second)
      assert.deepStrictEqual([alreadyThere, read], [names.length, 0])
      assert.deepStrictEqual(Extracting.told(second), { written: [], there: names.toSorted(), refused: [] })
      assert.deepStrictEqual(host.take(), { requests: 1, bytes: tail })
      assert.deepStrictEqual(Extracting.inodes(directory), before)

      rmSync(join(directory, "d/e/noise.bin"))
      const third = yield* Extracting.run(location, directory)
      assert.deepStrictEqual(Extracting.told(third).written, ["d/e/noise.bin"])
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(files))
      const { bytes, requests } = host.take()
      assert.strictEqual(requests, 2)
      assert.isBelow(bytes, tail + 310_000)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

/** Changes a file, and not its size. */
const disturb = (directory: string, path: string) => {
  const content = readFileSync(join(directory, path))
  content.writeUInt8(content.readUInt8(0) ^ 1, 0)
  writeFileSync(join(directory, path), content)
  return content
}

describe("Where another file has the path", () => {
  it.live("it is kept, and the new one has a number, on the third run too", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archive.bytes)
      const location = { name: "job", source: host.source }
      const directory = TestDirectory.make()
      Extracting.extracted(yield* Extracting.run(location, directory))
      const other = disturb(directory, "d/e/noise.bin")
      const should = Extracting.treeOf({
        ...files,
        "d/e/noise.bin": other,
        "d/e/noise (2).bin": files["d/e/noise.bin"] ?? ""
      })

      const second = yield* Extracting.run(location, directory)
      assert.deepStrictEqual(Extracting.told(second).written, ["d/e/noise (2).bin"])
      const [file] = second.events.flatMap((event) =>
        event._tag === "Extracted" ? event.files.filter(({ alreadyThere }) => !alreadyThere) : []
      )
      assert.deepStrictEqual(file?.why, ["other content there"])
      assert.deepStrictEqual(Extracting.tree(directory), should)
      host.take()

      const third = yield* Extracting.run(location, directory)
      assert.deepStrictEqual(Extracting.told(third).written, [])
      assert.include(Extracting.told(third).there, "d/e/noise (2).bin")
      assert.deepStrictEqual(Extracting.tree(directory), should)
      assert.deepStrictEqual(host.take(), { requests: 1, bytes: tail })
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("it is replaced where that is asked for", () =>
    Effect.gen(function* () {
      const file = Extracting.fileOf(archive)
      const directory = TestDirectory.make()
      Extracting.extracted(yield* Extracting.run({ file }, directory))
      disturb(directory, "d/e/noise.bin")
      disturb(directory, "large.bin")
      const outcome = yield* Extracting.run({ file }, directory, { ifDiffers: "replace" })
      assert.deepStrictEqual(Extracting.told(outcome).written, ["d/e/noise.bin", "large.bin"])
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(files))
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("numbers that are taken are passed over: by the archive, by other files, by directories", () =>
    Effect.gen(function* () {
      const made = ZipMaker.make(Extracting.entriesOf({ "a.txt": "new", "a (2).txt": "second" }))
      const file = Extracting.fileOf(made)
      const directory = TestDirectory.make()
      writeFileSync(join(directory, "a.txt"), "old")
      writeFileSync(join(directory, "a (3).txt"), "older")
      mkdirSync(join(directory, "a (4).txt"))
      const should = Extracting.treeOf({
        "a.txt": "old",
        "a (2).txt": "second",
        "a (3).txt": "older",
        "a (4).txt/": "",
        "a (5).txt": "new"
      })
      for (const _ of [1, 2]) {
        Extracting.extracted(yield* Extracting.run({ file }, directory))
        assert.deepStrictEqual(Extracting.tree(directory), should)
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("a directory in its place is kept, and so is a file where a directory is to be, whatever is asked for", () =>
    Effect.gen(function* () {
      const file = Extracting.fileOf(ZipMaker.make(Extracting.entriesOf({ "a.txt": "new", "d/b.txt": "b" })))
      for (const ifDiffers of ["keep", "replace"] as const) {
        const directory = TestDirectory.make()
        mkdirSync(join(directory, "a.txt"))
        writeFileSync(join(directory, "d"), "a file")
        for (const there of [0, 2]) {
          const outcome = yield* Extracting.run({ file }, directory, { ifDiffers })
          assert.strictEqual(Extracting.extracted(outcome).alreadyThere, there)
          assert.deepStrictEqual(Extracting.tree(directory), {
            "a (2).txt": "new",
            "a.txt/": "",
            d: "a file",
            "d (2)/": "",
            "d (2)/b.txt": "b"
          })
        }
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("names of another letter case are taken, and directories of another letter case are used", () =>
    Effect.gen(function* () {
      const file = Extracting.fileOf(ZipMaker.make(Extracting.entriesOf({ "a.txt": "new", "photos/b.txt": "b" })))
      const directory = TestDirectory.make()
      writeFileSync(join(directory, "A.TXT"), "old")
      mkdirSync(join(directory, "Photos"))
      for (const _ of [1, 2]) {
        Extracting.extracted(yield* Extracting.run({ file }, directory))
        const tree = Extracting.tree(directory)
        assert.deepStrictEqual([tree["A.TXT"], tree["a (2).txt"]], ["old", "new"])
        assert.strictEqual(tree["Photos/b.txt"], "b")
      }
    }).pipe(Effect.provide(Extracting.layer))
  )
})

describe("A selection", () => {
  it.live("is fetched alone, in few ranges", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archive.bytes)
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ name: "job", source: host.source }, directory, {
        select: ({ name }) => name === "a.txt" || name === "last.bin"
      })
      assert.strictEqual(Extracting.extracted(outcome).files, 2)
      assert.deepStrictEqual(Object.keys(Extracting.tree(directory)), ["a.txt", "last.bin"])
      const planned = outcome.events.find((event) => event._tag === "Planned")
      assert.deepStrictEqual([planned?.entries.length, planned?.files, planned?.filesToWrite], [names.length, 2, 2])
      assert.isBelow(host.take().bytes, 700_000)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each([
    ["of nothing", archive],
    ["of an empty archive", ZipMaker.make([])],
    ["of directories alone", ZipMaker.make([{ name: "d/" }])]
  ] as const)("%s is no error", ([, made]) =>
    Effect.gen(function* () {
      const directory = join(TestDirectory.make(), "new", "one")
      const select = ({ isDirectory }: { readonly isDirectory: boolean }) => isDirectory
      const outcome = yield* Extracting.run({ file: Extracting.fileOf(made) }, directory, { select })
      assert.strictEqual(Extracting.extracted(outcome).files, 0)
      assert.deepStrictEqual(
        Object.values(Extracting.tree(directory)).filter((content) => content !== ""),
        []
      )
    }).pipe(Effect.provide(Extracting.layer))
  )
})
