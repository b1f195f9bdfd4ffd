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
  event("planned", "So many jobs will be requested", { batches: Count, ids: Count }),
  event("batch", "What is wanted of a batch is asked for", {
    batch: Count.annotate({ description: "Counted from 1" }),
    ids: Count
  }),
  event("requested", "A job is begun, or one begun by an earlier run is taken up", {
    batch: Count.annotate({ description: "Counted from 1" }),
    jobId: Schema.String,
    resumed: Schema.Boolean
  }),
  event("status", "A job is in another state", {
    jobId: Schema.String,
    jobStatus: Schema.String,
    ready: Schema.Boolean.annotate({ description: "Whether its archive can be fetched" })
  }),
  event("callRetrying", "A call of the API failed, and is repeated after a pause", {
    batch: Count,
    jobId: Schema.optionalKey(Schema.String),
    tries: Count.annotate({ description: "In vain, in a row" }),
    pauseMs: Count,
    message: Schema.String,
    operation: Schema.optionalKey(Schema.String),
    reason: Schema.optionalKey(Schema.String),
    status: Schema.optionalKey(Count.annotate({ description: "Of the API's answer" })),
    requestId: Schema.optionalKey(Schema.String)
  }),
  event("ready", "The archive of a batch can be fetched", { batch: Count, jobId: Schema.String }),
  event("failed", "The archive of a batch cannot be had, or not be saved", {
    batch: Count,
    jobId: Schema.optionalKey(Schema.String),
    message: Schema.String,
    startsAnew: Schema.Boolean.annotate({ description: "Whether its job is begun once more, because of no use" })
  }),
  event("opened", "The storage host has answered", { ...id, offset: Count, size: Schema.optionalKey(Count) }),
  event("progress", "Bytes that have arrived; at most twice a second for each id, and the last one always", {
    ...id,
    bytes: Count,
    size: Schema.optionalKey(Count)
  }),
  event("retrying", "An exchange failed, and is tried again after a pause", {
    ...id,
    offset: Count,
    tries: Count.annotate({ description: "In vain, since the last byte" }),
    pauseMs: Count,
    fault: Schema.String
  }),
  event("refreshed", "A link was refused, and a fresh one was asked for", { ...id, offset: Count, status: Count }),
  event("startedOver", "The storage host did not go on; bytes are forgotten", {
    ...id,
    discarded: Count,
    sameObject: Schema.Boolean
  }),
  event("segments", "So many connections read from now on", { ...id, connections: Count }),
  event("extracting", "The archive's directory is read, and all is decided", {
    ...id,
    files: Count,
    bytes: Count,
    toWrite: Count.annotate({ description: "Files that are not there yet" }),
    toRead: Count.annotate({ description: "Bytes of the archive that will be read" })
  }),
  event("extracted", "Files that are there now, at most 256 at once", {
    ...id,
    files: Schema.Array(
      Schema.Struct({ path: Schema.String, ...entry, alreadyThere: Schema.Boolean, ...why }).pipe(
        described("ExtractedFile", "A file that is there, in the directory")
      )
    )
  }),
  event("refused", "A file is left out, alone: by its name, how it is kept, or because it is damaged", {
    ...id,
    name: Schema.String,
    message: Schema.String
  }),
  event("completed", "A file is there, whole", { ...id, ...savedFile }, "completedFile"),
  event("completed", "An archive is extracted", { ...id, ...extractedFiles }, "completedArchive"),
  event("run", "The run is recorded, and can be resumed", { runId: Schema.String }),
  event("notRecorded", "The run, or a job of it, cannot be recorded, and goes on all the same", {
    message: Schema.String
  }),
  event("listening", "The emulator can be reached; its credentials are its own, and no secret", {
    apiUrl: Schema.String,
    storageUrl: Schema.String,
    apiKey: Schema.String,
    apiSecret: Schema.String,
    models: Strings
  })
]).pipe(described("Event", "What happens on the way"))

/** What a run that failed has done all the same, and what of it went wrong. */
const partial = {
  directory: Schema.optionalKey(Schema.String),
  archives: Schema.optionalKey(Schema.Array(Schema.Union([ExtractedArchive, SavedArchive, ListedArchive]))),
  assets: Schema.optionalKey(Schema.Array(SavedAsset)),
  renamed: Schema.optionalKey(Renamed),
  refused: Schema.optionalKey(Refused),
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
  reason: Schema.optionalKey(Schema.String.annotate({ description: "Of an error that has several causes: NotFound" })),
  operation: Schema.optionalKey(Schema.String),
  subject: Schema.optionalKey(Schema.String.annotate({ description: "The id that was asked for" })),
  jobId: Schema.optionalKey(Schema.String),
  path: Schema.optionalKey(Schema.String),
  code: Schema.optionalKey(Schema.String.annotate({ description: "Of the system, TLS or the HTTP client: ENOSPC" })),
  origin: Schema.optionalKey(Schema.String.annotate({ description: "Of the storage host" })),
  archive: Schema.optionalKey(Schema.String),
  runId: Schema.optionalKey(Schema.String.annotate({ description: "Of the run, which can be resumed" })),
  status: Schema.optionalKey(Count.annotate({ description: "Of the API's answer" })),
  requestId: Schema.optionalKey(Schema.String.annotate({ description: "Of the API's answer, for Scenario's support" })),
  answer: Schema.optionalKey(Schema.String.annotate({ description: "The body of the API's answer, or its beginning" })),
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
