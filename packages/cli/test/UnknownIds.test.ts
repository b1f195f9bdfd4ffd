/** Ids that Scenario does not know, among others that it does. */
import { existsSync, readdirSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

describe.concurrent("ids that do not exist", () => {
  it.live("are named, and all others come: the run is done", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const known = emulated.emulator.catalogue.assets.slice(0, 5).map(({ id }): string => id)
      const args = ["download", ...known, "asset_wrong1", "asset_wrong2", "-o", "r"]
      const { code, stderr, stdout } = yield* emulated.run([...args, "--json"])
      assert.strictEqual(code, 6, stderr)
      assert.include(stderr, "2 ids do not exist in this project: asset_wrong1, asset_wrong2")
      assert.include(stderr, "Check the ids, and the project; all others were downloaded.")
      assert.deepInclude(Binary.events(stdout, "idsNotFound")[0], { batch: 1, ids: ["asset_wrong1", "asset_wrong2"] })
      assert.deepInclude(Binary.lastLine(stdout), { type: "error", error: "IdsNotFound", exitCode: 6 })
      assert.lengthOf(yield* emulated.requests("requestBatch"), 2)
      yield* emulated.run(["download", ...known, "-o", "s"])
      assert.strictEqual(filesIn(path.join(emulated.directory, "r")), filesIn(path.join(emulated.directory, "s")))

      const runs = yield* emulated.run(["runs"])
      assert.match(runs.stdout, /\tdone\t.*\tids that do not exist in this project: 2, such as asset_wrong1\n/)
    })
  )

  it.live("alone are an error, and so are those of an archive and of a run that is not waited for", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const [known = ""] = emulated.emulator.catalogue.assets.map(({ id }): string => id)
      const none = yield* emulated.run(["download", "asset_wrong", "-o", "none"])
      assert.strictEqual(none.code, 6, none.stderr)
      assert.include(none.stderr, "warning: 1 id does not exist in this project: asset_wrong")
      const kept = yield* emulated.run(["download", known, "asset_wrong", "--archive", "all.zip"])
      assert.strictEqual(kept.code, 6, kept.stderr)
      assert.isTrue(existsSync(path.join(emulated.directory, "all.zip")))
      const begun = yield* emulated.run(["download", known, "asset_wrong", "-o", "later", "--detach"])
      assert.strictEqual(begun.code, 6, begun.stderr)
      const run = /To download the files: scenario-assets (.*)\n/.exec(begun.stderr)?.[1] ?? "?"
      const later = yield* emulated.run(run.split(" "))
      assert.strictEqual(later.code, 6, later.stderr)
      assert.isAtLeast(filesIn(path.join(emulated.directory, "later")), 1)
      assert.lengthOf(
        yield* emulated.requests("requestBatch"),
        5,
        "a refused one and a job each, and none for what is detached"
      )
    })
  )

  it.live("of a model: the other models come, in archives of their own where they are kept", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const models = emulated.emulator.catalogue.models.flatMap(({ id }) => (/^model_\w{24}$/.test(id) ? [id] : []))
      const args = ["download", ...models, "model_wrong"]
      const { code, stderr } = yield* emulated.run([...args, "-o", "r"])
      assert.strictEqual(code, 6, stderr)
      assert.include(stderr, "1 id does not exist in this project: model_wrong")
      const kept = yield* emulated.run([...args, "--archive", "all.zip"])
      assert.strictEqual(kept.code, 6, kept.stderr)
      const archives = readdirSync(emulated.directory).filter((name) => name.endsWith(".zip"))
      assert.isAtLeast(archives.length, 2)
      const extracted = yield* emulated.run(["extract", ...archives, "-o", "s"])
      assert.strictEqual(extracted.code, 0, extracted.stderr)
      assert.strictEqual(filesIn(path.join(emulated.directory, "s")), filesIn(path.join(emulated.directory, "r")))
    })
  )

  it.live("in a wrong project: one request, however many ids", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ projectId: "proj_right" })
      const ids = Array.from({ length: 5000 }, (_, index) => `asset_${index}`)
      const { code, stderr } = yield* emulated.run(["download", "-", "--project", "proj_wrong", "-o", "r"], {
        stdin: ids.join("\n")
      })
      assert.strictEqual(code, 4, stderr)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
    })
  )
})
