/** Where files go besides one directory: a folder for each batch, and a bucket. */
import { existsSync, readdirSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import { buildApp } from "fauxqs"
import * as Canary from "../../../test-support/Canary.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/"))

describe.concurrent("--folders", () => {
  it.live("gives each archive a folder, and no file a number; the manifest knows", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const model = Emulated.modelOf(emulated)
      const jobs = [yield* emulated.begin(model), yield* emulated.begin(model)]
      const args = ["download", ...jobs, "-o", "r", "--folders"]
      const plan = yield* emulated.run([...args, "--dry-run", "--json"])
      assert.include(plan.stdout, '"path":"2/')
      assert.isFalse(existsSync(path.join(emulated.directory, "r", "1")))

      const { code, stderr, stdout } = yield* emulated.run([...args, "--manifest", "-"])
      assert.strictEqual(code, 0, stderr)
      const files = filesIn(path.join(emulated.directory, "r"))
      assert.lengthOf(files, 6)
      assert.deepStrictEqual(new Set(files.map((file) => file.split("/")[0])), new Set(["1", "2"]))
      const listed = Binary.jsonLines(stdout).map((line) => String(line["path"]))
      assert.deepStrictEqual(listed.toSorted(), files.toSorted())
      assert.deepInclude(yield* emulated.run([...args, "--quiet"]), { code: 0 })
      assert.lengthOf(filesIn(path.join(emulated.directory, "r")), 6)
      const shown = yield* emulated.run(["runs", "--json"])
      assert.include(shown.stdout, '"state":"done"')
    })
  )

  it.live("of a single archive is the directory itself", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { code, stderr } = yield* emulated.run(["download", Emulated.modelOf(emulated), "-o", "r", "--folders"])
      assert.strictEqual(code, 0, stderr)
      assert.lengthOf(filesIn(path.join(emulated.directory, "r")), 3)
      assert.isFalse(existsSync(path.join(emulated.directory, "r", "1")))
    })
  )
})

/** A store in memory on a port of its own, with one bucket. */
const bucket = Effect.gen(function* () {
  const app = buildApp({ logger: false, host: "127.0.0.1" })
  const endpoint = yield* Effect.acquireRelease(
    Effect.promise(() => app.listen({ port: 0, host: "127.0.0.1" })),
    () =>
      Effect.promise(() => {
        app.server.closeAllConnections()
        return app.close()
      })
  )
  yield* Effect.promise(() => fetch(`${endpoint}/bucket`, { method: "PUT" }))
  const keys = Effect.promise(async () => {
    const text = await (await fetch(`${endpoint}/bucket?list-type=2`)).text()
    return Array.from(text.matchAll(/<Key>([^<]*)<\/Key>/g), ([, key = ""]) => key)
  })
  const env = {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: Canary.key,
    AWS_SECRET_ACCESS_KEY: Canary.secret,
    AWS_EC2_METADATA_DISABLED: "true"
  }
  return { env, keys }
})

describe.concurrent("--to", () => {
  it.live("stores files in a bucket, none twice, and resumes without another job", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { env, keys } = yield* bucket
      const args = ["download", Emulated.modelOf(emulated), "--to", "s3://bucket/renders"]
      yield* emulated.emulator.inject(Fault.stall("storage", 30_000, { times: "always" }))
      const running = yield* emulated.start([...args, "--json"], { env })
      yield* running.until("stdout", /"type":"ready"/)
      yield* running.kill("SIGINT")
      const interrupted = yield* running.ended
      assert.strictEqual(interrupted.code, 130, interrupted.stderr)
      yield* emulated.emulator.clearFaults

      const runId = String(Binary.events(interrupted.stdout, "run")[0]?.["runId"])
      const resumed = yield* emulated.run(["runs", "resume", runId], { env })
      assert.deepStrictEqual([resumed.code, resumed.stdout], [0, "s3://bucket/renders\n"], resumed.stderr)
      const stored = yield* keys
      assert.lengthOf(stored, 4, "three files, and the manifest")
      assert.isTrue(stored.every((key) => key.startsWith("renders/")))
      assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
      assert.isEmpty(filesIn(emulated.directory), "nothing on the disk")

      const again = yield* emulated.run([...args, "--json"], { env })
      assert.deepInclude(Binary.events(again.stdout, "completed")[0], { files: 3, alreadyThere: 3 })
      const shown = yield* emulated.run(["runs"])
      assert.include(shown.stdout, "\ts3://bucket/renders\t")
    })
  )

  it.live("says what is wrong with the bucket, the address and the other flags, before any job", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { env } = yield* bucket
      const model = Emulated.modelOf(emulated)
      for (const [args, code, message] of [
        [["--to", "s3://nowhere/renders"], 8, /nowhere/],
        [["--to", "renders"], 2, /--to: "renders" is not a plain address such as s3:\/\/bucket\/folder/],
        [["--to", `s3://user:${Canary.secret}@bucket/renders`], 2, /--to: the address is not a plain address/],
        [["--to", "ftp://bucket/renders"], 2, /does not begin with s3:\/\//],
        [["--to", "s3://bucket", "-o", "r"], 2, /--output is about a directory/],
        [["--to", "s3://bucket", "--archive", "a.zip"], 2, /--archive is about a directory/],
        [["--archive", "a.zip", "--folders"], 2, /leave out --folders/]
      ] as const) {
        const ended = yield* emulated.run(["download", model, ...args], { env })
        assert.strictEqual(ended.code, code, ended.stderr)
        assert.match(ended.stderr, message)
      }
      assert.isEmpty(yield* emulated.requests("requestBatch"))
    })
  )
})
