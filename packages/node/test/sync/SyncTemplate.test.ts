/** Names of files from templates: safe whatever people have written into a prompt. */
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetRecord } from "@scenario-assets/core"
import { SyncTemplate } from "@scenario-assets/node"
import { DateTime, Effect } from "effect"

const record = (more: Partial<AssetRecord.AssetRecord> = {}) =>
  new AssetRecord.AssetRecord({
    id: Asset.AssetId.make("asset_a"),
    kind: "image",
    createdAt: DateTime.makeUnsafe("2026-11-01T12:00:00Z"),
    prompt: "a cat",
    seed: "7",
    tags: [],
    collectionIds: [],
    details: {},
    ...more
  })

const pathOf = (template: string, of: AssetRecord.AssetRecord, collection?: string) =>
  Effect.map(SyncTemplate.make(template), ({ path }) => path(of, { extension: "png", collection }))

describe("SyncTemplate", () => {
  it.effect.each<[template: string, of: AssetRecord.AssetRecord, path: string]>([
    [SyncTemplate.defaultTemplate, record(), "2026-11-01 a cat asset_a.png"],
    ["{collection}/{prompt}.{ext}", record(), "a cat.png"],
    ["{prompt}.{ext}", record({ prompt: "../../etc/passwd" }), "_.._.._etc_passwd.png"],
    ["{prompt}.{ext}", record({ prompt: "..\\..\\x" }), "_.._.._x.png"],
    ["{prompt}/{seed}.{ext}", record({ prompt: ".." }), "7.png"],
    ["{prompt}/{seed}.{ext}", record({ prompt: ".ssh" }), "_.ssh/7.png"],
    ["{prompt}.{ext}", record({ prompt: undefined }), "asset_a.png"],
    ["{prompt} {seed}.{ext}", record({ seed: undefined }), "a cat.png"],
    ["{prompt}.{ext}", record({ prompt: "line\nbreak\u202e" }), "line_break.png"],
    ["{prompt}.{ext}", record({ prompt: "x".repeat(5000) }), `${"x".repeat(80)}.png`],
    ["{kind}/{date}/{id}.{ext}", record(), "image/2026-11-01/asset_a.png"]
  ])("%s", ([template, of, path]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* pathOf(template, of), path)
    })
  )

  it.effect.each<[template: string, why: string]>([
    ["{title}", "{title}, which is no field"],
    ["pictures.{ext}", "the same name"],
    ["{kind}.{ext}", "the same name"],
    ["{prompt}/", "no path of a file"],
    ["/{prompt}", "no path of a file"],
    ["../{prompt}", "no path of a file"],
    ["{prompt", "the same name"],
    ["{prompt}}", "no path of a file"],
    ["", "the same name"]
  ])("refuses %j", ([template, why]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(SyncTemplate.make(template))
      assert.include(error.message, why)
    })
  )
})
