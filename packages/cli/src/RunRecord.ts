/** What is written down of a run: what it was asked for, which jobs it has begun, and how it ended. No secret is in it. */
import { hostname, uptime } from "node:os"
import { dirname } from "node:path"
import { JobId } from "@scenario-assets/core/Asset"
import * as ProcessId from "@scenario-assets/node/engine/ProcessId"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { place, Request } from "./Request.ts"

/** Such as `run_261125_bakolu`: the day, and syllables that can be told on the telephone. */
export const RunId = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^run_\d{6}_[a-z]{6}$/, { message: "Expected the id of a run, such as run_…" })),
  Schema.brand("RunId")
)
export type RunId = typeof RunId.Type

export const isRunId = Schema.is(RunId)

const End = Schema.Struct({
  /** `detached`: all jobs are begun, and the files are still to be fetched. */
  state: Schema.Literals(["done", "detached", "failed", "interrupted"]),
  at: Schema.DateTimeUtcFromString,
  exitCode: Schema.Int,
  message: Schema.OptionFromOptionalKey(Schema.String)
})
export type End = typeof End.Type

export const RunRecord = Schema.Struct({
  version: Schema.Literal(1),
  runId: RunId,
  started: Schema.DateTimeUtcFromString,
  /** The directory that it was begun in; none in records of earlier versions. */
  cwd: Schema.optionalKey(Schema.String),
  /** Who carries it out, or did so last. */
  process: Schema.Struct({
    pid: Schema.Int,
    /** None where the system does not tell, and in records of earlier versions. */
    startTime: Schema.optionalKey(Schema.Int),
    host: Schema.String,
    since: Schema.DateTimeUtcFromString
  }),
  request: Request,
  /** Those begun, by the number of their batch, from 0; of jobs that others began, those that it has begun to save. */
  jobs: Schema.Array(Schema.Struct({ batch: Schema.Int, jobId: JobId })),
  /** None while it goes on, and where it was killed. */
  end: Schema.OptionFromOptionalKey(End)
})
export type RunRecord = typeof RunRecord.Type

export type State = End["state"] | "running" | "stopped"

export const state = ({ end, process }: RunRecord): State =>
  Option.match(end, {
    // Of another machine nothing is known.
    onNone: () => (process.host !== hostname() || isAlive(process) ? "running" : "stopped"),
    onSome: ({ state }) => state
  })

/** Whether a process of this machine carries it out. */
export const isBusy = (record: RunRecord): boolean => record.process.host === hostname() && state(record) === "running"

/** Whether a directory is the one it was begun in, or that its files go to. */
export const isOf = ({ cwd, request }: RunRecord, directory: string): boolean =>
  directory === cwd ||
  directory === request.directory ||
  (Option.isSome(request.archive) && directory === dirname(place(request)))

/** All jobs: those of the request, or those begun so far. */
export const jobIds = ({ jobs, request: { wanted } }: RunRecord): ReadonlyArray<JobId> =>
  "jobIds" in wanted ? wanted.jobIds : jobs.map(({ jobId }) => jobId)

/** This process, from now on. */
export const ownProcess = Effect.map(DateTime.now, (since) => ({ ...ProcessId.own(), host: hostname(), since }))

/** Of each day there are half a million. */
export const makeId = Effect.gen(function* () {
  const day = DateTime.formatIsoDateUtc(yield* DateTime.now)
    .slice(2)
    .replaceAll("-", "")
  const letters = yield* Effect.forEach([1, 2, 3], () => Effect.all([Random.choice(consonants), Random.choice(vowels)]))
  return RunId.make(`run_${day}_${letters.flat().join("")}`)
})

const consonants = ["b", "d", "f", "g", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z"] as const
const vowels = ["a", "e", "i", "o", "u"] as const

/** One that is older than the machine is up is another one by now. */
const isAlive = ({ since, ...process }: RunRecord["process"]): boolean => {
  // Clocks are set now and then.
  const booted = DateTime.toEpochMillis(DateTime.nowUnsafe()) - uptime() * 1000 - 60_000
  return DateTime.toEpochMillis(since) >= booted && ProcessId.isAlive(process)
}
