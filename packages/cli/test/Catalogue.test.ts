/** Assets chosen by what people know of them: listed, downloaded, described. */
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Binary from "./support/Binary.ts"
import * as CommandLines from "./support/CommandLines.ts"
import * as Emulated from "./support/Emulated.ts"

/** What the emulator's newest asset is from: 2026-11-01T00:00Z; the others are six hours apart before it. */
const newest = Date.UTC(2026, 10, 1)

const inventory = ({ emulator }: Emulated.Emulated) => emulator.catalogue.assets.toReversed()

const lines = (stdout: string) => stdout.split("\n").filter((line) => line !== "")

const filesIn = (emulated: Emulated.Emulated, directory: string): ReadonlyArray<string> =>
  readdirSync(path.join(emulated.directory, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

/** Archives hold the assets themselves. */
const make = Emulated.make({ archive: undefined })

describe.concurrent("assets", () => {
  it.live("lists all, newest first: between tabs, as ids, and as JSON", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const all = inventory(emulated)
      const table = yield* emulated.run(["assets"])
      assert.strictEqual(table.code, 0, table.stderr)
      assert.deepStrictEqual(
        lines(table.stdout).map((line) => line.split("\t").slice(0, 3)),
        all.map(({ createdAt, id, kind }) => [id, kind, new Date(createdAt).toISOString()])
      )
      const ids = yield* emulated.run(["assets", "--ids"])
      assert.deepStrictEqual(
        lines(ids.stdout),
        all.map(({ id }) => id)
      )
      const json = Binary.jsonLines((yield* emulated.run(["assets", "--json"])).stdout)
      assert.deepInclude(json.at(-1), { type: "result", assets: all.length })
      assert.deepInclude(json[0]?.["asset"], { id: all[0]?.id, prompt: all[0]?.prompt, seed: String(all[0]?.seed) })
    })
  )

  it.live("filters by all that people know, alone and together, and within ids", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const all = inventory(emulated)
      const collection = emulated.emulator.catalogue.collections[0]
      assert(collection !== undefined)
      const author = all[0]?.authorId ?? ""
      const [model, inference] = [all.at(-1)?.modelId ?? "", all.at(-1)?.inferenceId ?? ""]
      const day = (days: number) => new Date(newest - days * 86_400_000).toISOString().slice(0, 10)
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, (asset: (typeof all)[number]) => boolean]> = [
        [["--kind", "video"], ({ kind }) => kind === "video"],
        [["--kind", "video", "--kind", "audio"], ({ kind }) => kind === "video" || kind === "audio"],
        [["--collection", "favourites"], ({ id }) => collection.assetIds.has(id)],
        [
          ["--collection", collection.id, "--kind", "3d"],
          ({ id, kind }) => collection.assetIds.has(id) && kind === "3d"
        ],
        [["--author", author], ({ authorId }) => authorId === author],
        [["--tag", "even"], ({ tags }) => tags.includes("even")],
        [["--search", "tone", "--kind", "audio"], ({ prompt }) => prompt.includes("tone")],
        [["--since", day(2)], ({ createdAt }) => createdAt >= newest - 2 * 86_400_000],
        [["--until", day(2)], ({ createdAt }) => createdAt < newest - 86_400_000],
        [
          ["--since", day(3), "--until", day(3)],
          ({ createdAt }) => createdAt >= newest - 3 * 86_400_000 && createdAt < newest - 2 * 86_400_000
        ],
        [["--since", `${day(1)}T00:00:00Z`], ({ createdAt }) => createdAt >= newest - 86_400_000],
        [[model, "--tag", "even"], ({ modelId, tags }) => modelId === model && tags.includes("even")],
        [[inference, "--tag", "even"], ({ inferenceId, tags }) => inferenceId === inference && tags.includes("even")],
        [
          [all[1]?.id ?? "", all[2]?.id ?? "", "--tag", "even"],
          ({ id, tags }) => (id === all[1]?.id || id === all[2]?.id) && tags.includes("even")
        ]
      ]
      const words = cases.map(([args]) => ["assets", "--ids", ...args])
      const ended = yield* CommandLines.run(words, { env: { ...emulated.env, TZ: "UTC" } })
      for (const [index, [args, fits]] of cases.entries()) {
        const { code, stderr, stdout = "" } = ended[index] ?? {}
        assert.strictEqual(code, 0, stderr)
        assert.deepStrictEqual(
          lines(stdout).toSorted(),
          all
            .filter(fits)
            .map(({ id }) => id)
            .toSorted(),
          args.join(" ")
        )
      }
    })
  )

  it.live("a day is one of the time zone of the person; --limit has the newest, also of several models", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const all = inventory(emulated)
      // In Tokyo November begins nine hours before it does in Greenwich.
      const tokyo = yield* emulated.run(["assets", "--ids", "--since", "2026-11-01"], { env: { TZ: "Asia/Tokyo" } })
      assert.deepStrictEqual(
        lines(tokyo.stdout),
        all.filter(({ createdAt }) => createdAt >= newest - 9 * 3_600_000).map(({ id }) => id)
      )
      const models = [...new Set(all.map(({ modelId }) => modelId))].slice(-2)
      const some = yield* emulated.run(["assets", "--ids", "--limit", "3", ...models])
      assert.deepStrictEqual(
        lines(some.stdout),
        all
          .filter(({ modelId }) => models.includes(modelId))
          .slice(0, 3)
          .map(({ id }) => id)
      )
    })
  )

  it.live("its lines are a list of ids to other commands, whatever a prompt says", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const { stdout } = yield* emulated.run(["assets", "--limit", "4"])
      const hostile = ['"open', 'asset_x, model_y # "', 'job_a"\t"b'].map(
        (prompt, index) => `asset_h${index}\timage\t\t\t${prompt}\n`
      )
      const input = stdout + hostile.join("")
      const { code, stdout: planned } = yield* emulated.run(["download", "-", "--dry-run", "--json"], { stdin: input })
      assert.strictEqual(code, 0)
      const { batches } = Binary.lastLine(planned) as {
        readonly batches: ReadonlyArray<{ readonly assetIds: ReadonlyArray<string> }>
      }
      const ids = [...lines(stdout).map((line) => line.split("\t")[0]), "asset_h0", "asset_h1", "asset_h2"]
      assert.deepStrictEqual(new Set(batches[0]?.assetIds), new Set(ids))
    })
  )

  const refused = [
    [["--since", "yesterday"], /--since: "yesterday" is not a date; it takes a date \(2026-11-01\)/],
    [["--since", "2026-02-30"], /--since: "2026-02-30" is not a date/],
    [["--since", "2026-11-02", "--until", "2026-11-01"], /--since 2026-11-02 is after --until 2026-11-01/],
    [["--kind", "pictures"], /--kind: "pictures" is not one of image, video, 3d, audio/],
    [["--limit", "0"], /--limit: "0" is not a whole number from 1/],
    [["--search", " "], /--search is empty/],
    [["--metadata", "."], /--metadata: "\." is not the name of a file/],
    [["job_a"], /try: scenario-assets list job_a/]
  ] as const
  it.live("refuses values that are wrong, before anybody is asked", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const words = refused.map(([args]) => ["assets", ...args])
      const ended = yield* CommandLines.run(words, { env: emulated.env })
      assert.lengthOf(ended, refused.length)
      for (const [index, [args, message]] of refused.entries()) {
        const { code, stderr = "" } = ended[index] ?? {}
        assert.strictEqual(code, 2, `${args.join(" ")}: ${stderr}`)
        assert.match(stderr, message)
      }
      assert.isEmpty(yield* emulated.emulator.requests)
    })
  )

  it.live("collections are listed, and one that there is not names those that there are", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const { collections } = emulated.emulator.catalogue
      const { stdout } = yield* emulated.run(["collections"])
      assert.deepStrictEqual(
        lines(stdout).map((line) => line.split("\t")),
        collections.map(({ assetIds, createdAt, id, name }) => [
          id,
          String(assetIds.size),
          new Date(createdAt).toISOString(),
          name
        ])
      )
      const unknown = yield* emulated.run(["download", "--collection", "Nothing"])
      assert.strictEqual(unknown.code, 6, unknown.stderr)
      assert.include(unknown.stderr, 'There is no collection "Nothing"; use an id, or one of the names: "Favourites"')
    })
  )
})

