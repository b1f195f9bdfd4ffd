import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as EntryPath from "../../src/archive/internal/EntryPath.ts"

const one = (name: string): readonly [path: string, ...why: ReadonlyArray<EntryPath.Change>] => {
  const { segments, why } = EntryPath.of({ name })
  return [segments.join("/") || ".", ...why]
}
const bytesIn = (text: string) => new TextEncoder().encode(text).length
const longest = 239

/** What every path must be, whatever it was made from. */
const assertSafe = (path: string) => {
  if (path === ".") return
  for (const segment of path.split("/")) {
    assert.notMatch(segment, /[<>:"|?*\\\p{Cc}\p{Cs}]|^ |[ .]$|^$/u)
    assert.notMatch(segment, /^(con|prn|aux|nul|(com|lpt)[1-9¹²³]|con(in|out)\$) *(\.|$)/i)
    assert.isAtMost(bytesIn(segment), longest)
    assert.strictEqual(segment, segment.normalize("NFC"))
  }
  assert.isAtMost(bytesIn(path), 1024 + 100)
}

describe("EntryPath.of", () => {
  it("leaves names as they are that every system takes", () => {
    for (const name of [
      "a.png",
      "inference/flux-a cat, on a mat (2)-0-123.png",
      ".hidden",
      "é/猫/😀 👨‍👩‍👧.png",
      "-rf",
      "~",
      "a'b`c$d&e;f#g%h!i@j^k{l}[m]",
      "console.log",
      "com10",
      "nul_.txt",
      "x".repeat(longest - 4) + ".png"
    ]) {
      assert.deepStrictEqual(one(name), [name])
    }
  })

  it.each([
    ["../a", "leads upwards"],
    ["a/../b", "leads upwards"],
    ["a/..", "leads upwards"],
    ["a/../", "leads upwards"],
    ["..", "leads upwards"],
    ["/etc/passwd", "is absolute"],
    ["//server/share", "is absolute"],
    ["/", "is absolute"],
    ["C:/a", "begins with a drive"],
    ["c:a", "begins with a drive"],
    ["C:", "begins with a drive"],
    ["a:stream", "begins with a drive"],
    ["..\\a", "leads upwards"],
    ["a\\..\\..\\b", "leads upwards"],
    ["a/..\\b", "leads upwards"],
    ["\\a", "is absolute"],
    ["\\\\server\\share", "is absolute"],
    ["\\/a", "is absolute"],
    ["C:\\a", "begins with a drive"],
    ["a\0b", "holds a NUL"]
  ])("refuses %j", (name, description) => {
    assert.strictEqual(EntryPath.refusal(name), description)
    // And would be safe all the same.
    assertSafe(one(name)[0])
  })

  it("refuses no other name", () => {
    for (const name of ["a..b", "...", ".. ", "a/.../b", "A: b", "\\(cat\\)", "a\\b", "a\nb", "", "x:y/c"]) {
      const expected = name === "x:y/c" ? "begins with a drive" : undefined
      assert.strictEqual(EntryPath.refusal(name), expected, name)
    }
  })

  it.each([
    ['a<b>:"|?*.png', "a_b______.png", "forbidden characters"],
    ["A: a letter.png", "A_ a letter.png", "forbidden characters"],
    ["photo\u202egnp.exe", "photognp.exe", "invisible characters"],
    ["a\u200bb\ufeff.png", "ab.png", "invisible characters"],
    ["e\u0301.png", "é.png", "Unicode form"],
    ["\u1100\u1161.png", "가.png", "Unicode form"],
    ["a.", "a", "dots or spaces"],
    ["a . .", "a", "dots or spaces"],
    ["  a.png ", "a.png", "dots or spaces"],
    ["dir. /a", "dir/a", "dots or spaces"],
    ["...", "_", "dots or spaces"],
    [".. ", "_", "dots or spaces"],
    ["\u200b", "_", "invisible characters"],
    ["con", "_con", "reserved name"],
    ["NUL.tar.gz", "_NUL.tar.gz", "reserved name"],
    ["com¹.png", "_com¹.png", "reserved name"],
    ["Lpt9 .png", "_Lpt9 .png", "reserved name"],
    ["CONIN$", "_CONIN$", "reserved name"],
    ["aux/a.png", "_aux/a.png", "reserved name"],
    ["./a.png", "a.png", "empty segments"],
    ["a//b/./c", "a/b/c", "empty segments"],
    ["./", ".", "empty segments"],
    [".", "_", "empty segments"],
    ["", "_", "empty segments"],
    ["./.", "_", "empty segments"],
    ["a//////////////b", "a/b", "empty segments"],
    ["a cat\non a\tmat.png", "a cat_on a_mat.png", "control characters"],
    ["a\r\n\r\nb.png", "a____b.png", "control characters"],
    ["\u001b[2J", "_[2J", "control characters"],
    ["a\u007f\u0085b", "a__b", "control characters"],
    ["a\ud800b.png", "a_b.png", "unreadable characters"],
    ["a\ufffdb.png", "a_b.png", "unreadable characters"],
    ["a\\b.png", "a_b.png", "forbidden characters"],
    ["\\(cat\\).png", "_(cat_).png", "forbidden characters"]
  ] satisfies ReadonlyArray<[string, string, EntryPath.Change]>)("makes %j safe", (name, path, why) => {
    assert.deepStrictEqual(one(name), [path, why])
    assertSafe(path)
  })

  it("says all that was changed", () => {
    assert.deepStrictEqual(one("con\u200b: ."), [
      "con_",
      "invisible characters",
      "forbidden characters",
      "dots or spaces"
    ])
    assert.deepStrictEqual(one("n\u200bul. "), ["_nul", "invisible characters", "dots or spaces", "reserved name"])
    assert.deepStrictEqual(one("e\u200b\u0301"), ["é", "invisible characters", "Unicode form"])
  })

  it("cuts long names and keeps what tells them apart", () => {
    const prompt = "a very long prompt ".repeat(40)
    const [first, ...why] = one(`${prompt}1.png`)
    assert.deepStrictEqual(why, ["too long"])
    assert.match(first, /^a very long prompt .*-[\da-f]{8}\.png$/)
    assert.strictEqual(bytesIn(first), longest)
    assert.notStrictEqual(first, one(`${prompt}2.png`)[0])
    assert.strictEqual(first, one(`${prompt}1.png`)[0])
    // No extension: the end of a sentence.
    assert.match(one(`${"x".repeat(300)}. And so on`)[0], /^x+-[\da-f]{8}$/)
    assert.match(one(`${"x".repeat(300)}/a`)[0], /^x+-[\da-f]{8}\/a$/)
  })

  it("makes one name of what leads too far", () => {
    const [deep, ...why] = one(`${Array.from({ length: 60 }, (_, level) => level).join("/")}.png`)
    assert.deepStrictEqual(why, ["too long"])
    assert.strictEqual(deep.split("/").length, 32)
    assert.match(deep, /^0\/1\/.*\/30\/31_32_.*_59\.png$/)
    for (const name of [
      `${`${"d".repeat(200)}/`.repeat(9)}a.png`,
      `${"é".repeat(3000)}/`.repeat(5),
      "x/".repeat(30_000)
    ]) {
      const [path] = one(name)
      assert.isAtMost(bytesIn(path), 1024)
      assert.isAtMost(path.split("/").length, 32)
      assertSafe(path)
      assert.notStrictEqual(path, one(`b${name}`)[0])
    }
  })

  it("cuts where a file system takes less", () => {
    for (const longest of [48, 143]) {
      const { segments, why } = EntryPath.of({ name: `${"é".repeat(99)}/${"x".repeat(300)}.png` }, longest)
      assert.deepStrictEqual(why, ["too long"])
      for (const segment of segments) assert.isAtMost(bytesIn(segment), longest)
      assert.match(segments[1] ?? "", /^x+-[\da-f]{8}\.png$/)
      assert.isAtMost(bytesIn(EntryPath.candidate(segments[1] ?? "", 12, longest)), longest)
    }
  })

  it("cuts between characters as people see them", () => {
    for (const character of ["é", "猫", "😀", "👨‍👩‍👧", "🇫🇷", "e\u0323\u0302"]) {
      for (const before of ["", "a", "ab", "abc"]) {
        const name = before + character.repeat(200)
        const [path] = one(`${name}.png`)
        const kept = path.replace(/-[\da-f]{8}\.png$/, "").slice(before.length)
        assert.strictEqual(kept.replaceAll(character.normalize("NFC"), ""), "", path)
        assert.isAbove(bytesIn(path), longest - 30)
        assertSafe(path)
      }
    }
    // One character that is too long by itself.
    assert.match(one(`e${"\u0323".repeat(300)}.png`)[0], /^-[\da-f]{8}\.png$/)
  })

  it("does not tire of long names", () => {
    for (const name of [" .".repeat(30_000) + "x", "a" + ".".repeat(60_000), `${"(".repeat(60_000)}.`])
      assertSafe(one(name)[0])
  })

  it.prop("gives paths that are safe and stay as they are", [Schema.String], ([name]) => {
    const [path, ...why] = one(name)
    assertSafe(path)
    assert.strictEqual(why.length === 0, path === name.replace(/\/$/, ""))
    if (path !== ".") assert.deepStrictEqual(one(path), [path])
  })
})

describe("EntryPath.candidate", () => {
  it("counts before the extension", () => {
    const choices = [1, 2, 3].map((n) => EntryPath.candidate("d.ir/a.tar.gz", n))
    assert.deepStrictEqual(choices, ["d.ir/a.tar.gz", "d.ir/a.tar (2).gz", "d.ir/a.tar (3).gz"])
    assert.strictEqual(EntryPath.candidate("d.ir/a", 2), "d.ir/a (2)")
    assert.strictEqual(EntryPath.candidate(".hidden", 2), ".hidden (2)")
    assert.strictEqual(EntryPath.candidate("Hello. World", 2), "Hello. World (2)")
  })

  it("stays short enough", () => {
    const path = `d/${"x".repeat(235)}.png`
    assert.strictEqual(EntryPath.candidate(path, 1234), `d/${"x".repeat(228)} (1234).png`)
  })
})

describe("EntryPath.unnumbered", () => {
  it("gives back what was numbered", () => {
    for (const name of ["a.png", "a.tar.gz", "a", ".hidden", "Hello. World", "a (2).png", " (2)", "é 猫.png"]) {
      for (const n of [2, 9, 10, 12_345]) {
        assert.deepStrictEqual(EntryPath.unnumbered(EntryPath.candidate(name, n)), { name, n })
      }
    }
  })

  it("finds no number in other names", () => {
    for (const name of ["a.png", "a(2).png", "a (2)b.png", "a (1).png", "a (02).png", "a (x).png", "(2).png", ""]) {
      assert.isUndefined(EntryPath.unnumbered(name))
    }
  })
})

describe("EntryPath.fold", () => {
  it("makes no difference of case for any character", () => {
    const differing = Array.from({ length: 0x2_0000 }, (_, code) => String.fromCodePoint(code)).filter((character) => {
      const folded = EntryPath.fold(character)
      const forms = [
        character.toLowerCase(),
        character.toUpperCase(),
        character.normalize("NFD"),
        character.normalize("NFC")
      ]
      return [...forms, folded].some((form) => EntryPath.fold(form) !== folded)
    })
    assert.deepStrictEqual(differing, [])
  })

  it("is the same for a path as for its segments", () => {
    const segments = ["ΟΔΟΣ", "\u0301x", "Straße", "İ", "ŉ"]
    assert.strictEqual(EntryPath.fold(segments.join("/")), segments.map(EntryPath.fold).join("/"))
  })
})
