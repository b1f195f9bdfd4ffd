import { assert, describe, it } from "@effect/vitest"
import { FileNameTemplate } from "@scenario-assets/core"
import { Schema } from "effect"

const template = (text: string) => FileNameTemplate.FileNameTemplate.make(text)
const check = (text: string) => FileNameTemplate.check(template(text))

describe("FileNameTemplate", () => {
  it.each(["<seed>", "fixed", " <num> ", "<prompt>/<num>", "画像-<num>", "a\u2028b", "\u2028<seed>"])(
    "accepts %j",
    (text) => {
      assert.isTrue(Schema.is(FileNameTemplate.FileNameTemplate)(text))
    }
  )

  it.each(["", " ", "\u3000", "<seed>\n", "a\0b", "\u001b[2J<seed>", "a\u0085b", "\ud800<seed>"])(
    "refuses %j",
    (text) => {
      assert.isFalse(Schema.is(FileNameTemplate.FileNameTemplate)(text))
    }
  )

  it("says what a template looks like", () => {
    assert.include(
      String(Schema.decodeUnknownResult(FileNameTemplate.FileNameTemplate)("")),
      "Expected a file name template: not empty, without control characters, such as <generator>-<prompt>-<num>-<seed>"
    )
  })

  it.prop("can be made up by tests", [FileNameTemplate.FileNameTemplate], ([text]) => {
    assert.isNotEmpty(text)
  })
})

describe("FileNameTemplate.check", () => {
  it("has nothing to say about the default, which holds every documented placeholder", () => {
    assert.strictEqual(FileNameTemplate.defaultTemplate, "<generator>-<prompt>-<num>-<seed>")
    assert.deepStrictEqual(FileNameTemplate.check(FileNameTemplate.defaultTemplate), [])
  })

  it.each(["<seed>", "x<seed>y", "<prompt>-<num>", "<num><prompt><generator>", "<seed> < 5 > 4"])(
    "says nothing about %j",
    (text) => {
      assert.deepStrictEqual(
        check(text).filter((warning) => warning._tag === "IndistinctNames"),
        []
      )
    }
  )

  it.each([
    ["<Seed>", "<seed>"],
    ["<SEED>", "<seed>"],
    ["< seed >", "<seed>"],
    ["<seeds>", "<seed>"],
    ["<seed-number>", "<seed>"],
    ["<number>", "<num>"],
    ["<prompts>", "<prompt>"],
    ["<gen>", "<generator>"]
  ] as const)("asks for %s whether %s was meant", (placeholder, suggestion) => {
    assert.deepStrictEqual(check(`<seed>${placeholder}`), [
      {
        _tag: "UnknownPlaceholder",
        placeholder,
        suggestion,
        message:
          `The placeholder ${placeholder} is not documented and may stand in the file names as it is; ` +
          `did you mean ${suggestion}?`
      }
    ])
  })

  it.each(["<assetId>", "<index>", "<>", "<se>", "<画像>"])(
    "lists the documented placeholders for %s",
    (placeholder) => {
      assert.deepStrictEqual(check(`${placeholder}-<seed>`), [
        {
          _tag: "UnknownPlaceholder",
          placeholder,
          suggestion: undefined,
          message:
            `The placeholder ${placeholder} is not documented and may stand in the file names as it is; ` +
            "documented are <seed>, <num>, <prompt>, <generator>."
        }
      ])
    }
  )

  it("warns of each unknown placeholder once, in order", () => {
    const placeholders = check("<b><a><seed><b>").map((warning) =>
      warning._tag === "UnknownPlaceholder" ? warning.placeholder : warning._tag
    )
    assert.deepStrictEqual(placeholders, ["<b>", "<a>"])
  })

  it.each([
    ["fixed", "has neither <seed> nor <num>, so assets of one inference get the same name"],
    ["<prompt>-<generator>", "has neither <seed> nor <num>, so assets of one inference get the same name"],
    ["<num>", "counts within one inference, so assets of two inferences get the same name"],
    ["<generator>-<num>", "counts within one inference, so assets of two inferences get the same name"]
  ] as const)("warns that %s cannot tell assets apart", (text, reason) => {
    assert.deepStrictEqual(check(text), [
      {
        _tag: "IndistinctNames",
        message: `The template "${text}" ${reason}; add <seed>, or use <generator>-<prompt>-<num>-<seed>.`
      }
    ])
  })

  it("does not take an unknown placeholder for one that tells assets apart", () => {
    assert.deepStrictEqual(
      check("<assetId>").map(({ _tag }) => _tag),
      ["UnknownPlaceholder", "IndistinctNames"]
    )
  })
})
