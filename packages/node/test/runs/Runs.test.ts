import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Asset, Selection } from "@scenario-assets/core"
import * as BatchKeys from "@scenario-assets/core/engine/BatchKeys"
import { DownloadRequest, RunRecord, Runs } from "@scenario-assets/node"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Batches from "../../src/runs/internal/Batches.ts"

const account = { baseUrl: "https://api.emulator.test/v1", projectId: undefined }
const jobA = Asset.JobId.make("job_a")
const known = (jobId: Asset.JobId) => ({ jobId, unknown: [] })
const jobB = Asset.JobId.make("job_b")

const requestOf = Effect.fnUntraced(function* (directory: string, assetIds: ReadonlyArray<string> = ["asset_a"]) {
  const request: DownloadRequest.DownloadRequest = {
    wanted: { _tag: "Assets", selection: yield* Selection.make({ assetIds }) },
    destination: DownloadRequest.directory(directory)
  }
  return request
})

const keysOf = (request: DownloadRequest.DownloadRequest) =>
  Batches.of(request).map((batch) => BatchKeys.of(account, batch))

const keyOf = (request: DownloadRequest.DownloadRequest) => keysOf(request)[0] ?? assert.fail("no batch")

/** Runs in a directory of the test. */
const make = () => {
  const root = TestDirectory.make("runs")
  return {
    directory: join(root, "runs"),
    target: join(root, "renders"),
    layer: Runs.layer({ directory: join(root, "runs") })
  }
}

const folderOf = (directory: string) => {
  const [folder] = readdirSync(directory).filter((name) => name.startsWith("run_"))
  return join(directory, folder ?? assert.fail("no run"))
}

