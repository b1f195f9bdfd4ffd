/** A directory in step with the catalogue, by the command line; and the page that shows it. `KILLS=20` kills a run more often. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Binary from "./support/Binary.ts"
import * as CommandLines from "./support/CommandLines.ts"
import * as Emulated from "./support/Emulated.ts"

const kills = Number(process.env["KILLS"] ?? 2)

const lines = (text: string) => text.split("\n").filter((line) => line !== "")

const indexOf = (directory: string) =>
  lines(readFileSync(path.join(directory, "scenario-assets.jsonl"), "utf8")).map(
    (line): { readonly id: string; readonly path: string } => JSON.parse(line)
  )

const assertWhole = (directory: string, ids: ReadonlyArray<string>) => {
  const index = indexOf(directory)
  assert.deepStrictEqual(new Set(index.map(({ id }) => id)), new Set(ids))
  assert.lengthOf(index, ids.length, "each once")
  const files = readdirSync(directory).filter((name) => !/^\.|^scenario-assets\.jsonl$/.test(name))
  assert.deepStrictEqual(new Set(files), new Set(index.map(({ path }) => path)))
}

describe.concurrent("sync", () => {
  it.live("downloads everything, then nothing, then what is new; says what it would do; writes what is known", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { catalogue } = emulated.emulator
      const all = catalogue.assets.map(({ id }) => id)
      const plan = yield* emulated.run(["sync", "r", "--dry-run", "--json"])
      assert.deepInclude(Binary.lastLine(plan.stdout), { dryRun: true, assets: all.length, fits: true })
      assert.isFalse(existsSync(path.join(emulated.directory, "r")))

      const first = yield* emulated.run(["sync", "r", "--metadata", "known.csv"])
      assert.deepStrictEqual([first.code, first.stdout], [0, "r\n"], first.stderr)
      assertWhole(path.join(emulated.directory, "r"), all)
      const table = readFileSync(path.join(emulated.directory, "known.csv"), "utf8")
      for (const { id, path: name } of indexOf(path.join(emulated.directory, "r")))
        assert.include(table, `${id},`, name)
      const fetched = (yield* emulated.requests("storage")).length

      const second = yield* emulated.run(["sync", "r"])
      assert.match(second.stderr, new RegExp(`Nothing new in \\S+; ${all.length} assets in the index`))
      const added = catalogue.add({ modelId: catalogue.assets[0]?.modelId ?? assert.fail(), createdAt: Date.now() })
      const third = yield* emulated.run(["sync", "r", "--json"])
      assert.deepInclude(Binary.lastLine(third.stdout), { type: "result", saved: 1, assets: all.length + 1 })
      assert.include(third.stdout, `"type":"fetching","assetId":"${added.id}"`)
      assert.lengthOf(yield* emulated.requests("storage"), fetched + 1)
      assert.isEmpty(yield* emulated.requests("requestBatch"), "no job is begun")
    })
  )

  it.live("what fails is told, the others come, and the next run brings the rest", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { catalogue, clearFaults, inject } = emulated.emulator
      yield* inject(Fault.status("storage", 404, { times: 2 }))
      const { code, stderr, stdout } = yield* emulated.run(["sync", "r", "--json"])
      assert.strictEqual(code, 6, stderr)
      const count = catalogue.assets.length
      assert.include(stderr, `2 of ${count} assets could not be downloaded; the next run tries them again`)
      assert.deepInclude(Binary.lastLine(stdout), { type: "error", saved: count - 2 })
      yield* clearFaults
      const again = yield* emulated.run(["sync", "r", "--json"])
      assert.deepInclude(Binary.lastLine(again.stdout), { saved: 2, assets: count })
    })
  )

  it.live("killed again and again it is whole in the end, each file once", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { catalogue, inject, clearFaults } = emulated.emulator
      yield* inject(Fault.delay("storage", "20 millis", { times: "always" }))
      const directory = path.join(emulated.directory, "r")
      for (let n = 1; n <= kills; n++) {
        const running = yield* emulated.start(["sync", "r", "--json", "--concurrency", "3"])
        yield* running.until(
          "stdout",
          new RegExp(`(?:"type":"(?:completed|fetching)".*\\n[^]*){${1 + ((n * 7) % 11)}}|"type":"result"`)
        )
        yield* running.kill("SIGKILL")
        yield* running.ended
      }
      yield* clearFaults
      const last = yield* emulated.run(["sync", "r"])
      assert.strictEqual(last.code, 0, last.stderr)
      assertWhole(
        directory,
        catalogue.assets.map(({ id }) => id)
      )
    })
  )

  it.live(
    "is a run like others: listed, shown, resumed after a kill, done in the end, and the same one the next time",
    () =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make()
        const { catalogue, clearFaults, inject } = emulated.emulator
        yield* inject(Fault.stall("storage", 10, { times: "always" }))
        const args = ["sync", "r", "--kind", "image", "--names", "{id}.{ext}", "--metadata", "known.csv"]
        const running = yield* emulated.start([...args, "--json"])
        yield* running.until("stdout", /"type":"opened"/)
        yield* running.kill("SIGINT")
        const interrupted = yield* running.ended
        const [run] = Binary.events(interrupted.stdout, "run")
        const runId = String(run?.["runId"])
        assert.include(interrupted.stderr, `To resume: scenario-assets runs resume ${runId}`)
        yield* clearFaults

        const [listed, shown, ...refused] = yield* CommandLines.run(
          [["runs"], ["runs", "show", runId], ["status", runId], ["wait", runId], ["list", runId]],
          { env: emulated.env }
        )
        assert.match(listed?.stdout ?? "", new RegExp(`^${runId}\tinterrupted\t\\S+\tsync\t\\d*\t\\S+/r\t\n$`))
        assert.match(shown?.stdout ?? "", /Wanted: +sync: --kind image\n/)
        assert.match(shown?.stdout ?? "", /Flags: +--names '\{id\}\.\{ext\}' --metadata \S+known\.csv\n/)
        for (const { code, stderr } of refused) {
          assert.strictEqual(code, 2, stderr)
          assert.include(stderr, `${runId} is a run of sync, which starts no jobs`)
        }

        const resumed = yield* emulated.run(["runs", "resume", runId])
        assert.deepStrictEqual([resumed.code, resumed.stdout.endsWith("/r\n")], [0, true], resumed.stderr)
        const pictures = catalogue.assets.filter(({ kind }) => kind.startsWith("image")).map(({ id }) => id)
        assertWhole(path.join(emulated.directory, "r"), pictures)
        assert.isTrue(existsSync(path.join(emulated.directory, "known.csv")))
        const done = yield* emulated.run(["runs", "show", runId, "--json"])
        assert.deepInclude(Binary.lastLine(done.stdout), { state: "done", files: pictures.length, resume: null })

        const again = yield* emulated.run([...args, "--json"])
        assert.deepInclude(Binary.events(again.stdout, "run")[0], { runId })
        const other = yield* emulated.run(["sync", "r", "--kind", "image", "--names", "{id}.{ext}", "--since", "1h"])
        assert.include(other.stderr, "Nothing new")
        const all = yield* emulated.run(["runs"])
        assert.lengthOf(lines(all.stdout), 1, "what found nothing new leaves nothing behind")
        assert.include(all.stdout, `${runId}\tdone\t`)
      })
  )

  it.live("goes on where no run can be recorded, and says so", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const file = path.join(emulated.directory, "file")
      writeFileSync(file, "")
      const { code, stderr } = yield* emulated.run(["sync", "r", "--kind", "3d"], { env: { XDG_STATE_HOME: file } })
      assert.strictEqual(code, 0, stderr)
      assert.match(stderr, /warning: this run will not be listed/)
    })
  )

  it.live("--watch goes on through an outage and rejected credentials, until it is terminated", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { catalogue, clearFaults, inject } = emulated.emulator
      const running = yield* emulated.start(["sync", "r", "--kind", "video", "--watch", "200ms", "--json"])
      yield* running.until("stdout", /"type":"synced"/)
      yield* inject(Fault.status("listAssets", 401, { times: 2 }))
      // Each time: whoever reads the log wants to know how long it lasted.
      yield* running.until("stderr", /(?:warning: .*listAssets.*\(401\)[^]*){2}/)
      yield* clearFaults
      const video = catalogue.assets.find(({ kind }) => kind === "video")
      const added = catalogue.add({ modelId: video?.modelId ?? assert.fail(), createdAt: Date.now() })
      yield* running.until("stdout", new RegExp(`"type":"fetching","assetId":"${added.id}"[^]*"type":"synced"`))
      yield* running.kill("SIGTERM")
      const { code, stderr } = yield* running.ended
      assert.strictEqual(code, 143)
      assert.include(stderr, "Interrupted. Run the same command again to resume.")
    })
  )

  it.live("refuses what cannot be meant, and a second run at once", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      for (const [args, message] of [
        [["--names", "{title}"], /--names: .*\{title\}, which is no field/],
        [["--since", "tomorrow"], /--since: "tomorrow" is not a date/],
        [["--collection", ""], /--collection is empty/]
      ] as const) {
        const { code, stderr } = yield* emulated.run(["sync", "r", ...args])
        assert.strictEqual(code, 2, stderr)
        assert.match(stderr, message)
      }
      yield* emulated.emulator.inject(Fault.stall("storage", 10, { times: "always" }))
      const running = yield* emulated.start(["sync", "r", "--json"])
      yield* running.until("stdout", /"type":"opened"/)
      const { code, stderr } = yield* emulated.run(["sync", "r"])
      assert.strictEqual(code, 5, stderr)
      yield* running.kill("SIGKILL")
      yield* running.ended
    })
  )
})

describe.concurrent("gallery", () => {
  it.live("shows a synchronized directory with prompts, any other without, and replaces no page of somebody else", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const synced = yield* emulated.run(["sync", "r", "--kind", "3d", "--gallery"])
      assert.strictEqual(synced.code, 0, synced.stderr)
      const page = path.join(emulated.directory, "r", "index.html")
      assert.include(readFileSync(page, "utf8"), "terraces around a pond, low poly")
      assert.notInclude(readFileSync(page, "utf8"), "scenario-assets.jsonl")
      const again = yield* emulated.run(["gallery", "r", "--json"])
      assert.deepInclude(Binary.lastLine(again.stdout), {
        page: "r/index.html",
        files: indexOf(path.dirname(page)).length
      })

      writeFileSync(page, "<p>mine</p>")
      const refused = yield* emulated.run(["gallery", "r"])
      assert.strictEqual(refused.code, 2)
      assert.include(refused.stderr, "r/index.html is not a gallery, and is not replaced; move it away")
      assert.strictEqual(readFileSync(page, "utf8"), "<p>mine</p>")

      writeFileSync(path.join(emulated.directory, "a.png"), "x")
      const plain = yield* emulated.run(["gallery", "."])
      assert.strictEqual(plain.code, 0, plain.stderr)
      assert.include(readFileSync(path.join(emulated.directory, "index.html"), "utf8"), '"path":"a.png"')
      const missing = yield* emulated.run(["gallery", "nowhere"])
      assert.strictEqual(missing.code, 8, missing.stderr)
    })
  )
})
