/** An emulator of its own for each test, with canaries for credentials and signatures, and the binary pointed at it. */
import { readFileSync } from "node:fs"
import path from "node:path"
import { assert } from "@effect/vitest"
import type { Emulator } from "@scenario-assets/core/testing"
import * as EmulatorServer from "@scenario-assets/node/testing/EmulatorServer"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Canary from "../../../../test-support/Canary.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Binary from "./Binary.ts"

export interface Emulated {
  readonly emulator: Emulator.Emulator["Service"]
  /** The environment that leads to it. */
  readonly env: Readonly<Record<string, string>>
  /** A directory for what is downloaded. */
  readonly directory: string
  /** A directory for the records of runs. */
  readonly runs: string
  readonly start: (
    args: ReadonlyArray<string>,
    options?: Binary.Options
  ) => Effect.Effect<Binary.Running, never, Scope.Scope>
  readonly run: (args: ReadonlyArray<string>, options?: Binary.Options) => Effect.Effect<Binary.Ended>
  /** The requests so far to one operation, or to the storage host. */
  readonly requests: (target: string) => Effect.Effect<ReadonlyArray<Emulator.RecordedRequest>>
  /** A job that somebody else begins, for all assets of a model. */
  readonly begin: (modelId: string) => Effect.Effect<string>
  /** The bytes of a job's archive, by a client that shares nothing with the binary. */
  readonly archive: (jobId: string) => Effect.Effect<Buffer>
}

/** A model of the catalogue whose jobs go well. */
export const modelOf = ({ emulator }: Emulated): string => emulator.catalogue.models[0]?.id ?? ""

/** Archives are of made-up bytes, which cost less than pictures do, unless `archive` says otherwise. */
export const make = (options: EmulatorServer.Options = {}): Effect.Effect<Emulated, never, Scope.Scope> =>
  Effect.gen(function* () {
    const emulator = yield* Effect.orDie(
      EmulatorServer.make({
        credentials: { key: Canary.key, secret: Canary.secret },
        signaturePrefix: Canary.signature,
        archive: { size: 100_000, entries: 3 },
        ...options,
        job: { pace: 0, ...options.job }
      })
    )
    const state = TestDirectory.make("state")
    const env = {
      XDG_STATE_HOME: state,
      SCENARIO_BASE_URL: emulator.config.apiUrl,
      SCENARIO_API_KEY: Canary.key,
      SCENARIO_API_SECRET: Canary.secret
    }
    const directory = TestDirectory.make("downloads")
    const headers = { authorization: `Basic ${Canary.basic}`, "content-type": "application/json" }
    const pointed = (given: Binary.Options = {}) => ({ cwd: directory, ...given, env: { ...env, ...given.env } })
    return {
      emulator,
      env,
      directory,
      runs: path.join(state, "scenario-assets", "runs"),
      start: (args, given) => Binary.start(args, pointed(given)),
      run: (args, given) => Binary.run(args, pointed(given)),
      requests: (target) => Effect.map(emulator.requests, (all) => all.filter((request) => request.target === target)),
      begin: (modelId) =>
        Effect.promise(async () => {
          const query = { assetIds: [], inferenceIds: [], modelIds: [modelId] }
          const body = JSON.stringify({ query, options: { fileNameTemplate: "<seed>" } })
          const response = await fetch(`${emulator.config.apiUrl}/assets/download`, { method: "POST", headers, body })
          return (await response.json()).jobId
        }),
      archive: (jobId) =>
        Effect.promise(async () => {
          const job = await (await fetch(`${emulator.config.apiUrl}/assets/download/${jobId}`, { headers })).json()
          return Buffer.from(await (await fetch(job.downloadUrl)).arrayBuffer())
        })
    }
  })

/** A file must hold these very bytes; the difference of large ones is nothing to print. */
export const assertSameBytes = (file: string, bytes: Buffer): void => {
  assert.isTrue(readFileSync(file).equals(bytes), `${file} holds other bytes`)
}
