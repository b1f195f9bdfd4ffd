import { assert, describe, it } from "@effect/vitest"
import { EntryFilter } from "@scenario-assets/node"
import { Effect } from "effect"

describe("EntryFilter", () => {
  const matches = (pattern: string, name: string) =>
    Effect.map(EntryFilter.make({ include: [pattern] }), (filter) => filter({ name }))

  it.effect("a star stays in its directory, two do not; a pattern without a slash is for the last part", () =>
    Effect.gen(function* () {
      const yes: ReadonlyArray<readonly [pattern: string, name: string]> = [
        ["*.png", "a.png"],
        ["*.png", "x/y/a.png"],
        ["*", ".hidden"],
        ["x/*.png", "x/a.png"],
        ["x/**", "x/y/a.png"],
        ["x/", "x/y/a.png"],
        ["**/y/*", "x/y/a.png"],
        ["**/a.png", "a.png"],
        ["{x,y}/*.{png,glb}", "y/a.glb"],
        ["castle (2).*", "castle (2).png"],
        ['say "*".png', 'say "hi".png'],
        ["!a*", "!ab"],
        ["[0-9]?.png", "12.png"],
        ["caf\u00e9*", "cafe\u0301.png"],
        ["x", "x/"],
        ["a\\*b", "a*b"],
        ["**/*.png", "x\ny/a cat\non a mat.png"],
        ["x/**", "x/a\r\nb/c"]
      ]
      const no: typeof yes = [
        ["*.png", "a.png.txt"],
        ["x/*.png", "x/y/a.png"],
        ["x/*.png", "z/x/a.png"],
        ["x/", "xy/a.png"],
        ["castle (2).*", "castle 2.png"],
        ["*.PNG", "a.png"],
        ["a\\*b", "axb"]
      ]
      for (const [pattern, name] of yes) assert.isTrue(yield* matches(pattern, name), `${pattern} ${name}`)
      for (const [pattern, name] of no) assert.isFalse(yield* matches(pattern, name), `${pattern} ${name}`)
    })
  )

  it.effect("what is excluded stays out; without a pattern to include, all else is wanted", () =>
    Effect.gen(function* () {
      const filter = yield* EntryFilter.make({ include: ["*.png", "*.glb"], exclude: ["a*"] })
      assert.deepStrictEqual(
        ["b.png", "a.png", "b.obj"].map((name) => filter({ name })),
        [true, false, false]
      )
      const others = yield* EntryFilter.make({ exclude: ["a*"] })
      assert.isTrue(others({ name: "b.obj" }))
    })
  )

  it.effect("a pattern that cannot be read is an error that names it", () =>
    Effect.gen(function* () {
      for (const pattern of ["", "a["]) {
        const error = yield* Effect.flip(EntryFilter.make({ exclude: [pattern] }))
        assert.strictEqual(error.pattern, pattern)
        assert.include(error.message, `${JSON.stringify(pattern)} is not a glob pattern: `)
      }
    })
  )
})
