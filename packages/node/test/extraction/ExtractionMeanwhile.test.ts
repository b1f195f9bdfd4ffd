/** What comes to a directory while an archive is extracted into it, after all was decided. */
import Fs, { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import FsPromises from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Extraction } from "@scenario-assets/node"
import { Effect, Stream } from "effect"
import { vi } from "vitest"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"

const small = { "a.txt": "a cat", "d/b.txt": "on a mat", "z.bin": Extracting.noise(300_000) }
const kinds = {
  small,
  "many, on threads": {
    ...Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`many/${n}`, `${n}`])),
    ...small
  },
  large: { ...small, "a.txt": Extracting.noise(6 * 1024 * 1024, 7) }
} as const

/** Extracts files, and does something once the names are given and before the first file is written. */
const meanwhile = Effect.fnUntraced(function* (
  files: Readonly<Record<string, string | Uint8Array>>,
  act: (directory: string) => void,
  options: Extraction.Options = {}
) {
  const directory = TestDirectory.make()
  const { bytes } = ZipMaker.make(Extracting.entriesOf(files, 0))
  const host = yield* RangeHost.make(bytes, {
    fate: (number) => {
      if (number === 1) act(directory)
      return {}
    }
  })
  const location = { name: "job", source: host.source }
  const outcome = yield* Extracting.run(location, directory, { threads: 2, ...options })
  return { directory, location, outcome }
})

const filesTold = ({ events }: Extracting.Outcome) =>
  events.flatMap((event) => (event._tag === "Extracted" ? event.files : []))

const withoutHardLinks = Effect.acquireRelease(
  Effect.sync(() => {
    const none = Object.assign(new Error("no links"), { code: "EPERM" })
    const spies = [
      vi.spyOn(Fs, "linkSync").mockImplementation(() => {
        throw none
      }),
      vi.spyOn(FsPromises, "link").mockRejectedValue(none)
    ]
    syncBuiltinESMExports()
    return spies
  }),
  (spies) =>
    Effect.sync(() => {
      for (const spy of spies) spy.mockRestore()
      syncBuiltinESMExports()
    })
)

describe.each(Object.entries(kinds))("A file that comes after the names are given, %s", (_kind, files) => {
  it.live("is kept, and the one of the archive gets a number, which the next run finds", () =>
    Effect.gen(function* () {
      const { directory, location, outcome } = yield* meanwhile(files, (to) => writeFileSync(join(to, "a.txt"), "mine"))
      const { alreadyThere } = Extracting.extracted(outcome)
      const all = { ...files, "a.txt": "mine", "a (2).txt": files["a.txt"] }
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(all))
      assert.strictEqual(alreadyThere, 0)
      const told = filesTold(outcome).find(({ entry }) => entry.name === "a.txt")
      assert.deepInclude(told, { path: "a (2).txt", alreadyThere: false, why: ["other content there"] })
      const again = Extracting.extracted(yield* Extracting.run(location, directory))
      assert.strictEqual(again.alreadyThere, again.files)
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(all))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is left as it is where it has the right content", () =>
    Effect.gen(function* () {
      let inode = 0
      const { directory, outcome } = yield* meanwhile(files, (to) => {
        writeFileSync(join(to, "a.txt"), files["a.txt"])
        inode = statSync(join(to, "a.txt")).ino
      })
      const { alreadyThere } = Extracting.extracted(outcome)
      assert.strictEqual(alreadyThere, 1)
      assert.strictEqual(statSync(join(directory, "a.txt")).ino, inode)
      assert.deepStrictEqual(Extracting.told(outcome).there, ["a.txt"])
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(files))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is replaced where that was asked for", () =>
    Effect.gen(function* () {
      const { directory, outcome } = yield* meanwhile(files, (to) => writeFileSync(join(to, "a.txt"), "mine"), {
        ifDiffers: "replace"
      })
      Extracting.extracted(outcome)
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(files))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("What comes after the names are given", () => {
  it.live("is kept where it has the number as well", () =>
    Effect.gen(function* () {
      const { directory, outcome } = yield* meanwhile(small, (to) => {
        writeFileSync(join(to, "a.txt"), "mine")
        writeFileSync(join(to, "a (2).txt"), "mine too")
      })
      Extracting.extracted(outcome)
      assert.deepStrictEqual(
        Extracting.tree(directory),
        Extracting.treeOf({ ...small, "a.txt": "mine", "a (2).txt": "mine too", "a (3).txt": "a cat" })
      )
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each(["keep", "replace"] as const)("is kept where it is a directory: %s", (ifDiffers) =>
    Effect.gen(function* () {
      const act = (to: string) => mkdirSync(join(to, "a.txt"))
      const { directory, outcome } = yield* meanwhile(small, act, { ifDiffers })
      Extracting.extracted(outcome)
      assert.isTrue(statSync(join(directory, "a.txt")).isDirectory())
      assert.strictEqual(readFileSync(join(directory, "a (2).txt"), "utf8"), "a cat")
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each(["a file", "a link that leads nowhere"])("is kept without hard links too: %s", (what) =>
    Effect.gen(function* () {
      yield* withoutHardLinks
      const { directory, outcome } = yield* meanwhile(kinds.large, (to) => {
        for (const name of ["a.txt", "d/b.txt"]) {
          if (what === "a file") writeFileSync(join(to, name), "mine")
          else symlinkSync("nowhere", join(to, name))
        }
      })
      Extracting.extracted(outcome)
      const mine = what === "a file" ? "mine" : "-> nowhere"
      assert.deepStrictEqual(Extracting.tree(directory), {
        ...Extracting.treeOf({ ...kinds.large, "a (2).txt": kinds.large["a.txt"], "d/b (2).txt": "on a mat" }),
        "a.txt": mine,
        "d/b.txt": mine
      })
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

// A small archive is there as a whole before anybody can come.
const { small: _small, ...lasting } = kinds

describe.each(Object.entries(lasting))("A directory that is taken over, %s", (_kind, files) => {
  it.live("has the files of whoever came last, and the other one fails", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const { source } = yield* RangeHost.make(ZipMaker.make(Extracting.entriesOf(files, 0)).bytes)
      const { events, run } = yield* Extraction.Extraction
      const options = { threads: 2, takeOver: true }
      const first = yield* Extracting.collect(
        Stream.tap(events({ name: "job", source }, directory, options), (event) =>
          event._tag === "Planned" ? run({ name: "job", source }, directory, options) : Effect.void
        )
      )
      assert.strictEqual(Extracting.failure(first).reason._tag, "Locked")
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(files))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is rid of what one that was killed has left", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const { source } = yield* RangeHost.make(ZipMaker.make(Extracting.entriesOf(files, 0)).bytes)
      const left = join(directory, ".scenario-assets", "work-0123456789abcdef")
      mkdirSync(left, { recursive: true })
      writeFileSync(join(left, "0.tmp"), "half")
      Extracting.extracted(yield* Extracting.run({ name: "job", source }, directory, { takeOver: true }))
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(files))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
