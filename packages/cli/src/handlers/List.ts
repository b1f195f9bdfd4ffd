/** `list`: what is in the archive of a job, or in a file. */
import { join } from "node:path"
import * as Archives from "@scenario-assets/core/Archives"
import * as Asset from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import { JobError } from "@scenario-assets/core/JobError"
import { ArchiveReader } from "@scenario-assets/node/archive/ArchiveReader"
import type { ZipEntry } from "@scenario-assets/node/archive/ZipEntry"
import { JobNotReady } from "@scenario-assets/node/download/Downloads"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Scenario from "../access/Scenario.ts"
import * as Destination from "../download/Destination.ts"
import { UsageError } from "../errors/CommandError.ts"
import * as InputFile from "../files/InputFile.ts"
import * as Fields from "../json/Fields.ts"
import * as Listing from "../output/Listing.ts"
import * as Output from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface Values extends Connection, Destination.Patterns, Output.Mode {
  readonly archive: string
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { archive } = values
    const filter = yield* Destination.filter(values)
    const fs = yield* FileSystem.FileSystem
    const isFile = /[/\\]|\.zip$/i.test(archive) || (yield* Effect.orElseSucceed(fs.exists(archive), () => false))
    if (isFile) {
      yield* InputFile.checkArchive(archive)
      const entries = yield* Effect.provide(ofFile(archive), Scenario.layerFiles)
      return yield* tell({ file: archive }, entries.filter(filter))
    }
    const jobId = yield* Schema.decodeUnknownEffect(Asset.JobId)(archive).pipe(
      Effect.mapError((error) => new UsageError({ message: `${JSON.stringify(archive)}: ${error.message}` }))
    )
    const entries = yield* Effect.provide(ofJob(jobId), Scenario.layer(values))
    return yield* tell({ jobId }, entries.filter(filter))
  }).pipe(Effect.provide(Output.layer(values)))

const ofFile = Effect.fnUntraced(function* (file: string) {
  const { list } = yield* ArchiveReader
  return yield* list({ file })
})

const ofJob = Effect.fnUntraced(function* (jobId: Asset.JobId) {
  const location = yield* locate(jobId)
  const { list } = yield* ArchiveReader
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "scenario-assets-" })
  const watch = yield* Watch.make
  return yield* list(location, { spool: { file: join(directory, "archive.zip"), onEvent: watch.spooling(jobId) } })
}, Effect.scoped)

/** The archive of a job that has one now. One look: who wants to wait has `wait`. */
const locate = Effect.fnUntraced(function* (jobId: Asset.JobId) {
  const job = yield* (yield* AssetDownload).getStatus(jobId)
  const error = JobError.fromJob(job)
  if (error !== undefined) return yield* error
  if (!DownloadJob.isReady(job)) return yield* new JobNotReady({ jobId, jobStatus: job.jobStatus })
  const { ofJob } = yield* Archives.Archives
  const source = { url: job.downloadUrl, refresh: Effect.flatMap(ofJob(jobId), ({ source }) => source.refresh) }
  return { name: jobId, source }
})

const tell = Effect.fnUntraced(function* (
  origin: { readonly file: string } | { readonly jobId: Asset.JobId },
  entries: ReadonlyArray<ZipEntry>
) {
  const { note, result } = yield* Output.Output
  const files = entries.filter((entry) => !entry.isDirectory)
  const bytes = sum(files, ({ size }) => size)
  yield* Listing.print(
    entries.map(({ name, refused, size }) => ({
      size,
      name,
      ...(refused === undefined ? {} : { more: `(refused: ${Fields.whyRefused(refused)})` })
    }))
  )
  yield* note(
    `${Format.count(files.length, "file")}, ${Format.bytes(bytes)} ` +
      `(${Format.bytes(sum(files, ({ compressedSize }) => compressedSize))} in the archive)`
  )
  yield* result({ ...origin, files: files.length, bytes, entries: entries.map(Fields.ofEntry) })
})

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)
