/** Lists of ids as people have them. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as IdList from "../src/ids/IdList.ts"
import * as Binary from "./support/Binary.ts"

const read = (bytes: Uint8Array): ReadonlyArray<string> | string => {
  const lines: Array<string> = []
  const parsed = Result.flatMap(IdList.decode(bytes), (text) =>
    IdList.parse(text, ({ id, line }) => lines.push(`${line} ${id}`))
  )
  return Result.isFailure(parsed) ? parsed.failure : lines
}
const utf8 = (text: string) => Buffer.from(text)
const utf16 = (text: string) => Buffer.from(text, "utf16le")
const swapped = (text: string) => utf16(text).swap16()

const plain = "asset_a\nmodel_b\n"
const two = ["1 asset_a", "2 model_b"]

describe("a list of ids", () => {
  it.each<[string, Uint8Array]>([
    ["in UTF-8", utf8(plain)],
    ["with its byte order mark", utf8(`\uFEFF${plain}`)],
    ["in UTF-16 as Windows writes it", utf16(`\uFEFF${plain}`)],
    ["in UTF-16, the other way round", swapped(`\uFEFF${plain}`)],
    ["in UTF-16 without a mark", utf16(plain)],
    ["in UTF-16 without a mark, the other way round", swapped(plain)],
    ["with CRLF", utf8("asset_a\r\nmodel_b\r\n")],
    ["with CR", utf8("asset_a\rmodel_b")],
    ["with the end mark of DOS", utf8("asset_a\r\nmodel_b\r\n\u001a")],
    ["with comments", utf8('asset_a # and, asset_x, "or\nmodel_b# not this')],
    ["in quotes", utf8("\"asset_a\"\n'model_b'\n")],
    ["in quotes that an editor has made", utf8("“asset_a”\n‘model_b’\n")],
    ["with commas", utf8("asset_a,\n  model_b ;\n")],
    ["with both, out of a program", utf8("\t\"asset_a\",\n\t'model_b',\n")],
    ["with what cannot be seen", utf8("\u200Basset_a\u00A0\n\uFEFFmodel_b\u200B\n")],
    ["with a second column", utf8('asset_a,"A name, with # and ""quotes"""\nmodel_b\tother\n')]
  ])("%s", (_, bytes) => {
    assert.deepStrictEqual(read(bytes), two)
  })

  it.each([
    ["blank lines keep the numbers of the others", "\n\n# a\n  \nasset_a\r\n\r\nmodel_b", ["5 asset_a", "7 model_b"]],
    ["a table", 'id,name\nasset_a,"A, b"\nmodel_b,\n', ["2 asset_a", "3 model_b"]],
    ["a table with semicolons, in quotes", '"Name";"ID"\r\n"A; b";"asset_a"\r\n', ["2 asset_a"]],
    [
      "a table whose names have line breaks",
      'prompt\tasset_id\n"a\nb"\tasset_a\nc\tasset_b\n',
      ["2 asset_a", "4 asset_b"]
    ],
    ["a table of other ids too", "asset_id,model_id\nasset_a,model_b\n", ["2 asset_a"]],
    [
      "a table that says what they are",
      "model_id\nplain\nmodel_b\nasset_a",
      ["2 model plain", "3 model_b", "4 asset_a"]
    ],
    ["a table with # in it", 'id,color\nasset_a,#fff,"x"\n# no\nasset_b,#000', ["2 asset_a", "4 asset_b"]],
    [
      "kinds that are said",
      "model plain\ninference\tother\nasset,third",
      ["1 model plain", "2 inference other", "3 asset third"]
    ],
    ["a quote that is not closed", '"asset_a\nmodel_b', ["1 asset_a", "2 model_b"]],
    ["nothing", "", []],
    ["comments alone", "# one\n#two", []],
    ["what is no id, as it is", "frog\n", ["1 frog"]]
  ] as const)("%s", (_, text, expected) => {
    assert.deepStrictEqual(read(utf8(text)), [...expected])
  })

  it.each<[string, Uint8Array, RegExp]>([
    ["zeros", utf8("asset_a\0asset_b\n"), /^is not a list of ids: it holds binary data or control characters$/],
    ["a picture", Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"), /^is not a list of ids: it holds binary/],
    ["UTF-32", Buffer.from("fffe000061000000", "hex"), /^is not a list of ids: it holds binary/],
    [
      "a line of 5 MB",
      utf8(`asset_a\nasset_${"b".repeat(5_000_000)}`),
      /^line 2, is too long for an id \(5000006 char/
    ],
    ["a line of 5 MB of spaces", utf8(`asset_a${" ".repeat(5_000_000)}b`), /^line 1, is too long for an id/],
    ["several in a line", utf8("asset_a\nasset_b, asset_c\n"), /^line 2, has several ids; write one per line/],
    ["JSON in one line", utf8('["asset_a","asset_b"]'), /^line 1, has several ids/]
  ])("is refused: %s", (_, bytes, why) => {
    assert.match(String(read(bytes)), why)
  })
})

describe.concurrent("--from-file", () => {
  const run = (bytes: Uint8Array | string, args: ReadonlyArray<string> = ["--from-file", "ids.csv"]) => {
    const cwd = TestDirectory.make()
    writeFileSync(path.join(cwd, "ids.csv"), bytes)
    return Binary.run(["download", "--dry-run", "--json", ...args], { cwd })
  }

  it.live("takes a table in UTF-16, from a spreadsheet, with ids that occur twice", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* run(
        utf16('\uFEFFid\tname\r\nasset_b\tB\r\nasset_a\t"A\r\nB"\r\nasset_b\t\r\n')
      )
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(Binary.lastLine(stdout)["batches"], [
        { assetIds: ["asset_a", "asset_b"], inferenceIds: [], modelIds: [] }
      ])
    })
  )

  it.live.each<[string, string | Uint8Array, RegExp]>([
    [
      "a line that is no id",
      "asset_a\n\nfrog\n",
      /: ids.csv, line 3: "frog" does not begin with asset_, inf_, model_, job_ or run_; /
    ],
    [
      "a line that cannot be one",
      "asset_a\nasset_b?c\n",
      /: ids.csv, line 2: "asset_b\?c" is not an id: an id is not empty, and has no spaces/
    ],
    ["a row without one", "id,name\nasset_a,A\n,B\n", /: ids.csv, line 3: "" is not an id/],
    ["a line too long to show", `asset_a\n${"x".repeat(400)}\n`, /: ids.csv, line 2: "x{80}…" does not begin/],
    [
      "a link, whose signature is not shown",
      "https://a.test/x?Signature=secret-of-a-test\n",
      /line 1: a signed link is not an id, /
    ],
    ["binary data", "\0\0\0", /: ids.csv is not a list of ids: it holds binary data/]
  ])("names %s", ([, bytes, says]) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* run(bytes)
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, says)
      assert.notInclude(stderr, "secret-of-a-test")
    })
  )

  it.live.runIf(process.platform !== "win32")("is read from a pipe", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Binary.run(["download", "--dry-run", "--from-file", "/dev/stdin"], {
        through: (command) => ["sh", "-c", 'printf "asset_a\\nasset_b\\n" | "$@"', "sh", ...command]
      })
      assert.deepStrictEqual([code, stdout], [0, "batch 1: 2 ids\n"], stderr)
    })
  )

  it.live.each([
    [".", /the file \. cannot be read: it is a directory/],
    ["missing", /the file missing cannot be read: there is no such file/],
    ...(process.platform === "linux"
      ? [["/dev/zero", /the file \/dev\/zero has more than 67\.1 MB, which is too much for a list of ids/] as const]
      : [])
  ] as const)("does not read %s", ([file, says]) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* run("", ["--from-file", file])
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, says)
    })
  )
})
