import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Gallery } from "@scenario-assets/node"
import { Effect } from "effect"
import * as GalleryPage from "../../../../test-support/GalleryPage.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Href from "../../src/gallery/internal/Href.ts"
import * as Kinds from "../../src/gallery/internal/Kinds.ts"
import * as Shown from "../../src/gallery/internal/Shown.ts"

const hostile: ReadonlyArray<string> = [
  `</script><img src=x onerror="alert(1)">`,
  "</ScRiPt ><script>alert(1)</script>",
  "<!--<script>",
  "-->]]>&lt;&amp;'\"`${1}",
  "line\u2028separator\u2029paragraph",
  "\u202Egnp.exe\u2066 \u061C\u200F",
  "\u0000\u0007\u001B[31mred\u009B",
  "\uD83D alone \uDC00",
  "__proto__"
]

/** What a parser of HTML would make of the page: its scripts, by their attributes and text. */
const scripts = (html: string) =>
  Array.from(html.matchAll(/<script([^>]*)>([^]*?)<\/script/gi), ([, attributes = "", text = ""]) => ({
    attributes,
    text
  }))

const data = (html: string): ReadonlyArray<Gallery.Item> => JSON.parse(scripts(html)[0]?.text ?? "")

const hashes = (html: string, directive: string) => {
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.replaceAll("&#39;", "'") ?? ""
  return new RegExp(`(?:^|; )${directive} ([^;]*)`).exec(policy)?.[1]
}

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

