/**
 * Archives whose names meet, in one directory, in any order, by runs that are killed anywhere: whatever has been extracted once
 * is found by every later run. `CASES=1000` makes more of them, `SEED` others.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { crc32 } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import type { Extraction } from "@scenario-assets/node"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import { type Random, randomOf } from "../../../../test-support/ZipMutator.ts"
import * as EntryPath from "../../src/archive/internal/EntryPath.ts"
import * as Extracting from "../support/Extracting.ts"

const count = Number(process.env["CASES"] ?? 15)
const seed = Number(process.env["SEED"] ?? 1)

/** Names that are one for some system, that look like numbered ones, and that are a file here and a directory there. */
const names = [
  ["a.png", "a.png", "a.png", "A.png", "a (2).png", "a (3).png", "a?.png", "a*.png"],
  ["d", "d/a.png", "D/a.png", "d/b", "d (2)/a.png", "d (2)", "d/e/f", "D/E/F"],
  ["é", "e\u0301", "x".repeat(300), "x".repeat(239), `${"x".repeat(235)} (2)`]
].flat()
/** Some have the same size. */
const contents = ["", "x", "y", "z", "another"]

const pick = <A>(all: ReadonlyArray<A>, random: Random): A => {
  const found = all[random(all.length)]
  assert(found !== undefined)
  return found
}

const shuffled = <A>(all: ReadonlyArray<A>, random: Random): ReadonlyArray<A> =>
  all
    .map((one) => [random(1_000_000), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one)

/** Up to four archives of up to six files, no name twice in one. */
const archivesOf = (random: Random): ReadonlyArray<string> =>
  Array.from({ length: 1 + random(4) }, () => {
    const files = new Map(Array.from({ length: 1 + random(6) }, () => [pick(names, random), pick(contents, random)]))
    return Extracting.fileOf(ZipMaker.make(Extracting.entriesOf(Object.fromEntries(files))))
  })

/** Files that somebody else has put there. */
const putOthers = (directory: string, random: Random): ReadonlySet<string> => {
  const paths = new Set(
    Array.from({ length: random(3) }, () => pick(["a.png", "a (2).png", "D/a.png", "d (3)"], random))
  )
  for (const path of paths) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), pick(contents, random))
  }
  return paths
}

/** Extracts all, and gives what is there and what of it was written. */
const runAll = Effect.fnUntraced(function* (archives: ReadonlyArray<string>, directory: string) {
  const files: Array<Extraction.ExtractedFile> = []
  for (const file of archives) {
    const outcome = yield* Extracting.run({ file }, directory)
    const told = outcome.events.flatMap((event) => (event._tag === "Extracted" ? event.files : []))
    assert.strictEqual(told.length, Extracting.extracted(outcome).files)
    files.push(...told)
  }
  for (const { entry, path } of files) {
    const content = readFileSync(join(directory, path))
    assert.deepStrictEqual([content.length, crc32(content)], [entry.size, entry.crc32], path)
  }
  return { files, written: new Set(files.filter(({ alreadyThere }) => !alreadyThere).map(({ path }) => path)) }
})

/** For each content, how many names it has in the archives: so many files of it there may be. */
const namesOf = (files: ReadonlyArray<Extraction.ExtractedFile>): ReadonlyMap<number, number> => {
  const names = new Map<number, Set<string>>()
  for (const { entry } of files) {
    const { segments } = EntryPath.of(entry)
    names.set(entry.crc32, (names.get(entry.crc32) ?? new Set()).add(EntryPath.fold(segments.join("/"))))
  }
  return new Map([...names].map(([sum, { size }]) => [sum, size]))
}

describe("Archives whose names meet", () => {
  it.live(
    `are found by every later run, whatever came first and was cut short (${count} cases from the seed ${seed})`,
    () =>
      Effect.gen(function* () {
        const random = randomOf(seed)
        for (let n = 0; n < count; n++) {
          const what = `case ${n}`
          const directory = TestDirectory.make("stable")
          const archives = archivesOf(random)
          const others = putOthers(directory, random)
          // Runs that were killed: of what they would have written, some is there.
          for (let killed = random(3); killed > 0; killed--) {
            const { written } = yield* runAll(shuffled(archives, random).slice(random(archives.length)), directory)
            for (const path of written) if (random(2) === 0) rmSync(join(directory, path))
          }
          const whole = yield* runAll(shuffled(archives, random), directory)
          const tree = Extracting.tree(directory)
          for (const [sum, most] of namesOf(whole.files)) {
            const found = Object.entries(tree).filter(
              ([path, content]) => !path.endsWith("/") && !others.has(path) && crc32(content) === sum
            )
            assert.isAtMost(found.length, most, `${what}: ${found.join(" ")}`)
          }
          for (let later = 0; later < 3; later++) {
            const { written } = yield* runAll(shuffled(archives, random), directory)
            assert.deepStrictEqual([...written], [], what)
            assert.deepStrictEqual(Extracting.tree(directory), tree, what)
          }
          assert.notInclude(readdirSync(directory), ".scenario-assets")
          rmSync(directory, { recursive: true })
        }
      }).pipe(Effect.provide(Extracting.layer)),
    180_000 + 500 * count
  )
})
