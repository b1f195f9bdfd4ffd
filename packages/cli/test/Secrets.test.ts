import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Canary from "../../../test-support/Canary.ts"
import type * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const MiB = 1024 * 1024

/** What a server says that repeats everything it was told, and hands out links in its errors. */
const indiscreet = JSON.stringify({
  message: `Basic ${Canary.basic} (${Canary.key}, ${Canary.secret})`,
  link: `https://cdn.example/x?Signature=${Canary.signature}&Key-Pair-Id=K`
})

/** What goes wrong, what is run then, and how it ends. */
const failures: Readonly<
  Record<
    string,
    {
      readonly faults: ReadonlyArray<Fault.Fault>
      readonly code: number
      readonly env?: Record<string, string>
    }
  >
> = {
  "the server repeats the credentials": {
    faults: [Fault.status("requestBatch", 500, { body: indiscreet, contentType: "application/json" })],
    code: 5
  },
  "a secret that cannot be one": { faults: [], code: 4, env: { SCENARIO_API_SECRET: `${Canary.secret} \u00e9` } },
  "a base URL with credentials": {
    faults: [],
    code: 2,
    env: { SCENARIO_BASE_URL: `http://${Canary.key}:${Canary.secret}@127.0.0.1/v1` }
  },
  "malformed JSON with everything in it": {
    faults: [Fault.status("requestBatch", 200, { body: `${indiscreet}{`, contentType: "application/json" })],
    code: 5
  },
  "a link refused twice": { faults: [Fault.status("storage", 403, { times: "always", body: indiscreet })], code: 5 },
  "a redirect to where nothing is fetched from": {
    faults: [Fault.redirect("storage", { location: `ftp://cdn.example/x?Signature=${Canary.signature}` })],
    code: 1
  }
}

const ways: ReadonlyArray<readonly [what: string, words: ReadonlyArray<string>]> = [
  ["an archive", ["--archive", "all.zip"]],
  ["an extraction", []]
]

describe.concurrent("secrets", () => {
  it.live.each(Object.entries(failures))("%s: nothing printed or written holds one", ([, { code, env, faults }]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3 * MiB } })
      yield* emulated.emulator.inject(...faults)
      const args = ["download", Emulated.modelOf(emulated), "--verbose", "--json"]
      const ended = yield* emulated.run(args, { env })
      assert.strictEqual(ended.code, code, ended.stderr)
      assertClean(ended, emulated.directory)
    })
  )

  it.live.each(ways)("killed in the middle of %s: what is left on disk holds none", ([, way]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3 * MiB, entries: 12 } })
      // To extract, the first request is for the directory of the archive.
      yield* emulated.emulator.inject(Fault.stall("storage", 2.5 * MiB, { skip: way.length === 0 ? 1 : 0 }))
      const args = ["download", Emulated.modelOf(emulated), ...way, "--verbose", "--json"]
      const running = yield* emulated.start(args)
      yield* running.until("stdout", /"type":"progress"/)
      yield* running.kill("SIGKILL")
      const ended = yield* running.ended
      assert.isAtLeast(readdirSync(emulated.directory, { recursive: true }).length, 3)
      assertClean(ended, emulated.directory)

      // All this means something only if the canaries were in use.
      const [batch] = yield* emulated.requests("requestBatch")
      assert.strictEqual(batch?.headers["authorization"], `Basic ${Canary.basic}`)
      const [storage] = yield* emulated.requests("storage")
      assert.include(storage?.path, `Signature=${Canary.signature}`)
      assert.notProperty(storage?.headers, "authorization")
    })
  )
})

const assertClean = (ended: Binary.Ended, directory: string): void => {
  assert.deepStrictEqual(Canary.find(Buffer.from(ended.stdout)), [], "stdout")
  assert.deepStrictEqual(Canary.find(Buffer.from(ended.stderr)), [], "stderr")
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    assert.deepStrictEqual(Canary.find(Buffer.from(file)), [], "a file's name")
    if (entry.isFile()) assert.deepStrictEqual(Canary.find(readFileSync(file)), [], file)
  }
}
