/** What is damaged costs itself alone, whoever reads it. */
import { deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { ArchiveReader } from "@scenario-assets/node"
import { Cause, Effect, Exit, Stream } from "effect"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import { files, concurrencies, locations, type Content, forEach, reasonOf } from "../support/ReadingEntries.ts"

describe("A damaged file in ArchiveReader.forEach", () => {
  const large = files["noise"] ?? new Uint8Array(0)
  const wrong: Readonly<Record<string, ZipMaker.Entry>> = {
    "a wrong checksum": { name: "", content: "small", central: { crc32: 1 }, local: { crc32: 1 } },
    "a wrong checksum, deflated": { name: "", content: "small", method: 8, central: { crc32: 1 }, local: { crc32: 1 } },
    "what is not deflated": { name: "", content: "small", method: 8, data: ZipMaker.text("\u0007nonsense") },
    "another name in the local header": {
      name: "",
      content: "small",
      local: { name: ZipMaker.text("another name in that local heade") }
    },
    "no local header": { name: "", content: "small", local: { signature: 7 } },
    "another checksum in the local header": { name: "", content: "small", method: 8, local: { crc32: 1 } },
    "a wrong checksum, large": { name: "", content: large, central: { crc32: 1 }, local: { crc32: 1 } },
    "a wrong checksum, large and deflated": {
      name: "",
      content: large,
      method: 8,
      central: { crc32: 1 },
      local: { crc32: 1 }
    },
    "what is not deflated, large": {
      name: "",
      content: large,
      method: 8,
      data: ZipMaker.concat(Uint8Array.of(7), deflateRawSync(large))
    },
    "no local header, large": { name: "", content: large, local: { signature: 7 } },
    "another checksum in the local header, large": { name: "", content: large, method: 8, local: { crc32: 1 } }
  }
  const damaged = Object.keys(wrong)
  const made = ZipMaker.make(
    Object.entries(wrong).flatMap(([name, entry], n): ReadonlyArray<ZipMaker.Entry> => [
      { name: `good ${n}`, content: `good ${n}` },
      { ...entry, name }
    ])
  )
  const read = (content: Content) => Stream.runDrain(content)

  it.live.each(concurrencies)("is in the report, and the others are given: %s at once", (concurrency) =>
    Effect.gen(function* () {
      for (const location of yield* locations(made)) {
        const given: Array<string> = []
        const report = yield* forEach(
          location,
          (name, content) =>
            Effect.tap(read(content), () =>
              Effect.sync(() => {
                given.push(name)
              })
            ),
          { concurrency }
        )
        assert.deepStrictEqual(
          report.refused.map(({ entry }) => entry.name),
          damaged
        )
        for (const { entry, error } of report.refused) assert.include(error.message, `"${entry.name}"`)
        assert.deepStrictEqual(given.toSorted(), damaged.map((_, n) => `good ${n}`).toSorted())
        assert.strictEqual(report.fileCount, damaged.length)
        assert.strictEqual(
          report.byteCount,
          given.reduce((sum, { length }) => sum + length, 0)
        )
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is in the report as well where it is kept in a way that is not supported", () =>
    Effect.gen(function* () {
      const other: Readonly<Record<string, Partial<ZipMaker.Entry>>> = {
        encryption: { flags: 1, method: 8 },
        "strong encryption": { flags: 0x41 },
        "encryption by AES": { flags: 1, method: 99, central: { crc32: 0 }, local: { crc32: 0 } },
        "the method bzip2": { method: 12 },
        "the method 77": { method: 77 },
        "a symbolic link": { mode: 0o120777 }
      }
      const made = ZipMaker.make(
        Object.entries(other).flatMap(([name, fields], n): ReadonlyArray<ZipMaker.Entry> => [
          { name: `good ${n}`, content: `good ${n}` },
          { name, content: "who knows", ...fields }
        ])
      )
      const reader = yield* ArchiveReader.ArchiveReader
      for (const location of yield* locations(made)) {
        const given: Array<string> = []
        const report = yield* forEach(location, (name) => Effect.sync(() => given.push(name)), { concurrency: 4 })
        assert.deepStrictEqual(
          report.refused.map(({ entry, error }) => [
            entry.name,
            error.reason._tag === "Unsupported" && error.reason.feature
          ]),
          Object.keys(other).map((name) => [name, /encryption/.test(name) ? "encryption" : name])
        )
        assert.deepStrictEqual(
          given,
          Object.keys(other).map((_, n) => `good ${n}`)
        )
        const selected = yield* forEach(location, () => Effect.void, {
          select: ({ refused }) => refused === undefined
        })
        assert.deepStrictEqual(selected, { ...report, refused: [] })
        assert.lengthOf(yield* reader.list(location), 12)
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is not in the report where its callback handles the error, or does not look", () =>
    Effect.gen(function* () {
      const location = { file: Extracting.fileOf(made) }
      const handled: Array<string> = []
      for (const use of [
        (name: string, content: Content) =>
          Effect.catchTag(read(content), "ArchiveError", () => Effect.sync(() => handled.push(name))),
        () => Effect.void
      ]) {
        const report = yield* forEach(location, use)
        assert.deepStrictEqual(
          report.refused.map(({ entry }) => entry.name),
          damaged.filter((name) => !name.endsWith("large") && !name.includes("large and"))
        )
      }
      assert.lengthOf(handled, 5)
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("fails all where another callback meets its error, or its own makes a defect of it", () =>
    Effect.gen(function* () {
      const location = { file: Extracting.fileOf(made) }
      const name = "a wrong checksum, large"
      let kept: Content | undefined
      const other = yield* Effect.exit(
        forEach(
          location,
          (it, content) => {
            if (it === name) {
              kept = content
              return Effect.never
            }
            return kept === undefined ? Effect.void : read(kept)
          },
          { concurrency: 2 }
        )
      )
      assert.strictEqual(reasonOf(other), "WrongContent")
      const defect = yield* Effect.exit(
        forEach(location, (it, content) => (it === name ? Effect.orDie(read(content)) : Effect.void))
      )
      assert(Exit.isFailure(defect) && Cause.hasDies(defect.cause))
    }).pipe(Effect.provide(Extracting.layer))
  )
})
