/**
 * What workers add: the same assets by one process, and by more and more workers of a fleet, from an emulator whose jobs take their
 * time and whose storage host is slow, so that waiting is what there is to share. All of it is on this machine, Postgres as well.
 */
import { writeFileSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Postgres from "../test-support/Postgres.ts"
import type { BenchError } from "./BenchError.ts"
import type { Ours } from "./Ours.ts"
import * as Process from "./Process.ts"
import * as Scale from "./Scale.ts"
import { credentials } from "./Server.ts"

export interface Point {
  /** 0: one process without a fleet. */
  readonly workers: number
  /** Seconds. */
  readonly wall: number
}

interface Settings {
  readonly ours: Ours
  readonly directory: string
  readonly assets: number
}

/** Each job takes 4 s, and each connection to the storage host brings 1 MiB a second. */
const slow = ["--pace", "2s", "--fault", "storage:throttle=1MiBxalways"]

export const measure = (
  { assets, directory, ours }: Settings,
  counts: ReadonlyArray<number>,
  tell: (line: string) => Effect.Effect<void>
): Effect.Effect<ReadonlyArray<Point>, BenchError, Scope.Scope | Postgres.Postgres> =>
  Effect.gen(function* () {
    const postgres = yield* Postgres.Postgres
    const apiUrl = yield* Scale.emulator({ ours }, slow)
    const ids = path.join(directory, "ids.txt")
    const lines = Array.from({ length: assets }, (_, index) => `asset_${index}\n`)
    yield* Effect.sync(() => writeFileSync(ids, lines.join("")))
    const env = {
      SCENARIO_BASE_URL: apiUrl,
      SCENARIO_API_KEY: credentials.apiKey,
      SCENARIO_API_SECRET: credentials.apiSecret,
      PGPASSWORD: Postgres.password
    }
    const place = (name: string) => ["--from-file", ids, "--output", path.join(directory, name)]

    yield* tell("one process")
    const alone = yield* Process.run({ ...ours.binary(["download", ...place("alone"), "--folders"]), env })
    const shared = yield* Effect.forEach(counts, (workers) =>
      Effect.gen(function* () {
        yield* tell(`${workers} workers`)
        const { url } = yield* postgres.database
        const fleet = (args: ReadonlyArray<string>) => ({ ...ours.fleet([...args, "--database", url]), env })
        yield* Process.run(fleet(["migrate"]))
        // They are there before the clock runs, as those of a fleet are.
        yield* Effect.forEach(Array.from({ length: workers }), () => Process.serve(fleet(["work"])))
        yield* Effect.sleep("3 seconds")
        const { wall } = yield* Process.run(fleet(["submit", ...place(`workers-${workers}`), "--watch"]))
        return { workers, wall }
      }).pipe(Effect.scoped)
    )
    return [{ workers: 0, wall: alone.wall }, ...shared]
  })

/** Rows for people. */
export const rows = (points: ReadonlyArray<Point>, assets: number): ReadonlyArray<ReadonlyArray<string>> => {
  const batches = Math.ceil(assets / 1000)
  const alone = points.find(({ workers }) => workers === 0)?.wall ?? Number.NaN
  return [
    ["workers", "time", "against one process", "difference a batch"],
    ...points.map(({ wall, workers }) => [
      workers === 0 ? "no fleet" : String(workers),
      `${wall.toFixed(1)} s`,
      `${(wall / alone).toFixed(2)} ×`,
      workers === 0 ? "–" : `${(((wall - alone) / batches) * 1000).toFixed(0)} ms`
    ])
  ]
}
