/** `list`: what is in the archives of jobs, or in files. */
import { join } from "node:path"
import * as Archives from "@scenario-assets/core/Archives"
import type { JobId } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import { JobError } from "@scenario-assets/core/JobError"
import * as TransferPool from "@scenario-assets/core/transfer/TransferPool"
import { ArchiveReader, type Options } from "@scenario-assets/node/archive/ArchiveReader"
import type { ZipEntry } from "@scenario-assets/node/archive/ZipEntry"
import { JobNotReady } from "@scenario-assets/node/download/Downloads"
import * as Runs from "@scenario-assets/node/runs/Runs"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Scenario from "../access/Scenario.ts"
import * as Destination from "../download/Destination.ts"
import * as TimeLimit from "../download/TimeLimit.ts"
import * as CommandError from "../errors/CommandError.ts"
import * as InputFile from "../files/InputFile.ts"
import * as Id from "../ids/Id.ts"
import * as IdKind from "../ids/IdKind.ts"
import * as Fields from "../json/Fields.ts"
import * as Listing from "../output/Listing.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import * as AskedJobs from "../runs/AskedJobs.ts"
import { type Connection, type Limits, transferOptions } from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"
import * as Format from "../text/Format.ts"

interface Values extends Connection, Destination.Patterns, Limits, Output.Mode {
  readonly archives: ReadonlyArray<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { result } = yield* Output.Output
    const words = yield* Effect.forEach(Arr.dedupe(values.archives), (word) =>
      Effect.map(isFile(word), (isFile) => ({ word, isFile }))
    )
    const files = words.filter(({ isFile }) => isFile).map(({ word }) => word)
    const ids = words.filter(({ isFile }) => !isFile).map(({ word }) => word)
    const asked = ids.length === 0 ? undefined : yield* AskedJobs.read(ids, values)
    yield* Effect.forEach(files, InputFile.checkArchive, { discard: true })
    const count = files.length + (asked?.jobIds.length ?? 0)
    const isSingle = asked?.head === undefined && count === 1
    const tell = yield* teller(values, isSingle)

    const outcomes = yield* Effect.all([
      Effect.provide(
        Effect.forEach(files, (file) => tell(Format.path(file), { file }, inFile(file))),
        Scenario.layerFiles
      ),
      asked === undefined
        ? Effect.succeed([])
        : Effect.provide(ofJobs(asked, values, tell), Scenario.layer(asked.connection))
    ])
    const [archives, [first, ...others]] = Arr.partition(outcomes.flat(), (outcome) => outcome)
    const all = { ...(asked?.head === undefined ? {} : { runId: asked.head.runId }), archives }
    if (first === undefined) {
      const [only] = archives
      return yield* result(isSingle && only !== undefined ? only : all)
    }
    return yield* new CommandError.Failures({
      failed: [first, ...others],
      total: count,
      what: "archives could not be listed",
      done: isSingle ? {} : all
    })
  }).pipe(TimeLimit.of(values), Effect.provide([Output.layer(values), Runs.layerConfig]))

/** What looks like an id is one, unless it is written as a path; anything else is a file if there is one. */
const isFile = Effect.fnUntraced(function* (word: string) {
  if (Id.isAddress(word)) return false
  if (/[/\\]|\.zip$/i.test(word) || word === "-") return true
  if (IdKind.of(word) !== undefined) return false
  return yield* Effect.orElseSucceed((yield* FileSystem.FileSystem).exists(word), () => false)
})

const inFile = (file: string) => Effect.flatMap(ArchiveReader, ({ list }) => list({ file }))

/** One after the other, within the limits for all of them. */
const ofJobs = Effect.fnUntraced(function* (
  { jobIds }: AskedJobs.AskedJobs,
  values: Values,
  tell: Effect.Success<ReturnType<typeof teller>>
) {
  const { connections = usualConnections, limitRate, timeLimit: _ofAll, ...options } = transferOptions(values)
  const pool = yield* TransferPool.make({ connections, limitRate })
  return yield* Effect.forEach(jobIds, (jobId) =>
    tell(`job ${jobId}`, { jobId }, inJob(jobId, { ...options, connections, pool }))
  )
})

const usualConnections = Number(Settings.connections.otherwise)

const inJob = Effect.fnUntraced(function* (jobId: JobId, options: Options) {
  const location = yield* locate(jobId)
  const { list } = yield* ArchiveReader
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "scenario-assets-" })
  const watch = yield* Watch.make
  const spool = { file: join(directory, "archive.zip"), onEvent: watch.spooling(jobId) }
  return yield* list(location, { ...options, spool })
}, Effect.scoped)

/** The archive of a job that has one now. One look: who wants to wait has `wait`. */
const locate = Effect.fnUntraced(function* (jobId: JobId) {
  const job = yield* (yield* AssetDownload).getStatus(jobId)
  const error = JobError.fromJob(job)
  if (error !== undefined) return yield* error
  if (!DownloadJob.isReady(job)) return yield* new JobNotReady({ jobId, jobStatus: job.jobStatus })
  const { ofJob } = yield* Archives.Archives
  const source = { url: job.downloadUrl, refresh: Effect.flatMap(ofJob(jobId), ({ source }) => source.refresh) }
  return { name: jobId, source }
})

type Origin = { readonly file: string } | { readonly jobId: JobId }

/** Prints what is in an archive as soon as it is known, with a heading where there are several, and gives it for programs. */
const teller = Effect.fnUntraced(function* (patterns: Destination.Patterns, isSingle: boolean) {
  const { line, note } = yield* Output.Output
  const filter = yield* Destination.filter(patterns)
  const print = Effect.fnUntraced(function* (of: string, origin: Origin, entries: ReadonlyArray<ZipEntry>) {
    const files = entries.filter((entry) => !entry.isDirectory)
    const bytes = sum(files, ({ size }) => size)
    if (!isSingle) yield* line(`${of}:`)
    yield* Listing.print(
      entries.map(({ name, refused, size }) => ({
        size,
        name,
        ...(refused === undefined ? {} : { more: `(refused: ${Fields.whyRefused(refused)})` })
      }))
    )
    yield* note(
      `${isSingle ? "" : `${of}: `}${Format.count(files.length, "file")}, ${Format.bytes(bytes)} ` +
        `(${Format.bytes(sum(files, ({ compressedSize }) => compressedSize))} in the archive)`
    )
    return { ...origin, files: files.length, bytes, entries: entries.map(Fields.ofEntry) }
  })
  return <E extends CommandError.Failure, R>(
    of: string,
    origin: Origin,
    read: Effect.Effect<ReadonlyArray<ZipEntry>, E, R>
  ) =>
    read.pipe(
      Effect.flatMap((entries) => print(of, origin, entries.filter(filter))),
      Effect.mapError((error) => ({ of, error })),
      Effect.result
    )
})

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)
