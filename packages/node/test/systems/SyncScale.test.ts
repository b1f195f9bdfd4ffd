/** A catalogue of 20,000 assets: complete, by few requests, in a memory that does not grow with it. */
import { spawn } from "node:child_process"
import { readdirSync, rmSync } from "node:fs"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@scenario-assets/core/testing"
import { Effect } from "effect"
import * as EmulatedScenario from "../../../../test-support/EmulatedScenario.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

const syncer = fileURLToPath(new URL("../support/syncer.ts", import.meta.url))

/** What a process of its own says of a run. */
const run = Effect.fnUntraced(function* (directory: string) {
  const { config } = yield* Emulator.Emulator
  const said = yield* Effect.promise(() => {
    const args = ["--expose-gc", syncer, config.apiUrl, directory]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    return text(child.stdout)
  })
  return new Map(said.split("\n").map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]))
})

/** The first run of a project of so many assets, and the second one. */
const measure = (assetsPerInference: number) =>
  Effect.gen(function* () {
    const { catalogue, requests } = yield* Emulator.Emulator
    const directory = TestDirectory.make("scale")
    const first = yield* run(directory)
    const total = catalogue.assets.length
    assert.strictEqual(first.get("saved"), total)
    assert.lengthOf(
      readdirSync(directory).filter((name) => !/^\.|jsonl$/.test(name)),
      total
    )
    const listed = (yield* requests).filter(({ target }) => target === "listAssets").length
    assert.isAtMost(listed, Math.ceil(total / 100) + 1)
    const second = yield* run(directory)
    assert.strictEqual(second.get("saved"), 0)
    assert.isAtMost((yield* requests).filter(({ target }) => target === "listAssets").length - listed, 1)
    rmSync(directory, { recursive: true })
    return { total, memory: first.get("memory") ?? Number.NaN }
  }).pipe(Effect.provide(EmulatedScenario.layer({ catalogue: { inferencesPerModel: 20, assetsPerInference } })))

describe("Sync", () => {
  it.live(
    "of 20,000 assets is complete, and takes the memory of 2,000",
    () =>
      Effect.gen(function* () {
        const small = yield* measure(16)
        const large = yield* measure(158)
        console.log(
          `sync: ${small.total} assets in ${Math.round(small.memory / 1e6)} MB, ${large.total} in ${Math.round(large.memory / 1e6)} MB`
        )
        assert.isBelow(large.memory, small.memory * 1.2)
      }),
    1_800_000
  )
})
