import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Format from "../src/text/Format.ts"
import * as Reader from "../src/text/Reader.ts"

describe("values", () => {
  it.each([
    ["1", 1],
    ["100kB", 100_000],
    ["100KB", 100_000],
    ["1mb", 1_000_000],
    ["1.5 GB", 1_500_000_000],
    ["2GiB", 2 * 1024 ** 3],
    ["1mib", 1024 ** 2],
    ["100K", 102_400],
    ["100k", 102_400],
    ["1M", 1024 ** 2],
    ["1T", 1024 ** 4]
  ])("%s is a size", (text, bytes) => {
    assert.deepStrictEqual(Reader.byteSize.read(text), Option.some(bytes))
  })

  it.each([
    ["90s", 90_000],
    ["5ms", 5],
    ["1h30m", 5_400_000],
    ["1d 2h", 93_600_000],
    ["1H30M", 5_400_000],
    ["1.5h", 5_400_000],
    ["1m500ms", 60_500]
  ])("%s is a duration", (text, milliseconds) => {
    assert.deepStrictEqual(Option.map(Reader.duration.read(text), Duration.toMillis), Option.some(milliseconds))
  })

  it.each(["", "MB", "1 2MB", "-1MB", "1e3", "0", "1X", "1Ki", "9999999TB", "toString"])("%j is no size", (text) => {
    assert.isTrue(Option.isNone(Reader.byteSize.read(text)))
    assert.include(Reader.byteSize.refusal(text), "kB MB GB TB")
  })

  it.each(["", "30", "0s", "h", "30m1h", "1h1h", "1y"])("%j is no duration", (text) => {
    assert.isTrue(Option.isNone(Reader.duration.read(text)))
    assert.include(Reader.duration.refusal(text), "it takes a number above 0 with a unit (d, h, m, s or ms)")
  })
})

describe("what is shown", () => {
  it("has a backslash of a path as it is, and one of a name so that it cannot be taken for anything else", () => {
    const path = "C:\\Users\\me\\renders\n"
    assert.strictEqual(Format.path(path), "C:\\Users\\me\\renders\\u000a")
    assert.strictEqual(Format.shortPath(`C:\\${"a".repeat(200)}`, 40), `C:\\${"a".repeat(7)}…${"a".repeat(29)}`)
    assert.strictEqual(Format.name("a\\b"), "a\\\\b")
  })
})
