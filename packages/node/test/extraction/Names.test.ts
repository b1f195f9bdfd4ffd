/** Names in one directory: of files that come, one after the other, and of those that stand there. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { crc32 } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Schema from "effect/Schema"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as EntryPath from "../../src/archive/internal/EntryPath.ts"
import type * as Claims from "../../src/extraction/internal/Claims.ts"
import * as Existing from "../../src/extraction/internal/Existing.ts"
import * as Names from "../../src/extraction/internal/Names.ts"

const contentOf = (text: string): Claims.Content => ({ size: Buffer.from(text).length, crc32: crc32(text) })

/** Gives names one by one, and looks at all candidates first. A name that ends in `/` is a directory. */
const namer = (names: Names.Names, texts: Readonly<Record<string, string>> = {}) =>
  Effect.fnUntraced(function* (name: string, text = name, ifDiffers: "keep" | "replace" = "keep") {
    const { segments } = EntryPath.of({ name })
    if (name.endsWith("/"))
      return { path: (yield* names.place(segments)).path, why: [], action: "skip" } satisfies Names.Name
    const place = yield* names.place(segments.slice(0, -1))
    const last = segments.at(-1) ?? ""
    const { called, numbered } = Names.candidates(place, last)
    for (const item of [...called, ...numbered]) Object.assign(item, contentOf(texts[item.path] ?? ""))
    return names.plain(place, last, contentOf(text), ifDiffers) ?? names.numbered(place, last, contentOf(text))
  })

const nowhere = () =>
  Names.make(
    "/nowhere",
    () => Effect.succeed(Existing.nothing),
    (key) => key === ".ours"
  )

/** Different contents, in a directory that is empty. */
const pathsOf = (...all: ReadonlyArray<string>) => {
  const give = namer(nowhere())
  const named = Effect.forEach(all, (name, index) => Effect.map(give(name, `${index}`), ({ path }) => path))
  return Effect.runSync(named)
}

describe("Names", () => {
  it("tell files apart that some system takes for one", () => {
    assert.deepStrictEqual(pathsOf("a.png", "A.png", "a.PNG"), ["a.png", "A (2).png", "a (3).PNG"])
    assert.deepStrictEqual(pathsOf("é", "e\u0301", "É"), ["é", "é (2)", "É (3)"])
    assert.deepStrictEqual(pathsOf("ß", "ss", "ẞ", "SS"), ["ß", "ss (2)", "ẞ (3)", "SS (4)"])
    assert.deepStrictEqual(pathsOf("a?", "a*", "a_"), ["a_", "a_ (2)", "a_ (3)"])
    assert.deepStrictEqual(pathsOf("a (2)", "a", "A"), ["a (2)", "a", "A (3)"])
    assert.deepStrictEqual(pathsOf("\u2764\ufe0f", "\u2764"), ["\u2764\ufe0f", "\u2764 (2)"])
  })

  it("make one directory of those that some system takes for one", () => {
    assert.deepStrictEqual(pathsOf("Dir/a", "dir/b", "DIR/", "dir/A"), ["Dir/a", "Dir/b", "Dir", "Dir/A (2)"])
    assert.deepStrictEqual(pathsOf("a./x", "a/x"), ["a/x", "a/x (2)"])
  })

  it("keep files and directories apart", () => {
    assert.deepStrictEqual(pathsOf("a", "a/b", "A/c"), ["a", "a (2)/b", "a (2)/c"])
    assert.deepStrictEqual(pathsOf("a/b", "a", "A"), ["a/b", "a (2)", "A (3)"])
    assert.deepStrictEqual(pathsOf("a/", "a"), ["a", "a (2)"])
    assert.deepStrictEqual(pathsOf("a", "A", "a/b", "B", "a/c"), ["a", "A (2)", "a (3)/b", "B", "a (3)/c"])
  })

  it("give nobody what is reserved", () => {
    assert.deepStrictEqual(pathsOf(".ours", ".OURS/x"), [".ours (2)", ".OURS (3)/x"])
  })

  it("are the same for the same content", () => {
    const give = namer(nowhere())
    const named = Effect.runSync(Effect.forEach(["a.png", "a.png", "A.png"], (name) => give(name, "same")))
    assert.deepStrictEqual(named, [
      { path: "a.png", why: [], action: "write" },
      { path: "a.png", why: [], action: "write" },
      { path: "a.png", why: ["letter case"], action: "write" }
    ])
  })

  it("do not tire of files that are all called the same", () => {
    const names = Array.from({ length: 20_000 }, (_, index) =>
      // All the ways to write one word of fifteen letters in upper and lower case.
      Array.from("abcdefghijklmno", (letter, bit) => ((index >> bit) & 1 ? letter.toUpperCase() : letter)).join("")
    )
    assert.strictEqual(new Set(pathsOf(...names).map(EntryPath.fold)).size, names.length)
  })

  it.prop("are distinct, and stay as they are", [Schema.Array(Schema.String)], ([names]) => {
    const files = names.filter((name) => !name.endsWith("/"))
    const paths = pathsOf(...files)
    assert.strictEqual(new Set(paths.map(EntryPath.fold)).size, files.length)
    assert.deepStrictEqual(pathsOf(...paths), paths)
  })
})