describe("Gallery.html", () => {
  it("keeps every text whole and lets none of them out of the data", () => {
    const items = hostile.map((text): Gallery.Item => ({ path: text, prompt: text, modelId: text, tags: [text] }))
    const html = Gallery.html(items, { title: hostile[0] })
    assert.deepStrictEqual(data(html), items)
    assert.lengthOf(scripts(html), 2)
    assert.notMatch(scripts(html)[0]?.text ?? "", /[<>&\u2028\u2029]/)
    const around = scripts(html).reduce((rest, { text }) => rest.replace(text, ""), html)
    assert.notMatch(around, /<img|<!--|onerror="/)
  })

  it("shows a title as text", () => {
    assert.include(
      Gallery.html([], { title: "</title><b>A & B" }),
      "<title>&#60;/title&#62;&#60;b&#62;A &#38; B</title>"
    )
    assert.include(Gallery.html([]), "<title>Contact sheet</title>")
  })

  it("allows its own script and style alone", () => {
    const html = Gallery.html([{ path: "a.png" }])
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? ""
    assert.strictEqual(hashes(html, "script-src"), sha256(scripts(html)[1]?.text ?? ""))
    assert.strictEqual(hashes(html, "style-src"), sha256(style))
    assert.strictEqual(hashes(html, "default-src"), "'none'")
    assert.strictEqual(hashes(html, "base-uri"), "'none'")
    assert.strictEqual(hashes(html, "form-action"), "'none'")
    assert.notMatch(html, /unsafe-|\shttps?:|\s(?:style|on\w+)="/)
  })

  it("is the same for the same items, in whatever order their fields are", () => {
    const items: ReadonlyArray<Gallery.Item> = [{ path: "a.png", prompt: "a", bytes: 1 }]
    assert.strictEqual(Gallery.html(items), Gallery.html([{ bytes: 1, prompt: "a", path: "a.png" }]))
  })

  it("leaves out fields that are none of an item", () => {
    const item = { path: "a.png", link: "https://host.example/a?signature=x", name: undefined }
    assert.deepStrictEqual(data(Gallery.html([item])), [{ path: "a.png" }])
  })

  it("has nothing in it that runs strings or makes elements of them", () => {
    const code = scripts(Gallery.html([]))[1]?.text ?? ""
    assert.notMatch(code, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setTimeout\("/)
  })
})

describe("the link to a file", () => {
  it.each([
    ["a/b c.png", "./a/b%20c.png"],
    ["50%#1?.png", "./50%25%231%3F.png"],
    [`"'<>&.png`, "./%22'%3C%3E%26.png"],
    ["back\\slash.png", "./back%5Cslash.png"],
    ["🐉/שלום.png", "./%F0%9F%90%89/%D7%A9%D7%9C%D7%95%D7%9D.png"],
    ["javascript:alert(1)", "./javascript%3Aalert(1)"],
    ["//host.example/a.png", ".///host.example/a.png"],
    ["half \uD83D.png", "./half%20%EF%BF%BD.png"]
  ])("of %s", (path, href) => {
    assert.strictEqual(Href.of(path), href)
    assert.strictEqual(new URL(href, "file:///home/me/").protocol, "file:")
    assert.strictEqual(new URL(href, "https://host.example/").host, "host.example")
  })
})

describe("a text that is shown", () => {
  it("shows controls, and what would turn the text around it, as what they are", () => {
    assert.strictEqual(Shown.visible("a\u202Eb\u0000\u001B\u2028"), "a\\u{202e}b\\u{0}\\u{1b}\\u{2028}")
    assert.strictEqual(Shown.visible("\uD83D"), "\\u{d83d}")
  })

  it("keeps line breaks, letters of every script and emoji", () => {
    const text = "שלום\n\t日本 👩‍🚀"
    assert.strictEqual(Shown.visible(text), text)
    assert.strictEqual(Shown.oneLine(text), "שלום 日本 👩‍🚀")
  })

  it("has sizes of three digits", () => {
    assert.deepStrictEqual([0, 999, 1000, 33_207, 999_499, 999_500, 1.5e9, 2e15].map(Shown.size), [
      "0 B",
      "999 B",
      "1 kB",
      "33.2 kB",
      "999 kB",
      "1 MB",
      "1.5 GB",
      "2000 TB"
    ])
  })

  it("is found in any case, width and composition", () => {
    assert.strictEqual(Shown.folded("ＡＢ É ΣΑΣ"), Shown.folded("ab É σας"))
  })
})

describe("how a file is shown", () => {
  it.each([
    [{ path: "a.PNG" }, "picture"],
    [{ path: "a.svg", kind: "document" }, "picture"],
    [{ path: "a", mimeType: "image/png" }, "picture"],
    [{ path: "a", kind: "video" }, "video"],
    [{ path: "a.tiff", kind: "image" }, "card"],
    [{ path: "a.glb", kind: "3d" }, "card"],
    [{ path: "a.wav", kind: "image" }, "audio"],
    [{ path: ".png" }, "card"],
    [{ path: "a.constructor" }, "card"]
  ] as const)("%j as a %s", (file, display) => {
    assert.strictEqual(Kinds.displayOf(file), display)
  })
})

describe("Gallery.itemsOf", () => {
  const write = (directory: string, path: string, text: string) => {
    mkdirSync(join(directory, path, ".."), { recursive: true })
    writeFileSync(join(directory, path), text)
  }

  it.effect("lists files by path, and leaves out what is hidden, linked or not done", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("gallery")
      write(directory, "b.png", "12345")
      write(directory, "a/c d#.GLB", "1")
      write(directory, "a/index.html", "12")
      write(directory, "index.html", "itself")
      write(directory, "notes", "123")
      write(directory, ".hidden.png", "")
      write(directory, ".cache/x.png", "")
      write(directory, "c.mp4.scenario-assets/part", "")
      symlinkSync(join(directory, "b.png"), join(directory, "link.png"))
      symlinkSync(directory, join(directory, "loop"))
      assert.deepStrictEqual(yield* Gallery.itemsOf(directory), [
        { path: "a/c d#.GLB", bytes: 1, kind: "3d" },
        { path: "a/index.html", bytes: 2, kind: "document" },
        { path: "b.png", bytes: 5, kind: "image" },
        { path: "notes", bytes: 3, kind: undefined }
      ])
    })
  )

  it.effect("fails where there is no such directory", () =>
    Effect.gen(function* () {
      const directory = join(TestDirectory.make("gallery"), "none")
      const error = yield* Effect.flip(Gallery.itemsOf(directory))
      assert.strictEqual(error.reason._tag, "NotFound")
      assert.include(error.message, directory)
    })
  )

  // The example of the module.
  it.effect("gives what a page of a directory is made of", () =>
    Effect.gen(function* () {
      const program = Effect.fn(function* (directory: string) {
        const items = yield* Gallery.itemsOf(directory)
        const page = Gallery.html(items, { title: "Renders" })
        yield* Effect.promise(() => writeFile(join(directory, "index.html"), page))
        return items.length
      })
      const directory = TestDirectory.make("gallery")
      write(directory, "a.png", "1")
      assert.strictEqual(yield* program(directory), 1)
      const html = readFileSync(join(directory, "index.html"), "utf8")
      assert.deepStrictEqual(data(html), [{ path: "a.png", bytes: 1, kind: "image" }])
      assert.strictEqual(yield* program(directory), 1)
      assert.strictEqual(readFileSync(join(directory, "index.html"), "utf8"), html)
    })
  )
})

describe("internal/Page.ts", () => {
  it("is made of gallery/page", async () => {
    const file = new URL("../../src/gallery/internal/Page.ts", import.meta.url)
    assert.strictEqual(
      readFileSync(file, "utf8"),
      await GalleryPage.page(),
      "gallery/page has changed: write the module anew with `node scripts/gallery.ts`"
    )
  })
})
