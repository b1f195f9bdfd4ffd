/**
 * What `--json` prints, line by line. This is the contract with programs: `docs/events.schema.json` is made of it.
 *
 * Within a version, fields and types of events are added; none is taken away or changes its meaning. The code that prints
 * takes nothing but types from here, so that no run pays for the schemas.
 */
import * as Schema from "effect/Schema"
import {
  BegunJob,
  Check,
  Count,
  described,
  entry,
  ExtractedArchive,
  extractedFiles,
  Failed,
  Job,
  line,
  ListedArchive,
  Refused,
  Renamed,
  SavedArchive,
  SavedAsset,
  savedFile,
  Setting,
  Strings,
  synced,
  why
} from "./JsonShapes.ts"
import { ResultLine } from "./Results.ts"

/** One thing that happens on the way. Where a type has several forms, each has a name of its own. */
const event = <const Type extends string, const Fields extends Schema.Struct.Fields>(
  type: Type,
  description: string,
  fields: Fields,
  name: string = type
) => line(type, description, fields).annotate({ identifier: `${name}Event` })

/** Which of several archives or files; the same word from the first event to the last. */
const id = { id: Schema.String.annotate({ description: "A job, an asset, or the path of an archive" }) }

export const EventLine = Schema.Union([
  event("planned", "How many jobs are needed", { batches: Count, ids: Count }),
  event("batch", "A batch is being requested", {
    batch: Count.annotate({ description: "Counted from 1" }),
    ids: Count
  }),
  event("requested", "A job was started, or one that an earlier run started is used again", {
    batch: Count.annotate({ description: "Counted from 1" }),
    jobId: Schema.String,
    resumed: Schema.Boolean
  }),
  event("status", "The status of a job has changed", {
    jobId: Schema.String,
    jobStatus: Schema.String,
    ready: Schema.Boolean.annotate({ description: "Whether its archive can be downloaded" })
  }),
  event("callRetrying", "An API call failed and is retried after a pause", {
    batch: Count,
    jobId: Schema.optionalKey(Schema.String),
    tries: Count.annotate({ description: "Failed attempts in a row" }),
    pauseMs: Count,
    message: Schema.String,
    operation: Schema.optionalKey(Schema.String),
    reason: Schema.optionalKey(Schema.String),
    status: Schema.optionalKey(Count.annotate({ description: "HTTP status of the API's response" })),
    requestId: Schema.optionalKey(Schema.String)
  }),
  event("ready", "The archive of a batch is ready for download", { batch: Count, jobId: Schema.String }),
  event("failed", "The archive of a batch could not be made, or could not be saved", {
    batch: Count,
    jobId: Schema.optionalKey(Schema.String),
    message: Schema.String,
    startsAnew: Schema.Boolean.annotate({ description: "Whether a new job is started in its place" })
  }),
  event("opened", "The storage host has responded", { ...id, offset: Count, size: Schema.optionalKey(Count) }),
  event("progress", "Bytes received so far: at most twice a second for each id, and always once at the end", {
    ...id,
    bytes: Count,
    size: Schema.optionalKey(Count)
  }),
  event("retrying", "A request to the storage host failed and is retried after a pause", {
    ...id,
    offset: Count,
    tries: Count.annotate({ description: "Failed attempts since bytes last arrived" }),
    pauseMs: Count,
    fault: Schema.String
  }),
  event("refreshed", "A link was refused, and a new one was requested", { ...id, offset: Count, status: Count }),
  event("startedOver", "The download starts again, because the storage host could not resume it", {
    ...id,
    discarded: Count,
    sameObject: Schema.Boolean
  }),
  event("segments", "The number of connections in use has changed", { ...id, connections: Count }),
  event("extracting", "The archive's directory has been read; it is known what will be written", {
    ...id,
    files: Count,
    bytes: Count,
    toWrite: Count.annotate({ description: "Files that do not exist yet" }),
    toRead: Count.annotate({ description: "Bytes of the archive that will be read" })
  }),
  event("extracted", "Files that now exist, at most 256 per event", {
    ...id,
    files: Schema.Array(
      Schema.Struct({ path: Schema.String, ...entry, alreadyThere: Schema.Boolean, ...why }).pipe(
        described("ExtractedFile", "A file in the output directory")
      )
    )
  }),
  event("refused", "One file was not extracted, because of its name, its compression or damage", {
    ...id,
    name: Schema.String,
    message: Schema.String
  }),
  event("completed", "A file is complete", { ...id, ...savedFile }, "completedFile"),
  event("completed", "An archive is extracted", { ...id, ...extractedFiles }, "completedArchive"),
  event("run", "The run is recorded and can be resumed", { runId: Schema.String }),
  event("idsNotFound", "Scenario does not know these ids of a batch; the others are requested without them", {
    batch: Count.annotate({ description: "Counted from 1" }),
    ids: Strings
  }),
  event("notRecorded", "The run, or one of its jobs, cannot be recorded; it continues all the same", {
    message: Schema.String
  }),
  event("asset", "An asset of the catalogue", {
    asset: Schema.Record(Schema.String, Schema.Json).annotate({
      description: "What Scenario knows of it, without links; only its id is certain"
    })
  }),
  event("collection", "A collection of the project", {
    id: Schema.String,
    name: Schema.String,
    assetCount: Schema.optionalKey(Count),
    createdAt: Schema.optionalKey(Schema.String)
  }),
  event("fetching", "An asset that the directory does not have yet is downloaded", {
    assetId: Schema.String,
    path: Schema.String.annotate({ description: "Relative to the directory" })
  }),
  event("assetFailed", "An asset could not be downloaded; the others are", {
    assetId: Schema.String,
    message: Schema.String
  }),
  event("synced", "A round of sync --watch has ended", { ...synced }),
  event("listening", "The emulator is listening; its credentials are made up and not secret", {
    apiUrl: Schema.String,
    storageUrl: Schema.String,
    apiKey: Schema.String,
    apiSecret: Schema.String,
    models: Strings
  })
]).pipe(described("Event", "Something that happened during the run"))

