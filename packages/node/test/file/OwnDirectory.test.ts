import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import { FileError } from "../../src/file/FileError.ts"
import * as OwnDirectory from "../../src/file/internal/OwnDirectory.ts"

const placeOf = () => {
  const parent = TestDirectory.make("own")
  return { parent, path: join(parent, "a.scenario-assets") }
}

describe("A directory of our own", () => {
  it.live("is gone in the end, and stays with what a run leaves, which the next one finds", () =>
    Effect.gen(function* () {
      const { parent, path } = placeOf()
      yield* Effect.scoped(OwnDirectory.open(path, "a"))
      assert.deepStrictEqual(readdirSync(parent), [])
      yield* Effect.scoped(
        Effect.map(OwnDirectory.open(path, "a"), (own) => writeFileSync(join(own.path, "left"), "something"))
      )
      yield* Effect.scoped(
        Effect.map(OwnDirectory.open(path, "a"), (own) => {
          assert.isTrue(own.isCertain)
          assert.strictEqual(readFileSync(join(own.path, "left"), "utf8"), "something")
        })
      )
      assert.lengthOf(readdirSync(path), 1)
    })
  )

  it.live.each([
    ["z".repeat(239), `${"z".repeat(239)}.scenario-assets`],
    ["z".repeat(240), /^z{110}-[0-9a-f]{16}\.scenario-assets$/],
    ["é".repeat(127), /^é{55}-[0-9a-f]{16}\.scenario-assets$/],
    [`${"z".repeat(109)}${"🧊".repeat(36)}`, /^z{109}-[0-9a-f]{16}\.scenario-assets$/]
  ] as const)("has a shorter name beside a file whose own name is long: %s", ([name, expected]) =>
    Effect.gen(function* () {
      const parent = TestDirectory.make("own")
      const names = yield* Effect.scoped(
        Effect.map(OwnDirectory.openBeside(join(parent, name)), () => readdirSync(parent))
      )
      assert.lengthOf(names, 1)
      assert.match(names[0] ?? "", expected instanceof RegExp ? expected : new RegExp(`^${expected}$`))
      assert.deepStrictEqual(readdirSync(parent), [])
    })
  )

  it.live("gives nothing more to one that was suspended, and taken for gone", () =>
    Effect.gen(function* () {
      const { parent, path } = placeOf()
      const [first, second] = [yield* Scope.make(), yield* Scope.make()]
      const before = yield* Scope.provide(OwnDirectory.open(path, "a"), first)
      writeFileSync(join(before.path, "left"), "something")
      const missing = FileError.fromSystem("write", before.path, { code: "ENOENT" })
      assert.strictEqual(yield* Effect.flip(before.explain(missing)), missing)

      const lock = join(path, "lock")
      writeFileSync(lock, JSON.stringify({ host: "elsewhere.test", pid: 1, token: "0123456789abcdef" }))
      utimesSync(lock, 1, 1)
      const after = yield* Scope.provide(OwnDirectory.open(path, "a"), second)
      assert.isFalse(after.isCertain)
      assert.isFalse(existsSync(before.path))
      assert.isTrue(existsSync(join(after.path, "left")))
      assert.strictEqual((yield* Effect.flip(before.explain(missing))).reason._tag, "Locked")
      yield* Scope.close(first, Exit.void)
      assert.isTrue(existsSync(join(after.path, "left")))
      assert.isTrue(existsSync(lock))
      writeFileSync(join(path, "lock.next"), "left by one that was killed")
      yield* Scope.close(second, Exit.void)
      assert.deepStrictEqual(readdirSync(parent), ["a.scenario-assets"])
      assert.lengthOf(readdirSync(path), 1)
    })
  )

  it.live("is one run's at a time, however often it comes and goes", () =>
    Effect.gen(function* () {
      const { parent, path } = placeOf()
      let inside = 0
      let entered = 0
      const visit = OwnDirectory.open(path, "a").pipe(
        Effect.andThen(
          Effect.sync(() => {
            entered++
            assert.strictEqual(++inside, 1)
          })
        ),
        Effect.andThen(Effect.yieldNow),
        Effect.andThen(Effect.sync(() => void inside--)),
        Effect.scoped,
        Effect.catch((error) => Effect.sync(() => assert.strictEqual(error.reason._tag, "Locked", error.message)))
      )
      yield* Effect.all(
        Array.from({ length: 8 }, () => Effect.repeat(visit, { times: 40 })),
        { concurrency: 8 }
      )
      assert.isAbove(entered, 20)
      assert.deepStrictEqual(readdirSync(parent), [])
    })
  )

  it.live("is made where an empty one is, and not where something else is", () =>
    Effect.gen(function* () {
      const { path } = placeOf()
      mkdirSync(path)
      yield* Effect.scoped(OwnDirectory.open(path, "a"))
      mkdirSync(path)
      writeFileSync(join(path, "mine"), "")
      assert.strictEqual((yield* Effect.flip(Effect.scoped(OwnDirectory.open(path, "a")))).reason._tag, "NotOurs")
      assert.deepStrictEqual(readdirSync(path), ["mine"])
    })
  )
})
