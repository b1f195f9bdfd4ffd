import { assert, describe, it } from "@effect/vitest"
import { Asset } from "@scenario-assets/core"
import { Option, Schema } from "effect"

const ids = {
  AssetId: Asset.AssetId,
  InferenceId: Asset.InferenceId,
  ModelId: Asset.ModelId,
  JobId: Asset.JobId,
  ProjectId: Asset.ProjectId
}

const accepted = [
  "asset_mE2cb2p4KQ9y6EB1xBTKP8Sy",
  "job_8Xv2",
  "without-a-prefix",
  "0",
  "...",
  ".a",
  "a..",
  "a:b;c=d&e+f@g!h,i$j'k(l)*~",
  "画像🐉"
]

const refused: ReadonlyArray<readonly [what: string, id: string]> = [
  ["nothing", ""],
  ["the directory itself", "."],
  ["the directory above", ".."],
  ["a slash", "a/b"],
  ["a backslash", "a\\b"],
  ["a query", "a?b"],
  ["a fragment", "a#b"],
  ["a percent sign", "%2e%2e"],
  ["a space", "a b"],
  ["a space before", " a"],
  ["a line break after", "a\n"],
  ["a tab", "a\tb"],
  ["a no-break space", "a\u00a0b"],
  ["a line separator", "a\u2028b"],
  ["NUL", "a\0b"],
  ["escape", "a\u001bb"],
  ["delete", "a\u007fb"],
  ["next line", "a\u0085b"],
  ["a zero-width space", "a\u200bb"],
  ["a change of direction", "a\u202eb"],
  ["half a surrogate pair", "a\ud800b"]
]

/** What could change a path, among what could not. */
const pieces = Schema.Array(
  Schema.Literals(["a", "é", "🐉", "@", ":", ".", "..", "/", "\\", "?", "#", "%", "2e", " ", "\t", "\n"])
)

describe.each(Object.entries(ids))("Asset.%s", (name, schema) => {
  const decode = Schema.decodeUnknownOption(schema)

  it.each(accepted)("accepts %j", (id) => {
    assert.deepStrictEqual(decode(id), Option.some(id))
  })

  it.each(refused)("refuses %s", (_, id) => {
    assert.deepStrictEqual(decode(id), Option.none())
  })

  it("refuses what is no text", () => {
    for (const value of [undefined, null, 1, {}, ["a"]]) assert.deepStrictEqual(decode(value), Option.none())
  })

  it("names itself and what is forbidden", () => {
    const result = Schema.decodeUnknownResult(schema)("a/b")
    assert.strictEqual(result._tag, "Failure")
    assert.match(String(result), new RegExp(`an? ${name}: not empty, without white space`))
  })

  it.prop("stays one segment of a path, even where nobody encodes it", [pieces], ([pieces]) => {
    const id = pieces.join("")
    if (Option.isNone(decode(id))) return
    const { hash, pathname, search } = new URL(`https://api.test/v1/assets/${id}/download?a=b`)
    assert.deepStrictEqual(pathname.split("/").map(decodeURIComponent), ["", "v1", "assets", id, "download"])
    assert.strictEqual(search + hash, "?a=b")
  })

  it.prop("can be made up by tests", [schema], ([id]) => {
    assert.match(id, /^[a-z]+_[0-9A-Za-z]+$/)
  })
})

describe("Asset.TargetFormat", () => {
  it("is one of the 13 formats of the reference", () => {
    assert.deepStrictEqual(
      [...Asset.TargetFormat.literals],
      ["gif", "heif", "jpeg", "jpg", "png", "svg", "webp", "avif", "tif", "tiff", "glb", "fbx", "obj"]
    )
  })

  it.each(["", "PNG", "bmp", ".png", "png ", "usdz"])("refuses %j", (format) => {
    assert.isFalse(Schema.is(Asset.TargetFormat)(format))
  })
})