describe.concurrent("download, chosen by flags", () => {
  it.live("brings what was chosen, and writes what is known of it: as JSON lines, and as a table", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const videos = inventory(emulated).filter(({ kind }) => kind === "video")
      for (const file of ["known.jsonl", "known.csv"]) {
        const { code, stderr } = yield* emulated.run([
          "download",
          "--kind",
          "video",
          "-o",
          file.slice(6),
          "--metadata",
          file
        ])
        assert.strictEqual(code, 0, stderr)
        assert.include(stderr, `${videos.length} assets selected, `)
        assert.lengthOf(filesIn(emulated, file.slice(6)), videos.length)
      }
      const read = (file: string) => readFileSync(path.join(emulated.directory, file), "utf8")
      const records = lines(read("known.jsonl")).map((line): Readonly<Record<string, unknown>> => JSON.parse(line))
      assert.deepStrictEqual(
        records.map(({ id, prompt, seed }) => [id, prompt, seed]),
        videos.map(({ id, prompt, seed }) => [id, prompt, String(seed)])
      )
      const [header, ...rows] = read("known.csv").trimEnd().split("\r\n")
      assert.match(header ?? "", /^id,path,kind,createdAt,/)
      assert.lengthOf(rows, videos.length)
      // A table of ids to others.
      const again = yield* emulated.run(["download", "--from-file", "known.csv", "--dry-run", "--json"])
      assert.deepInclude(Binary.lastLine(again.stdout), { ids: videos.length })
    })
  )

  it.live("says how much it would be; what fits nothing is no failure", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const plan = yield* emulated.run(["download", "--kind", "audio", "--dry-run", "--json"])
      const audio = inventory(emulated).filter(({ kind }) => kind === "audio")
      assert.deepInclude(Binary.lastLine(plan.stdout), { dryRun: true, ids: audio.length, bytes: audio.length * 2088 })
      for (const more of [[], ["--dry-run"], ["--archive", "a.zip"], ["--detach"]]) {
        const none = yield* emulated.run(["download", "--kind", "document", "--json", ...more])
        assert.strictEqual(none.code, 0, none.stderr)
        assert.include(none.stderr, "No asset matches --kind document")
        assert.strictEqual(Binary.lastLine(none.stdout)["type"], "result")
      }
      assert.isEmpty(yield* emulated.requests("requestBatch"))
    })
  )

  it.live("goes on with what its run has found, for as long as that is not done; --refresh looks again", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const args = ["download", "--kind", "video", "-o", "v"]
      const { catalogue, clearFaults, inject } = emulated.emulator
      const videos = catalogue.assets.filter(({ kind }) => kind === "video")
      const firstOf = videos[0]
      assert(firstOf !== undefined)
      yield* inject(Fault.status("storage", 404, { times: "always" }))
      assert.notStrictEqual((yield* emulated.run(args)).code, 0)
      yield* clearFaults
      const added = catalogue.add({ modelId: firstOf.modelId, createdAt: newest + 1000 })
      const resumed = yield* emulated.run(args)
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.match(
        resumed.stderr,
        new RegExp(`Resuming the ${videos.length} assets of run run_\\w+; to search again: --refresh`)
      )
      assert.lengthOf(filesIn(emulated, "v"), videos.length)
      // Now it is done.
      const next = yield* emulated.run(args)
      assert.strictEqual(next.code, 0, next.stderr)
      assert.include(next.stderr, `${videos.length + 1} assets selected`)
      assert.lengthOf(filesIn(emulated, "v"), videos.length + 1)
      const shown = yield* emulated.run(["runs", "show", String(/run_\w+/.exec(resumed.stderr)?.[0])])
      assert.match(shown.stdout, /Found by: +--kind video/)

      yield* inject(Fault.status("storage", 404, { times: "always" }))
      catalogue.remove([added.id])
      assert.notStrictEqual((yield* emulated.run([...args, "--refresh"])).code, 0)
      yield* clearFaults
      const refreshed = yield* emulated.run([...args, "--refresh"])
      assert.include(refreshed.stderr, `${videos.length} assets selected`)
    })
  )

  it.live("jobs and runs are decided already", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      for (const more of [["--kind", "video"], ["--metadata", "m.csv"], ["--refresh"]]) {
        const { code, stderr } = yield* emulated.run(["download", "job_a", ...more])
        assert.strictEqual(code, 2)
        assert.include(stderr, `${more[0]} is about assets, and job_a is a job, whose assets are decided`)
      }
    })
  )
})
