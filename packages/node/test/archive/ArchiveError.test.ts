import { assert, describe, it } from "@effect/vitest"
import { ArchiveError } from "@scenario-assets/node"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const { Damaged, LimitExceeded, NotAnArchive, UnsafeName, Unsupported, WrongContent } = ArchiveError.Reason.cases
const messageOf = (reason: ArchiveError.Reason) => new ArchiveError.ArchiveError({ archive: "job_1", reason }).message

describe("ArchiveError", () => {
  it("says what happened, to what, and what to do", () => {
    assert.strictEqual(
      messageOf(new NotAnArchive({ found: "is empty" })),
      "Archive: job_1 is not a ZIP archive, or is cut short: it is empty; download it again."
    )
    assert.strictEqual(
      messageOf(new Damaged({ description: "has two end records that disagree" })),
      "Archive: job_1 is damaged: it has two end records that disagree; download it again."
    )
    assert.strictEqual(
      messageOf(new Damaged({ entry: "a.png", description: "is there twice" })),
      'Archive: job_1 is damaged: its entry "a.png" is there twice; download it again.'
    )
    assert.strictEqual(
      messageOf(new Unsupported({ entry: "a.png", feature: "the method zstd" })),
      'Archive: job_1 uses the method zstd for its entry "a.png", which is not supported; extract it with another tool.'
    )
    assert.strictEqual(
      messageOf(new Unsupported({ feature: "several disks" })),
      "Archive: job_1 uses several disks, which is not supported; extract it with another tool."
    )
    assert.include(
      messageOf(new UnsafeName({ entry: "../a", description: "leads upwards" })),
      'job_1 has an entry "../a", whose name leads upwards; '
    )
    assert.strictEqual(
      messageOf(new LimitExceeded({ limit: "entrySize", allowed: 10, found: 11, entry: "a" })),
      'Archive: job_1 has 11 bytes in a file ("a"), and the limit is 10; if that is expected, raise the limit entrySize.'
    )
    assert.include(
      messageOf(new LimitExceeded({ limit: "ratio", allowed: 100, found: Infinity })),
      "job_1 has Infinity times its own size in its files, and the limit is 100;"
    )
    assert.include(
      messageOf(new WrongContent({ entry: "a", description: "has 3 bytes instead of 4" })),
      'the content of its entry "a" has 3 bytes instead of 4; download it again.'
    )
  })

  it("shows names escaped and cut, and keeps them as they are", () => {
    const entry = '\u001b[31m\n\u202e\u200b"\\\ud800é 😀'
    const error = new UnsafeName({ entry, description: "holds control characters" })
    assert.include(error.message, String.raw`"\u{1b}[31m\u{a}\u{202e}\u{200b}\u{22}\u{5c}\u{d800}é 😀", whose name`)
    assert.strictEqual(error.entry, entry)
    assert.include(new UnsafeName({ entry: "😀".repeat(101), description: "" }).message, `"${"😀".repeat(100)}…"`)
    assert.include(new UnsafeName({ entry: "x".repeat(100), description: "" }).message, `"${"x".repeat(100)}"`)
    const archive = new ArchiveError.ArchiveError({ archive: "a\nb", reason: error })
    assert.isTrue(archive.message.startsWith(String.raw`Archive: a\u{a}b has an entry`))
  })

  it.effect("can be matched by its reason", () =>
    Effect.gen(function* () {
      const failure = new ArchiveError.ArchiveError({ archive: "a", reason: new NotAnArchive({ found: "is empty" }) })
      const found = yield* Effect.fail(failure).pipe(
        Effect.catchReason("ArchiveError", "NotAnArchive", ({ found }) => Effect.succeed(found))
      )
      assert.strictEqual(found, "is empty")
    })
  )

  it("survives encoding", () => {
    const reason = new Damaged({ entry: "a", description: "is there twice" })
    const error = new ArchiveError.ArchiveError({ archive: "a", reason })
    const encoded = Schema.encodeSync(ArchiveError.ArchiveError)(error)
    assert.deepStrictEqual(encoded, {
      _tag: "ArchiveError",
      archive: "a",
      reason: { _tag: "Damaged", entry: "a", description: "is there twice" }
    })
    assert.strictEqual(Schema.decodeSync(ArchiveError.ArchiveError)(encoded).message, error.message)
  })
})