/** A directory with these files, and names for more. */
const beside = (texts: Readonly<Record<string, string>>) => {
  const directory = TestDirectory.make("names")
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  return {
    directory,
    give: namer(
      Names.make(directory, Existing.make(directory), () => false),
      texts
    )
  }
}

describe("Names beside files that are there", () => {
  it.live("find each content under a path of its own, where paths differ in letter case alone", () =>
    Effect.gen(function* () {
      const { give } = beside({ "b.png": "z", "b (2).png": "xx", "B (2).png": "yyy" })
      const paths = yield* Effect.forEach(["xx", "yyy", "xx"], (text) =>
        Effect.map(give("b.png", text), ({ action, path }) => [action, path])
      )
      assert.deepStrictEqual(paths, [
        ["skip", "b (2).png"],
        ["skip", "B (2).png"],
        ["skip", "b (2).png"]
      ])
    })
  )

  it.live("find the content that is there, whatever its number", () =>
    Effect.gen(function* () {
      const { give } = beside({ "a.png": "x", "a (2).png": "y", "a (17).png": "z", "A.tar (3).gz": "g" })
      assert.deepStrictEqual(yield* give("a.png", "z"), {
        path: "a (17).png",
        why: ["other content there"],
        action: "skip"
      })
      assert.deepStrictEqual(yield* give("a.png", "x"), { path: "a.png", why: [], action: "skip" })
      assert.deepStrictEqual(yield* give("a.tar.gz", "g"), { path: "A.tar (3).gz", why: ["taken"], action: "skip" })
      assert.deepStrictEqual(yield* give("a.png", "new"), {
        path: "a (3).png",
        why: ["taken"],
        action: "write"
      })
    })
  )

  it.live("find it in the directories that an earlier run has made for it", () =>
    Effect.gen(function* () {
      const { give } = beside({ d: "a file", "d (2)/E/a.png": "x" })
      assert.deepStrictEqual((yield* give("d/e/a.png", "x")).path, "d (2)/E/a.png")
      assert.deepStrictEqual((yield* give("d/e/a.png", "y")).path, "d (2)/E/a (2).png")
      const { give: later } = beside({ "d (2)/a.png": "x" })
      assert.deepStrictEqual((yield* later("d/a.png", "x")).path, "d (2)/a.png")
      assert.deepStrictEqual((yield* later("d/b.png", "y")).path, "d/b.png")
    })
  )

  it.live("of long ones are found although they were cut for their number", () =>
    Effect.gen(function* () {
      const long = `${"x".repeat(235)}.png`
      for (const n of [2, 10, 4321]) {
        const there = EntryPath.candidate(long, n)
        const { give } = beside({ [long]: "x", [there]: "y" })
        assert.deepStrictEqual((yield* give(long, "y")).path, there)
      }
    })
  )

  it.live("replace only what no archive of the run has, and never a directory", () =>
    Effect.gen(function* () {
      const { directory, give } = beside({ "a.png": "x", "b.png/file": "", "c.png": "z" })
      symlinkSync("elsewhere", join(directory, "link.png"))
      const replacing = (name: string, text: string) =>
        Effect.map(give(name, text, "replace"), ({ action, path }) => [action, path])
      assert.deepStrictEqual(yield* replacing("a.png", "y"), ["replace", "a.png"])
      assert.deepStrictEqual(yield* replacing("a.png", "x"), ["write", "a (2).png"])
      assert.deepStrictEqual(yield* replacing("b.png", "y"), ["write", "b (2).png"])
      assert.deepStrictEqual(yield* replacing("c.png", "z"), ["skip", "c.png"])
      assert.deepStrictEqual(yield* replacing("c.png", "y"), ["write", "c (2).png"])
      assert.deepStrictEqual(yield* replacing("link.png", "y"), ["replace", "link.png"])
    })
  )
})
