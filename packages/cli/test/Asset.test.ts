import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const idsOf = ({ emulator }: Emulated.Emulated, kind: "image" | "3d") =>
  emulator.catalogue.assets.filter((asset) => asset.kind === kind).map((asset) => asset.id)

/** The first bytes of a PNG. */
const beginning = "\u0089PNG\r\n"

describe.concurrent("asset", () => {
  it.live("saves assets in their own formats, with the extension of the content type", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const [image, landscape] = [idsOf(emulated, "image")[0], idsOf(emulated, "3d")[0]]
      const args = ["asset", String(image), String(landscape), String(image), "-o", "assets"]
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      const expected = [`assets/${image}.png`, `assets/${landscape}.obj`]
      assert.deepStrictEqual(stdout.trim().split("\n").toSorted(), expected.toSorted())
      assert.match(stderr, /^2 assets, [\d.]+ kB\n$/)
      const png = readFileSync(path.join(emulated.directory, "assets", `${image}.png`), "latin1")
      assert.isTrue(png.startsWith(beginning))
      assert.strictEqual((yield* emulated.requests("request")).length, 2, "each once")
    })
  )

  it.live("converts to the format asked for", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const [first, second] = idsOf(emulated, "image")
      const args = ["asset", String(first), String(second), "--format", "png", "--json"]
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      const { assets } = Binary.lastLine(stdout) as { readonly assets: ReadonlyArray<object> }
      for (const [index, assetId] of [first, second].entries()) {
        const file = `${assetId}.png`
        assert.deepInclude(assets[index], { assetId, path: file })
        assert.isTrue(readFileSync(path.join(emulated.directory, file), "latin1").startsWith(beginning))
      }
    })
  )

  it.live("a format the asset cannot have: what the server said, and the way out; the others are saved", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const [image, landscape] = [String(idsOf(emulated, "image")[0]), String(idsOf(emulated, "3d")[0])]
      const { code, stderr, stdout } = yield* emulated.run(["asset", landscape, image, "--format", "png"])
      assert.deepStrictEqual([code, stdout], [1, `${image}.png\n`])
      assert.include(stderr, `: Scenario refused the request for asset ${landscape} (400); --verbose shows the answer`)
      assert.include(stderr, "\nscenario-assets: 1 of 2 assets could not be downloaded\n")
      assert.include(stderr, "\nOmit --format for the asset's own format.\n")
    })
  )

  it.live("leaves nothing of an asset that is unknown", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { code } = yield* emulated.run(["asset", "asset_nobody"])
      assert.strictEqual(code, 6)
      assert.deepStrictEqual(readdirSync(emulated.directory), [])
    })
  )

  it.live("replaces a file that is there only with --force", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const [image] = idsOf(emulated, "image")
      const file = path.join(emulated.directory, `${image}.png`)
      writeFileSync(file, "mine")
      const args = ["asset", String(image)]
      for (const format of [[], ["--format", "png"]]) {
        const refused = yield* emulated.run([...args, ...format])
        assert.deepStrictEqual([refused.code, refused.stdout], [8, ""])
        assert.match(refused.stderr, /\.png: it already exists \(EEXIST\)[^]*\nTo replace it: --force\n/)
        assert.strictEqual(readFileSync(file, "utf8"), "mine")
      }
      const forced = yield* emulated.run([...args, "--force"])
      assert.deepStrictEqual([forced.code, forced.stdout], [0, `${image}.png\n`], forced.stderr)
      assert.isTrue(readFileSync(file, "latin1").startsWith(beginning))
      assert.deepStrictEqual(readdirSync(emulated.directory), [`${image}.png`])
    })
  )
})
