/** What is listed again, and what need not be: a bound never covers what no run has listed. */
import { assert, describe, it } from "@effect/vitest"
import type { AssetCatalog } from "@scenario-assets/core"
import { DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as SyncBounds from "../../src/sync/internal/SyncBounds.ts"

const account = { baseUrl: "https://api.emulator.test/v1", projectId: undefined }
const day = 86_400_000
const start = Date.UTC(2026, 0, 1)

const since = (at: number): AssetCatalog.Filter => ({ createdAfter: DateTime.makeUnsafe(at) })

/** Since when a complete run lists. */
const run = Effect.fnUntraced(function* (directory: string, filter: AssetCatalog.Filter) {
  const listing = yield* SyncBounds.begin({ directory, account, filter, indexed: 1, anew: false })
  yield* listing.complete(1)
  const { createdAfter } = listing.filter
  return createdAfter === undefined ? undefined : DateTime.toEpochMillis(createdAfter)
})

describe("SyncBounds", () => {
  it.effect("a later window that leaves a gap covers nothing of it", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      yield* TestClock.setTime(start + 10 * day)
      assert.strictEqual(yield* run(directory, since(start)), start)
      yield* TestClock.setTime(start + 100 * day)
      assert.strictEqual(yield* run(directory, since(start + 93 * day)), start + 93 * day)
      assert.strictEqual(yield* run(directory, since(start)), start + 9 * day)
    })
  )

  it.effect("a window that moves on goes on from what is known", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      yield* TestClock.setTime(start + 10 * day)
      yield* run(directory, since(start + 3 * day))
      yield* TestClock.setTime(start + 12 * day)
      assert.strictEqual(yield* run(directory, since(start + 5 * day)), start + 9 * day)
      assert.strictEqual(yield* run(directory, since(start + 3 * day)), start + 11 * day)
      assert.strictEqual(yield* run(directory, since(start)), start, "what is older was never listed")
      assert.strictEqual(yield* run(directory, {}), undefined)
      assert.strictEqual(yield* run(directory, since(start)), start + 11 * day, "now it was")
    })
  )
})
