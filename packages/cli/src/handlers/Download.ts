/** `download`: from a selection, or from jobs begun earlier, to files in a directory, or to archives that are kept. */
import { isAbsolute, join, resolve as resolvePath } from "node:path"
import * as FileNameTemplate from "@scenario-assets/core/FileNameTemplate"
import * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import * as RunRecords from "@scenario-assets/node/runs/Runs"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scenario from "../access/Scenario.ts"
import * as Chosen from "../catalogue/Chosen.ts"
import * as Selecting from "../catalogue/Selecting.ts"
import * as Destination from "../download/Destination.ts"
import * as Downloading from "../download/Downloading.ts"
import * as DryRun from "../download/DryRun.ts"
import * as SavedFiles from "../download/SavedFiles.ts"
import { UsageError } from "../errors/CommandError.ts"
import * as WholeFile from "../files/WholeFile.ts"
import * as Ids from "../ids/Ids.ts"
import * as Output from "../output/Output.ts"
import * as Arguments from "../settings/Arguments.ts"
import type { Choice } from "../settings/CatalogueFlags.ts"
import { type Connection, type Extraction, type Transfer, transferOptions } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"
import * as Runs from "./Runs.ts"

interface Values extends Ids.Input, Choice, Extraction, Transfer, Connection, Output.Mode {
  /** The name of an archive that is kept as it is. */
  readonly archive: Option.Option<string>
  /** Each batch into a folder of its own. */
  readonly folders: boolean
  /** The address of a store. */
  readonly to: Option.Option<string>
  readonly template: string
  readonly flat: boolean
  readonly deadline: Option.Option<Duration.Duration>
  readonly dryRun: boolean
  readonly detach: boolean
  readonly refresh: boolean
  readonly metadata: Option.Option<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const nothingStarted = whenInterrupted(() => "Nothing was started; run the same command again.")
    const isChoice = Chosen.flags(values).length > 0
    const wanted = yield* nothingStarted(Ids.read(values, { orEverything: isChoice }))
    if (wanted._tag === "Run") return yield* resume(wanted.runId, values)
    const found = yield* nothingStarted(choose(wanted, values))
    if (found === undefined) return yield* nothing(values)
    const request = yield* nothingStarted(requestOf(found, values))
    return yield* values.dryRun
      ? DryRun.ofDownload(request, values, found.bytes)
      : Downloading.perform(request, { connection: values, json: values.json, detach: values.detach })
  }).pipe(Effect.provide([Output.layer(values), RunRecords.layerConfig]))

/** The same as `runs resume`: of a limit that is not given on the command line, that of the run holds. */
const resume = Effect.fnUntraced(function* (runId: string, values: Values) {
  yield* Ids.checkFlagsOfRun(runId, (flag) => resumeFlags.has(flag))
  const flags = yield* Arguments.Flags
  const given = <A>(flag: string, value: Option.Option<A>) => Option.filter(value, () => flags.has(flag))
  return yield* Runs.resumed({
    json: values.json,
    quiet: values.quiet,
    verbose: values.verbose,
    id: Option.some(runId),
    deadline: given("deadline", values.deadline),
    connections: given("connections", values.connections),
    limitRate: given("limit-rate", values.limitRate),
    idleTimeout: given("idle-timeout", values.idleTimeout),
    timeLimit: given("time-limit", values.timeLimit),
    retries: given("retries", values.retries)
  })
})

const resumeFlags: ReadonlySet<string> = new Set(
  "json quiet verbose deadline connections limit-rate idle-timeout time-limit retries".split(" ")
)

/** What is downloaded, and the notes of how it was found. */
interface Found {
  readonly wanted: Exclude<Ids.Wanted, { readonly _tag: "Run" | "Everything" }>
  readonly annotations: Readonly<Record<string, string>>
  /** Of all assets together, where that is known. */
  readonly bytes?: number | undefined
}

/** The assets that flags choose out of the catalogue, which is asked for the metadata as well; none where nothing fits. */
const choose = Effect.fnUntraced(function* (wanted: Exclude<Ids.Wanted, { readonly _tag: "Run" }>, values: Values) {
  const [flag] = Chosen.flags(values)
  const plain: Found | undefined = wanted._tag === "Everything" ? undefined : { wanted, annotations: {} }
  if (wanted._tag === "Jobs") {
    const name = flag ?? (Option.isSome(values.metadata) ? "--metadata" : values.refresh ? "--refresh" : undefined)
    if (name === undefined) return plain
    return yield* new UsageError({
      message: `${name} is about assets, and ${wanted.jobIds[0]} is a job, whose assets are decided; leave out ${name}`
    })
  }
  if (Option.isSome(values.metadata)) {
    yield* WholeFile.checkName("--metadata", values.metadata.value)
    yield* Destination.checkInputs("--metadata", values.metadata, inputsOf(values))
  }
  if (flag === undefined && (Option.isNone(values.metadata) || values.dryRun)) return plain
  const within = wanted._tag === "Everything" ? Chosen.everywhere : wanted.selection
  const chosen = yield* Chosen.make(values, within)
  const { note } = yield* Output.Output
  yield* note("Looking up assets…")
  return yield* Effect.gen(function* () {
    if (flag === undefined) {
      if (Option.isSome(values.metadata)) yield* Selecting.describe(within, values.metadata.value)
      return plain
    }
    const found = yield* Selecting.resolve(chosen, within, {
      destination: yield* destinationOf(values),
      metadata: values.dryRun ? Option.none() : values.metadata,
      // What would be done is told of what there is now.
      refresh: values.refresh || values.dryRun
    })
    if (Option.isNone(found)) return undefined
    const { bytes, selection } = found.value
    const assets: Found = {
      wanted: { _tag: "Assets", selection, duplicateCount: 0 },
      annotations: Selecting.annotations(chosen, within),
      bytes
    }
    return assets
  }).pipe(Effect.provide(Scenario.layer(values)))
})

