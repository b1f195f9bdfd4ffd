/** What an extraction would do, and that it does so. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { type ArchiveReader, Extraction } from "@scenario-assets/node"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"

const archiveOf = (files: Readonly<Record<string, string>>): ArchiveReader.ArchiveLocation => ({
  file: Extracting.fileOf(ZipMaker.make(Extracting.entriesOf(files)))
})

const previewOf = (
  locations: ReadonlyArray<ArchiveReader.ArchiveLocation>,
  directory: string,
  options?: Extraction.Options
) => Effect.flatMap(Extraction.Extraction, ({ preview }) => preview(locations, directory, options))

const brief = ({ archives }: Extraction.Preview) =>
  archives.map(({ files }) =>
    files.map(({ action, entry, path, why }) => [action, entry.name, path, why.join(", ")].join(" | "))
  )

describe("A preview", () => {
  it.live("says what would be written, and writes nothing; an extraction then does just that", () =>
    Effect.gen(function* () {
      const locations = [
        archiveOf({ "a.png": "first", "d/x?.png": "second" }),
        archiveOf({ "a.png": "third", "d/y.png": "fourth" })
      ]
      const directory = join(TestDirectory.make(), "new", "directory")
      const before = yield* previewOf(locations, directory)
      assert.deepStrictEqual(brief(before), [
        ["write | a.png | a.png | ", "write | d/x?.png | d/x_.png | forbidden characters"],
        ["write | a.png | a (2).png | taken", "write | d/y.png | d/y.png | "]
      ])
      assert.strictEqual(before.bytesToWrite, 22)
      assert.isAbove(before.free, 22)
      assert.isTrue(before.archives.every(({ bytesToRead }) => bytesToRead > 11))
      assert.isFalse(existsSync(join(directory, "..")))

      for (const location of locations) Extracting.extracted(yield* Extracting.run(location, directory))
      // One by one: the second archive finds another file in its way.
      const after = yield* previewOf(locations, directory)
      assert.deepStrictEqual(
        after.archives.flatMap(({ files }) => files.map(({ action, path }) => [action, path])),
        [
          ["skip", "a.png"],
          ["skip", "d/x_.png"],
          ["skip", "a (2).png"],
          ["skip", "d/y.png"]
        ]
      )
      assert.deepStrictEqual([after.bytesToWrite, after.archives.map(({ bytesToRead }) => bytesToRead)], [0, [0, 0]])
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("tells what is kept beside another file, what is replaced, and what is not wanted", () =>
    Effect.gen(function* () {
      const location = archiveOf({ "d/a.png": "new", "d/b.txt": "text", "same.png": "same" })
      const directory = TestDirectory.make()
      mkdirSync(join(directory, "d"))
      writeFileSync(join(directory, "d", "a.png"), "mine")
      writeFileSync(join(directory, "same.png"), "same")
      const before = Extracting.tree(directory)
      const select: Extraction.Options["select"] = ({ name }) => name.endsWith(".png")
      const keep = yield* previewOf([location], directory, { select })
      const replace = yield* previewOf([location], directory, { select, ifDiffers: "replace" })
      const there = "skip | same.png | same.png | "
      assert.deepStrictEqual(brief(keep), [["write | d/a.png | d/a (2).png | other content there", there]])
      assert.deepStrictEqual(brief(replace), [["replace | d/a.png | d/a.png | ", there]])
      assert.deepStrictEqual(Extracting.tree(directory), before)
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("tells what would be left out", () =>
    Effect.gen(function* () {
      const location = archiveOf({ "../up.png": "x", "a.png": "a", "d/../../b.png": "b" })
      const preview = yield* previewOf([location], TestDirectory.make())
      assert.deepStrictEqual(brief(preview), [["write | a.png | a.png | "]])
      assert.deepStrictEqual(
        preview.archives.flatMap(({ refused }) => refused.map(({ entry, error }) => [entry.name, error.reason._tag])),
        [
          ["../up.png", "UnsafeName"],
          ["d/../../b.png", "UnsafeName"]
        ]
      )
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("fails where the extraction would", () =>
    Effect.gen(function* () {
      const file = join(TestDirectory.make(), "file")
      writeFileSync(file, "")
      const error = yield* Effect.flip(previewOf([archiveOf({ "a.png": "x" })], file))
      assert.deepInclude(error, { _tag: "FileError" })
      assert(error._tag === "FileError")
      assert.strictEqual(error.reason._tag, "NotADirectory")
    }).pipe(Effect.provide(Extracting.layer))
  )
})
