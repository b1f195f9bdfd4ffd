/**
 * Archives with errors of all kinds are extracted: none of them makes the program fail in a way of its own, hang, leave the
 * directory, or show a file that is not what the archive says. `MUTATIONS=100000` makes more of them, `SEED` others.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import { mutate, randomOf } from "../../../../test-support/ZipMutator.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"

const count = Number(process.env["MUTATIONS"] ?? 60)
const seed = Number(process.env["SEED"] ?? 1)

const text = "a cat on a mat ".repeat(20)
const seeds: ReadonlyArray<ZipMaker.Made> = [
  ZipMaker.make([{ name: "a.txt", content: text }, { name: "d/" }, { name: "d/é 猫.txt", content: text, method: 8 }]),
  ZipMaker.make([
    { name: "A", content: text, method: 8, descriptor: "signed" },
    { name: "B/C", content: text, method: 8, zip64: true, descriptor: "signed64" },
    { name: "noise", content: Extracting.noise(3000), method: 8 }
  ]),
  // Larger than what is inflated whole.
  ZipMaker.make([
    { name: "small", content: text, method: 8 },
    { name: "large", content: Extracting.noise(1_200_000), method: 8 },
    { name: "stored", content: Extracting.noise(1_100_000, 2) }
  ])
]

describe("Damaged archives", () => {
  it.live(
    `are extracted as far as they are right (${count} from the seed ${seed})`,
    () =>
      Effect.gen(function* () {
        const random = randomOf(seed)
        const host = yield* RangeHost.make(new Uint8Array(0))
        const outside = TestDirectory.make("fuzz")
        const directory = join(outside, "in", "here")
        const archive = join(TestDirectory.make("mutated"), "archive.zip")
        const counts = { whole: 0, partly: 0, failed: 0 }
        for (let n = 0; n < count; n++) {
          // The large ones take longer.
          const made = seeds[n % 20 === 0 ? 2 : random(2)]
          assert(made !== undefined)
          const bytes = mutate(made, random)
          mkdirSync(directory, { recursive: true })
          const remote = random(4) === 0
          if (remote) {
            host.object = bytes
            host.etag = `"${n}"`
          } else writeFileSync(archive, bytes)
          const outcome = yield* Extracting.run(
            remote ? { name: "mutated", source: host.source } : { file: archive },
            directory
          )
          const told = yield* assertTrue(outcome, directory)
          assert.deepStrictEqual(readdirSync(outside), ["in"], `mutation ${n}`)
          assert.deepStrictEqual(readdirSync(join(outside, "in")), ["here"], `mutation ${n}`)
          if (Exit.isSuccess(outcome.exit)) counts.whole++
          else if (told > 0) counts.partly++
          else counts.failed++
          rmSync(directory, { recursive: true })
        }
        assert.isAbove(Math.min(counts.whole, counts.partly, counts.failed), 0, JSON.stringify(counts))
      }).pipe(Effect.provide(Extracting.layer), Effect.scoped),
    180_000 + 50 * count
  )
})

/** What is there was told of and is what its entry says; and what failed has a reason. Gives how many files there are. */
const assertTrue = (outcome: Extracting.Outcome, directory: string) =>
  Effect.sync(() => {
    const { events, exit } = outcome
    if (Exit.isFailure(exit)) assert(Cause.findErrorOption(exit.cause)._tag === "Some", Cause.pretty(exit.cause))
    const told = events.flatMap((event) => (event._tag === "Extracted" ? event.files : []))
    for (const { entry, path } of told) {
      if (entry.isDirectory) continue
      const content = readFileSync(join(directory, path))
      assert.deepStrictEqual([content.length, crc32(content)], [entry.size, entry.crc32], path)
    }
    const paths = new Set(told.map(({ path }) => path))
    for (const [path, content] of Object.entries(Extracting.tree(directory))) {
      assert.isFalse(content.startsWith("->"), path)
      assert(path.endsWith("/") || paths.has(path), `${path} is there and nobody told of it`)
    }
    return told.length
  })