/** Where nothing is wanted, nothing is what there is to do. */
const nothing = Effect.fnUntraced(function* (values: Values) {
  const { result } = yield* Output.Output
  const { archive, detach, dryRun, flat, template } = values
  if (dryRun) return yield* result({ dryRun: true, ids: 0, batches: [], fileNameTemplate: template, flat })
  if (detach) return yield* result({ runId: null, jobs: [] })
  if (Option.isSome(archive)) return yield* result({ archives: [] })
  const directory = Option.getOrElse(values.to, () => SavedFiles.shownDirectory(values.directory))
  return yield* result({ directory, archives: [], renamed: 0 })
})

/** All that was said on the command line, in files and on stdin. */
const requestOf = Effect.fnUntraced(function* ({ annotations, wanted }: Found, values: Values) {
  const { concurrency, deadline, manifest } = values
  if (values.detach && Option.contains(manifest, "-")) {
    return yield* new UsageError({
      message: "--detach ends before there are files to list on stdout; pass the name of a file with --manifest"
    })
  }
  const request: DownloadRequest.DownloadRequest = {
    wanted: yield* wanted._tag === "Jobs" ? jobsOf(wanted, values) : assetsOf(wanted, values),
    destination: yield* destinationOf(values),
    concurrency,
    ...transferOptions(values),
    ...(Option.isSome(deadline) ? { deadline: deadline.value } : {}),
    // For a process in another directory.
    ...Downloading.annotations(
      Option.map(manifest, (file) => (file === "-" ? file : resolvePath(file))),
      annotations
    )
  }
  return request
})

const assetsOf = Effect.fnUntraced(function* (
  { duplicateCount, selection }: Extract<Ids.Wanted, { readonly _tag: "Assets" }>,
  values: Values
) {
  const { warn } = yield* Output.Output
  const fileNameTemplate = yield* readTemplate(values.template)
  if (duplicateCount > 0) {
    yield* warn(`${Format.count(duplicateCount, "id is", "ids are")} given more than once, and requested once`)
  }
  return DownloadRequest.Assets.make({ selection, fileNameTemplate, flat: values.flat })
})

/** What decides how an archive is made comes too late for one that is. */
const jobsOf = Effect.fnUntraced(function* (
  { jobIds }: Extract<Ids.Wanted, { readonly _tag: "Jobs" }>,
  { detach }: Values
) {
  const flags = yield* Arguments.Flags
  const flag = detach ? "detach" : ["template", "flat"].find((flag) => flags.has(flag))
  if (flag !== undefined) {
    return yield* new UsageError({
      message: `--${flag} is for new jobs, and ${jobIds[0]} was started before; leave out --${flag}`
    })
  }
  return DownloadRequest.Jobs.make({ jobIds })
})

const destinationOf = Effect.fnUntraced(function* (values: Values) {
  const { archive, directory, exclude, folders, force, include, manifest, maxSize, to } = values
  yield* Destination.checkInputs(
    "--manifest",
    Option.filter(manifest, (file) => file !== "-"),
    inputsOf(values)
  )
  const size = Option.isSome(maxSize) ? { maxSize: maxSize.value } : {}
  if (Option.isSome(to)) {
    yield* Destination.checkStore(to.value, yield* Arguments.Flags)
    yield* Destination.filter(values)
    return DownloadRequest.store(to.value, { include, exclude, ...size })
  }
  if (Option.isSome(archive)) {
    if (folders) {
      return yield* new UsageError({ message: "--archive does not extract the archive; leave out --folders" })
    }
    const file = isAbsolute(archive.value) ? archive.value : join(directory, archive.value)
    yield* Destination.checkArchive(archive.value, file, values)
    yield* Destination.checkInputs("--archive", Option.some(file), inputsOf(values))
    return DownloadRequest.archiveFiles(file, { replace: force })
  }
  yield* Destination.filter(values)
  return DownloadRequest.directory(directory, {
    include,
    exclude,
    ifDiffers: force ? "replace" : "keep",
    ...(folders ? { folders } : {}),
    ...size
  })
})

/** The lists of ids; that of stdin is one too where it is a file. */
const inputsOf = ({ files, ids }: Ids.Words): ReadonlyArray<string> => [...files, ...ids.filter((id) => id === "-")]

const readTemplate = Effect.fnUntraced(function* (text: string) {
  const template = yield* Schema.decodeUnknownEffect(FileNameTemplate.FileNameTemplate)(text).pipe(
    Effect.mapError((error) => new UsageError({ message: `--template: ${error.message}` }))
  )
  const { warn } = yield* Output.Output
  yield* Effect.forEach(FileNameTemplate.check(template), (warning) => warn(warning.message), { discard: true })
  return template
})
