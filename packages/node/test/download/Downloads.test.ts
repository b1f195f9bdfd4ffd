import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Asset, Selection } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { DownloadEvent, Downloads, DownloadRequest, FileError, Runs } from "@scenario-assets/node"
import { Cause, Effect, Exit, Schema, Stream } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"
import { tree } from "../support/Extracting.ts"
import * as Whole from "../support/Whole.ts"

const { directory: toDirectory, archiveFiles } = DownloadRequest

/** An emulator that knows every id, for selections of more than one batch. */
const large = { catalogue: { anyId: true }, archive: { size: 40_000, entries: 4 } }

const twoBatches = Selection.make({
  assetIds: Array.from({ length: 1001 }, (_, index) => `asset_${String(index).padStart(4, "0")}`)
})

const encode = Schema.encodeSync(Schema.fromJsonString(DownloadEvent.DownloadEvent))
const decode = Schema.decodeSync(Schema.fromJsonString(DownloadEvent.DownloadEvent))

describe("Downloads.run", () => {
  it.live("brings what a model has made into a directory, and reports it", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const report = yield* downloads.run(yield* Whole.request(toDirectory(place.directory)))
      const files = Object.keys(tree(place.directory)).filter((name) => !name.endsWith("/"))
      assert.isAbove(files.length, 0)
      assert.strictEqual(report.files, files.length)
      assert.strictEqual(report.state, "complete")
      assert.strictEqual(report.place, place.directory)
      assert.lengthOf(report.archives, 1)
      assert.lengthOf(report.failures, 0)
      const [head] = yield* (yield* Runs.Runs).list
      assert.strictEqual(head?.runId, report.runId)
      assert.strictEqual(head?.end?.state, "complete")
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("a second time finds all files there, and fetches none of them", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toDirectory(place.directory))
      const first = yield* downloads.run(request)
      const before = tree(place.directory)
      const second = yield* downloads.run(request)
      assert.strictEqual(second.alreadyThere, first.files)
      assert.strictEqual(second.fetched, 0)
      assert.notStrictEqual(second.runId, first.runId, "a complete run is not resumed")
      assert.strictEqual(yield* Whole.jobsBegun, 2, "the job of a complete run is not used again")
      assert.deepStrictEqual(tree(place.directory), before)
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("takes some of the files, by their names", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const all = yield* downloads.run(yield* Whole.request(toDirectory(join(place.directory, "all"))))
      const some = yield* downloads.run(
        yield* Whole.request(toDirectory(join(place.directory, "some"), { exclude: ["*.png"] }))
      )
      assert.isBelow(some.files, all.files)
      assert.isEmpty(Object.keys(tree(join(place.directory, "some"))).filter((name) => name.endsWith(".png")))
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("refuses a pattern that is none before anything begins", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const error = yield* Effect.flip(
        downloads.run(yield* Whole.request(toDirectory(place.directory, { include: ["[a"] })))
      )
      assert.strictEqual(error._tag, "InvalidPattern")
      assert.include(error.message, '"[a"')
      assert.strictEqual(yield* Whole.jobsBegun, 0)
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("fails with the report where an archive is missing, and saves the others", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      yield* inject(Fault.status("requestBatch", 403))
      const downloads = yield* Downloads.Downloads
      const selection = yield* twoBatches
      const request = yield* Whole.request(toDirectory(place.directory), { wanted: { _tag: "Assets", selection } })
      const error = yield* Effect.flip(downloads.run(request))
      assert(error._tag === "DownloadIncomplete")
      assert.lengthOf(error.report.archives, 1)
      assert.lengthOf(error.report.failures, 1)
      assert.strictEqual(error.report.failures[0]?.error._tag, "ApiError")
      assert.include(error.message, "1 of 2 archives")
      const [head] = yield* (yield* Runs.Runs).list
      assert.strictEqual(head?.end?.state, "incomplete")
      assert.strictEqual(head?.end?.message, error.report.failures[0]?.error.message, "the record says why")

      // Once more: what is there stays, and only what is missing is requested.
      const report = yield* downloads.run(request)
      assert.strictEqual(report.state, "complete")
      assert.strictEqual(yield* Whole.jobsBegun, 3)
    }).pipe(Effect.provide(Whole.layer(place, large)))
  })

  it.live("begins the job of a damaged archive anew, once", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      yield* inject(Fault.status("storage", 404))
      const downloads = yield* Downloads.Downloads
      const { events, report } = yield* Whole.collect(
        downloads.events(yield* Whole.request(toDirectory(place.directory)))
      )
      assert.strictEqual(report.state, "complete")
      assert.strictEqual(yield* Whole.jobsBegun, 2)
      const failed = events.flatMap((event) => (event._tag === "ArchiveFailed" ? [event.startsAnew] : []))
      assert.deepStrictEqual(failed, [true])
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("counts what a damaged archive and the one begun in its place have in common once", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      const downloads = yield* Downloads.Downloads
      // Other files have all the names.
      yield* downloads.run(yield* Whole.request(toDirectory(place.directory)))
      for (const name of Object.keys(tree(place.directory)).filter((name) => !name.endsWith("/"))) {
        writeFileSync(join(place.directory, name), "mine")
      }
      yield* inject(Fault.corrupt("storage", 100_000, { skip: 1 }))
      const { events, report } = yield* Whole.collect(
        downloads.events(yield* Whole.request(toDirectory(place.directory)))
      )
      assert.isTrue(events.some(({ _tag }) => _tag === "FileRefused"))
      assert.deepInclude(report, { state: "complete", files: 4, renamed: 4, refused: 0 })
    }).pipe(Effect.provide(Whole.layer(place, { archive: { size: 1_000_000, entries: 4 } })))
  })

  it.live("gives up on an archive that is damaged again, also in a later run", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const { clearFaults, inject } = yield* Emulator.Emulator
      yield* inject(Fault.status("storage", 404, { times: "always" }))
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toDirectory(place.directory))
      const error = yield* Effect.flip(downloads.run(request))
      assert(error._tag === "DownloadIncomplete")
      assert.strictEqual(yield* Whole.jobsBegun, 2)
      yield* Effect.flip(downloads.run(request))
      assert.strictEqual(yield* Whole.jobsBegun, 3, "one job for the run that resumes it, and none anew")
      yield* clearFaults
      assert.strictEqual((yield* downloads.run(request)).state, "complete")
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("Downloads.events", () => {
  it.live("tells the beginning and the end of the run, of each batch and of each archive", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const selection = yield* twoBatches
      const { events } = yield* Whole.collect(
        downloads.events(yield* Whole.request(toDirectory(place.directory), { wanted: { _tag: "Assets", selection } }))
      )
      assert.strictEqual(events[0]?._tag, "Started")
      assert.strictEqual(events.at(-1)?._tag, "Ended")
      for (const batch of [0, 1]) {
        const own = events.filter((event) => "batch" in event && event.batch === batch)
        const tags = Whole.tagsOf(own).filter(
          (tag) => !["JobWaiting", "ArchiveProgressed", "ConnectionsChanged"].includes(tag)
        )
        assert.deepStrictEqual(
          [...new Set(tags)],
          ["BatchStarted", "JobStarted", "ArchiveStarted", "ArchivePlanned", "FilesSaved", "ArchiveSaved"]
        )
      }
    }).pipe(Effect.provide(Whole.layer(place, large)))
  })

  it.live("are data: each is the same after JSON, and none holds a secret", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      yield* inject(Fault.status("getStatus", 503))
      yield* inject(Fault.reset("storage", 100, { skip: 1 }), Fault.status("storage", 403, { skip: 1 }))
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toDirectory(place.directory))
      const { events } = yield* Whole.collect(downloads.events(request))
      assert.isTrue(events.some(({ _tag }) => _tag === "ApiRetrying"))
      yield* inject(Fault.status("requestBatch", 401))
      const failed = yield* Whole.collect(downloads.events(request))
      for (const event of [...events, ...failed.events]) {
        const json = encode(event)
        assert.deepStrictEqual(encode(decode(json)), json)
        for (const secret of [Canary.key, Canary.secret, Canary.signature]) assert.notInclude(json, secret)
      }
      assert.isTrue(events.some(({ _tag }) => _tag === "Retrying"))
      assert.isTrue(events.some(({ _tag }) => _tag === "LinkRefreshed"))
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("a run that is stopped is resumed with its job, also when the ids come in another order", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const modelIds = catalogue.models.slice(0, 3).map(({ id }) => id)
      const downloads = yield* Downloads.Downloads
      const of = (ids: ReadonlyArray<string>) =>
        Effect.flatMap(Selection.make({ modelIds: ids }), (selection) =>
          Whole.request(toDirectory(place.directory), { wanted: { _tag: "Assets", selection } })
        )
      const stopped = downloads.events(yield* of(modelIds)).pipe(Stream.takeUntil(({ _tag }) => _tag === "JobStarted"))
      yield* Stream.runDrain(stopped)
      const [head] = yield* (yield* Runs.Runs).list
      assert.strictEqual(head?.end?.state, "interrupted")
      const report = yield* downloads.run(yield* of(modelIds.toReversed()))
      assert.strictEqual(report.runId, head?.runId)
      assert.deepStrictEqual(
        report.jobs.map(({ resumed }) => resumed),
        [true]
      )
      assert.strictEqual(yield* Whole.jobsBegun, 1)
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("other options find the jobs of an unfinished run to the same place", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      yield* Stream.runDrain(downloads.begin(yield* Whole.request(toDirectory(place.directory))))
      const report = yield* downloads.run(
        yield* Whole.request(toDirectory(place.directory, { exclude: ["*.none"] }), { concurrency: 1 })
      )
      assert.strictEqual(report.jobs[0]?.resumed, true)
      assert.strictEqual(yield* Whole.jobsBegun, 1)

      const elsewhere = yield* downloads.run(yield* Whole.request(toDirectory(join(place.directory, "elsewhere"))))
      assert.strictEqual(elsewhere.jobs[0]?.resumed, false, "another place has jobs of its own")
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("a second download to the same place is refused, and begins no job", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toDirectory(place.directory))
      const other = yield* Whole.request(toDirectory(place.directory, { exclude: ["*.obj"] }))
      const refusal = yield* downloads.events(request).pipe(
        Stream.mapEffect((event) =>
          event._tag === "JobStarted" ? Effect.asSome(Effect.flip(downloads.run(other))) : Effect.succeedNone
        ),
        Stream.runCollect
      )
      const [error] = refusal.flatMap((found) => (found._tag === "Some" ? [found.value] : []))
      assert.strictEqual(error?._tag, "RunBusy")
      assert.include(error?.message ?? "", place.directory)
      assert.strictEqual(yield* Whole.jobsBegun, 1)
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("tell at once that an archive is fetched as a whole", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      yield* inject(Fault.ignoreRange("storage", { times: "always" }))
      const downloads = yield* Downloads.Downloads
      const { events } = yield* Whole.collect(downloads.events(yield* Whole.request(toDirectory(place.directory))))
      const tags = Whole.tagsOf(events).filter((tag) => tag !== "ConnectionsChanged")
      const spooled = tags.indexOf("ArchiveSpooled")
      assert.strictEqual(tags.indexOf("ArchiveProgressed"), spooled + 1)
      assert.strictEqual(tags.lastIndexOf("ArchiveSpooled"), spooled, "once")
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("a job that cannot be recorded is told with its id, and goes on", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toDirectory(place.directory))
      const { events, report } = yield* Whole.collect(
        downloads.events(request).pipe(
          Stream.tap((event) =>
            Effect.sync(() => {
              if (event._tag === "Started") mkdirSync(join(place.records, event.runId ?? "", "jobs.jsonl"))
            })
          )
        )
      )
      assert.deepStrictEqual(Whole.tagsOf(events).slice(0, 4), ["Started", "BatchStarted", "JobStarted", "NotRecorded"])
      const [error] = events.flatMap((event) => (event._tag === "NotRecorded" ? [event.error] : []))
      assert.include(error?.message ?? "", report.jobs[0]?.jobId ?? "no job")
      assert.strictEqual(report.state, "complete")
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("of which a consumer can make nothing leave the run unfinished", () => {
    const place = Whole.place()
    const full = FileError.FileError.fromSystem("write", "list", { code: "ENOSPC" })
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toDirectory(place.directory))
      const error = yield* downloads.events(request).pipe(
        Stream.runForEach((event) => (event._tag === "Ended" ? Effect.fail(full) : Effect.void)),
        Effect.flip
      )
      assert.strictEqual(error, full)
      const [head] = yield* (yield* Runs.Runs).list
      assert.deepInclude(head?.end, { state: "incomplete", message: full.message })
      assert.isTrue((yield* downloads.run(request)).jobs[0]?.resumed)
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("a run that cannot be recorded says so and goes on", () => {
    const place = Whole.place()
    mkdirSync(place.directory, { recursive: true })
    writeFileSync(place.records, "not a directory")
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const { events, report } = yield* Whole.collect(
        downloads.events(yield* Whole.request(toDirectory(place.directory)))
      )
      assert.deepStrictEqual(Whole.tagsOf(events).slice(0, 2), ["Started", "NotRecorded"])
      assert.strictEqual(report.state, "complete")
      assert.isUndefined(report.runId)
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("Downloads.begin", () => {
  it.live("begins the jobs and waits for none; the same request takes them up", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toDirectory(place.directory))
      const { events, report } = yield* Whole.collect(downloads.begin(request))
      assert.deepStrictEqual(Whole.tagsOf(events), ["Started", "BatchStarted", "JobStarted", "Ended"])
      assert.strictEqual(report.state, "begun")
      assert.isFalse(existsSync(place.directory) && readdirSync(place.directory).length > 0)
      const runs = yield* Runs.Runs
      const runId = report.runId
      assert(runId !== undefined)
      assert.deepStrictEqual(
        yield* runs.jobs(runId),
        report.jobs.map(({ batch, jobId }) => ({ batch, jobId, state: "started" }))
      )
      assert.deepStrictEqual((yield* runs.request(runId)).destination, request.destination)

      const done = yield* downloads.run(yield* runs.request(runId))
      assert.strictEqual(done.runId, runId)
      assert.strictEqual((yield* runs.get(runId)).files, done.files)
      assert.deepStrictEqual(
        yield* runs.jobs(runId),
        report.jobs.map(({ batch, jobId }) => ({ batch, jobId, state: "saved" }))
      )
      assert.strictEqual(yield* Whole.jobsBegun, 1)
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("Downloads of archives as files", () => {
  it.live("keep one archive under its name, and several with numbers", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const one = yield* downloads.run(yield* Whole.request(archiveFiles(join(place.directory, "all.zip"))))
      assert.strictEqual(one.archives[0]?.path, join(place.directory, "all.zip"))
      assert.strictEqual(readFileSync(join(place.directory, "all.zip")).subarray(0, 2).toString(), "PK")
      const selection = yield* twoBatches
      const two = yield* downloads.run(
        yield* Whole.request(archiveFiles(join(place.directory, "many.zip")), { wanted: { _tag: "Assets", selection } })
      )
      assert.deepStrictEqual(
        two.archives.map(({ path }) => path),
        [join(place.directory, "many-1.zip"), join(place.directory, "many-2.zip")]
      )
    }).pipe(Effect.provide(Whole.layer(place, large)))
  })

  it.live("whose name is taken fail before a job is begun", () => {
    const place = Whole.place()
    mkdirSync(place.directory, { recursive: true })
    const file = join(place.directory, "all.zip")
    writeFileSync(file, "mine")
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const told: Array<string> = []
      const refused = downloads
        .events(yield* Whole.request(archiveFiles(file)))
        .pipe(Stream.runForEach(({ _tag }) => Effect.sync(() => told.push(_tag))))
      const error = yield* Effect.flip(refused)
      assert.deepStrictEqual(told, [], "a run that is refused is none")
      assert(error._tag === "FileError")
      assert.strictEqual(error.reason._tag, "Exists")
      assert.strictEqual(yield* Whole.jobsBegun, 0)
      assert.strictEqual(readFileSync(file, "utf8"), "mine")
      const report = yield* downloads.run(yield* Whole.request(archiveFiles(file, { replace: true })))
      assert.strictEqual(report.state, "complete")
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("Downloads of jobs begun earlier", () => {
  it.live("fetch their archives and begin none", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const begun = yield* Whole.collect(downloads.begin(yield* Whole.request(toDirectory(place.directory))))
      const [job] = begun.report.jobs
      assert(job !== undefined)
      const report = yield* downloads.run({
        wanted: { _tag: "Jobs", jobIds: [job.jobId] },
        destination: toDirectory(join(place.directory, "other"))
      })
      assert.strictEqual(report.state, "complete")
      assert.isAbove(report.files, 0)
      assert.strictEqual(yield* Whole.jobsBegun, 1)
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("Downloads of jobs begun earlier, kept as files", () => {
  it.live("resume what they have saved, and take nothing that somebody else has put there", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const begin = (directory: string) =>
        Effect.flatMap(Whole.request(toDirectory(join(place.directory, directory))), (request) =>
          Whole.collect(downloads.begin(request))
        )
      const jobIds = [...(yield* begin("a")).report.jobs, ...(yield* begin("b")).report.jobs].map(({ jobId }) => jobId)
      const [first, ...others] = jobIds
      assert(first !== undefined && others.length === 1)
      const request: DownloadRequest.DownloadRequest = {
        wanted: { _tag: "Jobs", jobIds: [first, ...others] },
        destination: archiveFiles(join(place.directory, "all.zip")),
        concurrency: 1
      }
      yield* downloads.events(request).pipe(
        Stream.takeUntil(({ _tag }) => _tag === "ArchiveSaved"),
        Stream.runDrain
      )
      const report = yield* downloads.run(request)
      assert.deepInclude(report, { state: "complete", alreadyThere: 1 })

      const taken = join(place.directory, "taken.zip")
      writeFileSync(taken, "mine")
      for (const _ of [1, 2]) {
        const one: DownloadRequest.DownloadRequest = {
          wanted: { _tag: "Jobs", jobIds: [first] },
          destination: archiveFiles(taken)
        }
        const error = yield* Effect.flip(downloads.run(one))
        assert(error._tag === "DownloadIncomplete")
        const [failure] = error.report.failures
        assert(failure?.error._tag === "FileError")
        assert.strictEqual(failure.error.reason._tag, "Exists")
        assert.strictEqual(readFileSync(taken, "utf8"), "mine")
      }
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("Downloads.preview", () => {
  it.live("tells the batches of a selection, and requests none", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const preview = yield* downloads.preview(yield* Whole.request(archiveFiles(join(place.directory, "all.zip"))))
      assert(preview._tag === "Batches")
      assert.strictEqual(preview.batches[0]?.path, join(place.directory, "all.zip"))
      assert.strictEqual(yield* Whole.jobsBegun, 0)
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("tells what would become of each file of a job, and writes none", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const begun = yield* Whole.collect(downloads.begin(yield* Whole.request(toDirectory(place.directory))))
      const jobIds = [begun.report.jobs[0]?.jobId ?? assert.fail("no job")] as const
      const preview = yield* downloads.preview({
        wanted: { _tag: "Jobs", jobIds },
        destination: toDirectory(join(place.directory, "other"))
      })
      assert(preview._tag === "Files")
      assert.isAbove(preview.archives[0]?.files.length ?? 0, 0)
      assert.isFalse(existsSync(join(place.directory, "other")))
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("Downloads.layerTest", () => {
  const request: DownloadRequest.DownloadRequest = {
    wanted: { _tag: "Jobs", jobIds: [Asset.JobId.make("job_1")] },
    destination: toDirectory("renders")
  }
  const started: DownloadEvent.DownloadEvent = {
    _tag: "Started",
    resumed: false,
    place: "renders",
    batches: 1,
    idCount: 1
  }

  it.effect("takes the operations that are given", () =>
    Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      assert.deepStrictEqual(yield* Stream.runCollect(downloads.events(request)), [started])
    }).pipe(Effect.provide(Downloads.layerTest({ events: () => Stream.make(started) })))
  )

  it.effect.each<readonly [name: string, call: (downloads: Downloads.Downloads["Service"]) => Effect.Effect<void>]>([
    ["events", (downloads) => Effect.ignore(Stream.runDrain(downloads.events(request)))],
    ["run", (downloads) => Effect.ignore(downloads.run(request))],
    ["begin", (downloads) => Effect.ignore(Stream.runDrain(downloads.begin(request)))],
    ["preview", (downloads) => Effect.ignore(downloads.preview(request))]
  ])("makes %s, when it was not given, a defect that names it", ([name, call]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.flatMap(Downloads.Downloads, call))
      assert(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.include(Cause.pretty(exit.cause), `Downloads.layerTest: the test called ${name} and gave no ${name}`)
    }).pipe(Effect.provide(Downloads.layerTest({})))
  )
})