/** What a run that failed has done all the same, and what of it went wrong. */
const partial = {
  directory: Schema.optionalKey(Schema.String),
  archives: Schema.optionalKey(Schema.Array(Schema.Union([ExtractedArchive, SavedArchive, ListedArchive]))),
  assets: Schema.optionalKey(Schema.Array(SavedAsset)),
  renamed: Schema.optionalKey(Renamed),
  refused: Schema.optionalKey(Refused),
  saved: Schema.optionalKey(Count),
  alreadyThere: Schema.optionalKey(Count),
  bytes: Schema.optionalKey(Count),
  failed: Schema.optionalKey(Schema.Array(Failed)),
  jobs: Schema.optionalKey(Schema.Array(Schema.Union([BegunJob, Job]))),
  checks: Schema.optionalKey(Schema.Array(Check)),
  settings: Schema.optionalKey(Schema.Array(Setting)),
  report: Schema.optionalKey(Schema.String)
}

/** What a program matches on. */
const particulars = {
  error: Schema.String.annotate({
    description: "Such as ApiError; UsageError for a wrong command line, Interrupted after a signal, Defect for a bug"
  }),
  reason: Schema.optionalKey(
    Schema.String.annotate({ description: "Which cause, for errors that have several, such as NotFound" })
  ),
  operation: Schema.optionalKey(Schema.String),
  subject: Schema.optionalKey(Schema.String.annotate({ description: "The id that was requested" })),
  jobId: Schema.optionalKey(Schema.String),
  path: Schema.optionalKey(Schema.String),
  code: Schema.optionalKey(
    Schema.String.annotate({ description: "Code from the system, TLS or the HTTP client, such as ENOSPC" })
  ),
  origin: Schema.optionalKey(Schema.String.annotate({ description: "Origin of the storage host" })),
  archive: Schema.optionalKey(Schema.String),
  runId: Schema.optionalKey(Schema.String.annotate({ description: "The run, which can be resumed" })),
  status: Schema.optionalKey(Count.annotate({ description: "HTTP status of the API's response" })),
  requestId: Schema.optionalKey(
    Schema.String.annotate({ description: "Of the API's response, for Scenario's support" })
  ),
  answer: Schema.optionalKey(Schema.String.annotate({ description: "Body of the API's response, or its beginning" })),
  details: Schema.optionalKey(Schema.String.annotate({ description: "The file with the details of a bug" }))
}

export const ErrorLine = line("error", "The last line of a run that failed", {
  ...particulars,
  exitCode: Schema.Int,
  messages: Strings.annotate({ description: "What happened, to what, and why" }),
  hints: Strings.annotate({ description: "What to do next" }),
  ...partial
}).pipe(described("Error", "The last line of a run that failed"))

/** Any line. */
export const Line = Schema.Union([EventLine, ResultLine, ErrorLine])

/** The JSON Schema of a line. Where fields may follow that are not described, as they may for programs, it is open. */
export const jsonSchema = (extra: "open" | "closed" = "open") => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(Line, {
    onExcessProperty: extra === "open" ? "ignore" : "error"
  })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A line that scenario-assets prints with --json",
    ...schema,
    $defs: definitions
  }
}

/** What remains to be said where all else is given; fields that are `undefined` are left out. */
type Said<L, Given extends string> = L extends unknown
  ? {
      readonly [K in keyof L as Exclude<K, Given>]: Partial<Pick<L, K>> extends Pick<L, K> ? L[K] | undefined : L[K]
    }
  : never

/** More fields than are described: a command may add its own. */
type Open<L> = L & { readonly [field: string]: unknown }

type Given = "version" | "time"

export type Event = Said<typeof EventLine.Type, Given>

/** The fields of a result. */
export type Result = Open<Said<typeof ResultLine.Type, Given | "type">>

/** What ends a run. */
export type End = Open<{ readonly type: "result" }> | Open<Said<typeof ErrorLine.Type, Given>>

/** The fields that say which error it is. */
export type Particulars = Said<Pick<typeof ErrorLine.Type, keyof typeof particulars>, never>

/** The fields that say what was done all the same. */
export type Done = Open<Said<Pick<typeof ErrorLine.Type, keyof typeof partial>, never>>
