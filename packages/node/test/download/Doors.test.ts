/** Downloads in careless hands: what cannot be carried out costs no job, and what is told of the rest is true. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { FileNameTemplate, ScenarioConfig, Selection } from "@scenario-assets/core"
import { Fault } from "@scenario-assets/core/testing"
import { Downloads, DownloadRequest, NodeScenario, Runs } from "@scenario-assets/node"
import { EmulatorServer } from "@scenario-assets/node/testing"
import { Duration, Effect, Layer, Redacted } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Downloading from "../support/Downloading.ts"
import { tree } from "../support/Extracting.ts"
import * as Whole from "../support/Whole.ts"

const { archiveFiles, directory: toDirectory } = DownloadRequest

describe("A request that cannot be carried out", () => {
  it.live.each<readonly [what: string, options: Partial<DownloadRequest.DownloadRequest>]>([
    ["a rate without an end", { limitRate: Infinity }],
    ["a rate that is none", { limitRate: Number.NaN }],
    ["a negative deadline", { deadline: Duration.millis(-5) }],
    ["a deadline without an end", { deadline: Duration.infinity }],
    ["no time at all", { idleTimeout: Duration.zero }],
    ["no time for a transfer", { timeLimit: Duration.zero }],
    ["no archive at once", { concurrency: 0 }],
    ["half a connection", { connections: 0.5 }],
    ["a size without an end", { destination: { _tag: "Directory", directory: "renders", maxSize: Infinity } }]
  ])("%s is refused by an error, and neither begun nor recorded", ([, options]) => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toDirectory(place.directory), options)
      const error = yield* Effect.flip(downloads.run(request))
      assert.strictEqual(error._tag, "InvalidDownloadRequest")
      assert.strictEqual((yield* Effect.flip(downloads.preview(request)))._tag, "InvalidDownloadRequest")
      assert.strictEqual(yield* Whole.jobsBegun, 0)
      assert.deepStrictEqual(yield* (yield* Runs.Runs).list, [])
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live.each<readonly [what: string, replace: boolean, make: (file: string) => void, reason: string]>([
    ["an archive that is there", false, (file) => writeFileSync(file, "mine"), "Exists"],
    ["a directory in its place", false, (file) => mkdirSync(file), "IsDirectory"],
    ["a directory that is not replaced either", true, (file) => mkdirSync(file), "IsDirectory"]
  ])("%s leaves no run behind that can never end", ([, replace, make, reason]) => {
    const place = Whole.place()
    return Effect.gen(function* () {
      mkdirSync(place.directory)
      const file = join(place.directory, "all.zip")
      make(file)
      const downloads = yield* Downloads.Downloads
      const error = yield* Effect.flip(downloads.run(yield* Whole.request(archiveFiles(file, { replace }))))
      assert(error._tag === "FileError")
      assert.strictEqual(error.reason._tag, reason)
      assert.strictEqual(yield* Whole.jobsBegun, 0)
      assert.deepStrictEqual(yield* (yield* Runs.Runs).list, [])
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("The report of a download", () => {
  it.live("counts what is there of an archive that could not be saved as a whole", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      yield* Downloading.inject(Fault.corrupt("storage", 50_000, { times: "always" }))
      const error = yield* Effect.flip(downloads.run(yield* Whole.request(toDirectory(place.directory))))
      assert(error._tag === "DownloadIncomplete")
      const files = Object.keys(tree(place.directory)).filter((name) => !name.endsWith("/"))
      assert.isAbove(files.length, 0)
      assert.strictEqual(error.report.files, files.length)
      assert.strictEqual(error.report.alreadyThere, 0, "this run has brought them")
      assert.isAbove(error.report.refused, 0)
    }).pipe(Effect.provide(Whole.layer(place)))
  })

  it.live("does not call files there already that an archive brought which was damaged", () => {
    const place = Whole.place()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      yield* Downloading.inject(Fault.corrupt("storage", 50_000))
      const report = yield* downloads.run(yield* Whole.request(toDirectory(place.directory)))
      assert.strictEqual(report.jobs.length, 1)
      assert.isAbove(report.files, 0)
      assert.strictEqual(report.alreadyThere, 0)
    }).pipe(Effect.provide(Whole.layer(place)))
  })
})

describe("Two accounts in one program", () => {
  it.live("are apart, also one inside the other", () =>
    Effect.gen(function* () {
      const credentials = { key: Canary.key, secret: Canary.secret }
      const outer = yield* EmulatorServer.make({ credentials, job: { states: [] } })
      const inner = yield* EmulatorServer.make({ credentials, job: { states: [] } })
      const account = ({ config }: typeof outer) => {
        const place = Whole.place()
        const layer = NodeScenario.layerServices({ runs: Runs.layer({ directory: place.records }) }).pipe(
          Layer.provide(
            ScenarioConfig.layer({
              baseUrl: config.apiUrl,
              apiKey: Redacted.make(Canary.key),
              apiSecret: Redacted.make(Canary.secret)
            })
          )
        )
        const run = Effect.gen(function* () {
          const downloads = yield* Downloads.Downloads
          const selection = yield* Selection.make({ modelIds: [outer.catalogue.models[0]?.id ?? ""] })
          yield* downloads.run({
            wanted: { _tag: "Assets", selection, fileNameTemplate: FileNameTemplate.defaultTemplate },
            destination: toDirectory(join(TestDirectory.make("account"), "renders"))
          })
        })
        return { layer, run }
      }
      const one = account(outer)
      const other = account(inner)
      yield* Effect.provide(Effect.andThen(one.run, Effect.provide(other.run, other.layer)), one.layer)
      const begun = ({ requests }: typeof outer) =>
        Effect.map(requests, (all) => all.filter(({ target }) => target === "requestBatch").length)
      assert.deepStrictEqual([yield* begun(outer), yield* begun(inner)], [1, 1])
    }).pipe(Effect.scoped)
  )
})
