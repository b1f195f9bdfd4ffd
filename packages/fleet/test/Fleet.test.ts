/** What of a fleet needs no database: its place in a program, its words, and what its command refuses. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Asset } from "@scenario-assets/core"
import { Fleet, Migrations, RunProgress } from "@scenario-assets/fleet"
import { DownloadRequest, NodeScenario, RunRecord } from "@scenario-assets/node"
import { Cause, Config, DateTime, Effect, Exit, Layer, Schema, Stream } from "effect"

const runId = RunRecord.RunId.make("run_261130_bakolu")

const run: RunProgress.RunProgress = {
  runId,
  baseUrl: "https://api.cloud.scenario.com/v1",
  place: "s3://bucket/renders",
  submittedAt: DateTime.makeUnsafe("2026-11-30T12:00:00Z"),
  state: "running",
  batches: { total: 3, waiting: 1, running: 1, complete: 1, failed: 0, cancelled: 0 },
  ids: 2500,
  notFound: 0,
  files: 1400,
  bytes: 49_000_000,
  workers: 1,
  paused: [],
  troubles: []
}

describe("a program that uses a fleet", () => {
  it.effect("is tested without a database", () =>
    Effect.gen(function* () {
      const fleet = yield* Fleet.Fleet
      const request = {
        wanted: DownloadRequest.Jobs.make({ jobIds: [Asset.JobId.make("job_a")] }),
        destination: DownloadRequest.store("s3://bucket/renders")
      }
      const id = yield* fleet.submit(request, { baseUrl: run.baseUrl, projectId: undefined })
      const seen = yield* Stream.runCollect(fleet.watch(id))
      assert.deepStrictEqual(seen.map(RunProgress.isOver), [false, true])
      const exit = yield* Effect.exit(fleet.cancel(id))
      assert(Exit.isFailure(exit))
      assert.match(Cause.pretty(exit.cause), /Fleet.layerTest: the test called cancel and gave no cancel/)
    }).pipe(
      Effect.provide(
        Fleet.layerTest({
          submit: () => Effect.succeed(runId),
          watch: () => Stream.make(run, { ...run, state: "complete" as const })
        })
      )
    )
  )

  it("is a worker in a few lines", () => {
    const database = PgClient.layerConfig({
      url: Config.Redacted("DATABASE_URL"),
      startupParameters: Config.succeed({ timezone: "UTC" })
    })
    const worker = Effect.flatMap(Fleet.Fleet, (fleet) => fleet.work({ slots: 4 })).pipe(
      Effect.provide(Layer.merge(Layer.provide(Fleet.layer(), database), NodeScenario.layerConfig))
    )
    assert.isTrue(Effect.isEffect(worker))
  })

  it("tells how far a run is as JSON", () => {
    const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(RunProgress.RunProgress)(run)))
    assert.deepStrictEqual(Schema.decodeUnknownSync(RunProgress.RunProgress)(json), run)
  })

  it("names a role as Postgres writes it", () => {
    const [first] = Migrations.grants('o"brien')
    assert.strictEqual(first, 'GRANT SELECT, INSERT, UPDATE, DELETE ON scenario_assets_runs TO "o""brien";')
  })
})

const bin = fileURLToPath(new URL("../src/command/bin.ts", import.meta.url))

const command = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.promise(
    () =>
      new Promise<{ readonly code: unknown; readonly stderr: string }>((resolve) => {
        const options = { env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...env } }
        execFile(process.execPath, [bin, ...args], options, (error, _stdout, stderr) => {
          resolve({ code: error === null ? 0 : error.code, stderr })
        })
      })
  )

describe("scenario-assets-fleet", () => {
  it.live.each<readonly [words: RegExp, args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>]>([
    [/no database is given; pass --database postgres:\/\/user@host\/name, or set SCENARIO_ASSETS_DATABASE/, ["list"]],
    [/--database holds a password/, ["list", "--database", "postgres://me:hunter2@host/name"]],
    [/SCENARIO_ASSETS_DATABASE is not the address of a database/, ["list"], { SCENARIO_ASSETS_DATABASE: "hunter2" }]
  ])("says %s", ([words, args, env]) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* command(args, env)
      assert.strictEqual(code, 2)
      assert.match(stderr, words)
      assert.notInclude(stderr, "hunter2")
    })
  )
})