describe("Runs", () => {
  it.effect("records a run before it begins: its head small, its ids beside it, for its owner alone", () => {
    const { directory, layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const ids = Array.from({ length: 2000 }, (_, index) => `asset_${index}`)
      yield* Effect.scoped(runs.begin(yield* requestOf(target, ids), account))
      const folder = folderOf(directory)
      const head = readFileSync(join(folder, "head.json"), "utf8")
      assert.isBelow(head.length, 1500)
      assert.strictEqual(
        readFileSync(join(folder, "request.json"), "utf8").split("asset_1999").length,
        2,
        "written once"
      )
      assert.strictEqual(statSync(folder).mode & 0o077, 0)
      const [found] = yield* runs.list
      assert.deepInclude(found?.wanted, { kind: "assets", count: 2000, first: "asset_0" })
      assert.strictEqual(found?.place, target)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a list reads nothing but heads, and passes over what is damaged", () => {
    const { directory, layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      assert.deepStrictEqual(yield* runs.list, [])
      yield* Effect.scoped(runs.begin(yield* requestOf(target), account))
      const folder = folderOf(directory)
      rmSync(join(folder, "request.json"))
      rmSync(join(folder, "jobs.jsonl"), { force: true })
      assert.lengthOf(yield* runs.list, 1)
      writeFileSync(join(folder, "head.json"), "{")
      assert.deepStrictEqual(yield* runs.list, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("finds the jobs of unfinished runs to the same place, whatever their other options", () => {
    const { layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      yield* Effect.scoped(
        Effect.flatMap(runs.begin(request, account), ({ journal }) => journal.record(keyOf(request), known(jobA)))
      )
      const other: DownloadRequest.DownloadRequest = {
        ...request,
        destination: DownloadRequest.directory(target, { exclude: ["*.obj"] })
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const run = yield* runs.begin(other, account)
          assert.isFalse(run.resumed)
          assert.deepStrictEqual(yield* run.journal.find(keyOf(other)), Option.some(known(jobA)))
          assert.deepStrictEqual(
            yield* run.jobs,
            [{ batch: 0, jobId: jobA, state: "started" }],
            "it is a job of this run now"
          )
        })
      )
      assert.lengthOf(yield* runs.list, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("records what could not be recorded with what comes next, or at the end", () => {
    const { directory, layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      for (const [jobId, what] of [
        [jobA, "end"],
        [jobB, "next"]
      ] as const) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const run = yield* runs.begin(request, account)
            const jobs = join(folderOf(directory), "jobs.jsonl")
            rmSync(jobs, { force: true })
            mkdirSync(jobs)
            const error = yield* Effect.flip(run.journal.record(keyOf(request), known(jobId)))
            assert.strictEqual(error.jobId, jobId)
            assert.match(error.message, /^Job job_[ab] exists, but cannot be recorded, [^;]*; [^;]*\(EISDIR\)\.$/)
            rmdirSync(jobs)
            if (what === "next") yield* run.mayStartAnew(0)
            else yield* run.end({ state: "incomplete" })
          })
        )
        const [head] = yield* runs.list
        assert(head !== undefined)
        assert.deepStrictEqual(yield* runs.jobs(head.runId), [{ batch: 0, jobId, state: "started" }])
      }
    }).pipe(Effect.provide(layer))
  })

  it.effect(
    "recall jobs where nothing can be recorded, and refuse to where there are records that cannot be read",
    () => {
      const { directory, layer, target } = make()
      return Effect.gen(function* () {
        const runs = yield* Runs.Runs
        const request = yield* requestOf(target)
        const find = Effect.flatMap(runs.recall(request, account), ({ journal }) => journal.find(keyOf(request)))
        assert.deepStrictEqual(yield* find, Option.none(), "there are no records yet")
        assert.isFalse(existsSync(directory))
        yield* Effect.scoped(
          Effect.flatMap(runs.begin(request, account), ({ journal }) => journal.record(keyOf(request), known(jobA)))
        )
        assert.deepStrictEqual(yield* find, Option.some(known(jobA)))

        const { journal } = yield* runs.recall(request, account)
        yield* journal.record(keyOf(request), known(jobB))
        assert.deepStrictEqual(yield* journal.find(keyOf(request)), Option.some(known(jobB)))
        assert.deepStrictEqual(yield* find, Option.some(known(jobA)), "nothing was written")

        const jobs = join(folderOf(directory), "jobs.jsonl")
        rmSync(jobs)
        mkdirSync(jobs)
        assert.strictEqual((yield* Effect.flip(find))._tag, "FileError")
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("finds none of another project, of another place, or of a run that is complete", () => {
    const { layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      const found = (given: DownloadRequest.DownloadRequest, of: RunRecord.Account) =>
        Effect.scoped(Effect.flatMap(runs.begin(given, of), ({ journal }) => journal.find(keyOf(given))))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const run = yield* runs.begin(request, account)
          yield* run.journal.record(keyOf(request), known(jobA))
        })
      )
      const elsewhere = yield* requestOf(`${target}-2`)
      assert.deepStrictEqual(yield* found(elsewhere, account), Option.none())
      const project = { ...account, projectId: Asset.ProjectId.make("proj_b") }
      assert.deepStrictEqual(yield* found(request, project), Option.none())
      assert.deepStrictEqual(yield* found(request, account), Option.some(known(jobA)))
      yield* Effect.scoped(Effect.flatMap(runs.begin(request, account), (run) => run.end({ state: "complete" })))
      assert.deepStrictEqual(yield* found(request, account), Option.none())
    }).pipe(Effect.provide(layer))
  })

  it.effect("a job that is forgotten stays forgotten, also where another run has recorded it", () => {
    const { layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      const other: DownloadRequest.DownloadRequest = {
        ...request,
        destination: DownloadRequest.directory(target, { ifDiffers: "replace" })
      }
      const during = <A, E>(given: DownloadRequest.DownloadRequest, use: (run: Runs.Run) => Effect.Effect<A, E>) =>
        Effect.scoped(Effect.flatMap(runs.begin(given, account), use))
      yield* during(request, ({ journal }) => journal.record(keyOf(request), known(jobA)))
      yield* during(other, ({ journal }) => Effect.andThen(journal.find(keyOf(other)), journal.forget(jobA)))
      assert.deepStrictEqual(yield* during(other, ({ journal }) => journal.find(keyOf(other))), Option.none())
      const runId = yield* during(other, ({ journal, runId }) =>
        Effect.as(journal.record(keyOf(other), known(jobB)), runId)
      )
      const current = { batch: 0, jobId: jobB, state: "started" } as const
      assert.deepStrictEqual(yield* runs.jobs(runId), [current])
      const useless = { batch: 0, jobId: jobA, state: "failed" } as const
      assert.deepStrictEqual(yield* runs.jobs(runId, { withUseless: true }), [useless, current])
      assert.deepStrictEqual(
        yield* during(other, ({ journal }) => journal.find(keyOf(other))),
        Option.some(known(jobB))
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("a line that a kill has cut off costs that line alone", () => {
    const { directory, layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      yield* Effect.scoped(
        Effect.flatMap(runs.begin(request, account), ({ journal }) => journal.record(keyOf(request), known(jobA)))
      )
      appendFileSync(join(folderOf(directory), "jobs.jsonl"), '{"batch":"ab')
      yield* Effect.scoped(
        Effect.gen(function* () {
          const run = yield* runs.begin(request, account)
          assert.deepStrictEqual(yield* run.journal.find(keyOf(request)), Option.some(known(jobA)))
          yield* run.journal.record(keyOf(request), known(jobB))
        })
      )
      const [head] = yield* runs.list
      assert.deepStrictEqual(yield* runs.jobs(head?.runId ?? assert.fail()), [
        { batch: 0, jobId: jobB, state: "started" }
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a batch may be begun anew once, over all processes that resume the run", () => {
    const { layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      const ask = Effect.scoped(Effect.flatMap(runs.begin(request, account), (run) => run.mayStartAnew(0)))
      assert.deepStrictEqual([yield* ask, yield* ask], [true, false])
    }).pipe(Effect.provide(layer))
  })

  it.live("is forgotten by its id, unless it is under way", () => {
    const { directory, layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const { runId } = yield* Effect.scoped(
        Effect.gen(function* () {
          const run = yield* runs.begin(yield* requestOf(target), account)
          const error = yield* Effect.flip(runs.forget(run.runId))
          assert.strictEqual(error._tag, "RunBusy")
          yield* run.end({ state: "interrupted" })
          return run
        })
      )
      yield* runs.forget(runId)
      assert.isFalse(existsSync(join(directory, runId)))
      const error = yield* Effect.flip(runs.get(runId))
      assert.strictEqual(error._tag, "RunNotFound")
      assert.include(error.message, runId)
      assert.strictEqual((yield* Effect.flip(runs.get("../x")))._tag, "RunNotFound")
    }).pipe(Effect.provide(layer))
  })

  it.effect("records the files that are saved now and then, and what became of each job", () => {
    const { layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      const { runId } = yield* Effect.scoped(
        Effect.gen(function* () {
          const run = yield* runs.begin(request, account)
          yield* run.journal.record(keyOf(request), known(jobA))
          yield* run.saved(256)
          assert.isUndefined((yield* runs.get(run.runId)).files, "not with every event")
          yield* TestClock.adjust("1 minute")
          yield* run.saved(512)
          assert.strictEqual((yield* runs.get(run.runId)).files, 512)
          yield* run.jobEnded(jobA, "failed")
          return run
        })
      )
      assert.deepStrictEqual(yield* runs.jobs(runId), [{ batch: 0, jobId: jobA, state: "failed" }])
      yield* Effect.scoped(Effect.flatMap(runs.begin(request, account), (run) => run.jobEnded(jobA, "saved")))
      assert.deepStrictEqual(yield* runs.jobs(runId), [{ batch: 0, jobId: jobA, state: "saved" }])
      assert.strictEqual((yield* runs.get(runId)).files, 512, "until the resumed run counts its own")
    }).pipe(Effect.provide(layer))
  })

  it.effect("a later run for all files of a selection, or for the same ones, supersedes an unfinished one", () => {
    const { layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      const into = (options: Parameters<typeof DownloadRequest.directory>[1]) => ({
        ...request,
        destination: DownloadRequest.directory(target, options)
      })
      const begin = (
        given: DownloadRequest.DownloadRequest,
        state: RunRecord.End["state"],
        of: RunRecord.Account = account
      ) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          return yield* Effect.scoped(
            Effect.flatMap(runs.begin(given, of), (run) => Effect.as(run.end({ state }), run.runId))
          )
        })
      const first = yield* begin(into({ include: ["*.png"] }), "interrupted")
      const replaced = yield* begin(into({ include: ["*.png"], ifDiffers: "replace" }), "incomplete")
      const isSuperseded = Effect.map(runs.list, RunRecord.superseded)
      assert.deepStrictEqual([...(yield* isSuperseded)], [[first, replaced]])
      yield* begin(into({ include: ["*.glb"] }), "complete")
      yield* begin(yield* requestOf(target, ["asset_b"]), "complete")
      yield* begin(yield* requestOf(`${target}-2`), "complete")
      const project = { ...account, projectId: Asset.ProjectId.make("proj_b") }
      yield* begin(request, "complete", project)
      assert.deepStrictEqual(
        [...(yield* isSuperseded)],
        [[first, replaced]],
        "other files, places and projects are others"
      )
      const all = yield* begin(request, "complete")
      assert.deepStrictEqual(
        [...(yield* isSuperseded)],
        [replaced, first].map((runId) => [runId, all])
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("one of another machine that has no end is neither resumed nor forgotten before it is released", () => {
    const { directory, layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      const request = yield* requestOf(target)
      const { runId } = yield* Effect.scoped(
        Effect.tap(runs.begin(request, account), ({ journal }) => journal.record(keyOf(request), known(jobA)))
      )
      const file = join(folderOf(directory), "head.json")
      const head = JSON.parse(readFileSync(file, "utf8"))
      writeFileSync(file, JSON.stringify({ ...head, process: { ...head.process, host: "other" } }))

      const replacing = {
        ...request,
        destination: DownloadRequest.directory(target, { ifDiffers: "replace" as const })
      }
      for (const given of [request, replacing]) {
        for (const error of [
          yield* Effect.flip(Effect.scoped(runs.begin(given, account))),
          yield* Effect.flip(runs.recall(given, account)),
          yield* Effect.flip(runs.forget(runId))
        ]) {
          assert.strictEqual(error._tag, "RunBusyElsewhere")
          assert.include(error.message, `Run ${runId} to ${target} was started on the machine other`)
        }
      }
      assert.lengthOf(yield* runs.list, 1)
      yield* Effect.scoped(runs.begin(yield* requestOf(target, ["asset_b"]), account))

      yield* runs.release(runId)
      assert.strictEqual(RunRecord.state(yield* runs.get(runId)), "interrupted")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const run = yield* runs.begin(request, account)
          assert.deepStrictEqual([run.runId, run.resumed], [runId, true])
          assert.deepStrictEqual(yield* run.journal.find(keyOf(request)), Option.some(known(jobA)))
        })
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("keeps the newest 100 of those that are complete, and all others", () => {
    const { layer, target } = make()
    return Effect.gen(function* () {
      const runs = yield* Runs.Runs
      yield* Effect.scoped(runs.begin(yield* requestOf(join(target, "open")), account))
      for (let index = 0; index < 103; index++) {
        const request = yield* requestOf(join(target, String(index)))
        yield* Effect.scoped(Effect.flatMap(runs.begin(request, account), (run) => run.end({ state: "complete" })))
      }
      const heads = yield* runs.list
      assert.strictEqual(heads.filter((head) => RunRecord.state(head) === "complete").length, 101)
      assert.lengthOf(heads, 102)
    }).pipe(Effect.provide(layer))
  })
})
