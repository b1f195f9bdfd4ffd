import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as StateFile from "../../src/file/internal/StateFile.ts"

describe("StateFile", () => {
  it.live("is begun with one line and added to, and gives the newest first", () =>
    Effect.gen(function* () {
      const path = join(TestDirectory.make("state"), "state.jsonl")
      yield* Effect.scoped(Effect.flatMap(StateFile.open(path), ({ write }) => Effect.andThen(write("1"), write("2"))))
      assert.strictEqual(readFileSync(path, "utf8"), "1\n2\n")
      const { lines } = yield* StateFile.open(path)
      assert.deepStrictEqual(lines, ["", "2", "1"])
    })
  )

  it.live.runIf(existsSync("/dev/full"))("is begun anew once there is room, where there was none to begin it", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("state")
      const path = join(directory, "state.jsonl")
      const { write } = yield* StateFile.open(path)
      symlinkSync("/dev/full", `${path}.tmp`)
      assert.strictEqual((yield* Effect.flip(write("1"))).reason._tag, "NoSpace")
      assert.deepStrictEqual(readdirSync(directory), [])
      yield* write("2")
      yield* write("3")
      assert.strictEqual(readFileSync(path, "utf8"), "2\n3\n")
      assert.deepStrictEqual(readdirSync(directory), ["state.jsonl"])
    })
  )
})
