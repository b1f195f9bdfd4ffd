/** What several lines of `--json` have in common, as schemas. */
import * as Schema from "effect/Schema"
import { version } from "./Json.ts"

export const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
export const Strings = Schema.Array(Schema.String)

export const described =
  (identifier: string, description: string) =>
  <S extends Schema.Top>(schema: S) =>
    schema.annotate({ identifier, description })

const envelope = {
  version: Schema.Literal(version),
  time: Schema.String.annotate({ description: "When it was printed, in ISO 8601 and UTC" })
}

export const line = <const Type extends string, const Fields extends Schema.Struct.Fields>(
  type: Type,
  description: string,
  fields: Fields
) => Schema.Struct({ type: Schema.Literal(type), ...fields, ...envelope }).annotate({ description })

/** What is told of an entry of an archive. */
export const entry = {
  name: Schema.String.annotate({ description: "In the archive" }),
  size: Count,
  crc32: Schema.String.annotate({ description: "Eight hexadecimal digits" })
}

/** Where an archive comes from. */
export const origin = { jobId: Schema.optionalKey(Schema.String), file: Schema.optionalKey(Schema.String) }

export const why = {
  why: Strings.annotate({ description: "Why the path differs from the name; empty where it does not" })
}

export const savedFile = {
  path: Schema.String,
  bytes: Count,
  resumedFrom: Count.annotate({ description: "Bytes kept from an earlier run" }),
  alreadyThere: Schema.Boolean,
  verified: Strings.annotate({ description: "Checksums from the storage host that the bytes match" })
}

export const extractedFiles = {
  files: Count,
  bytes: Count,
  alreadyThere: Count.annotate({ description: "Files that existed before" }),
  read: Count.annotate({ description: "Bytes of the archive that were read" })
}

/** An archive that was kept as a file. */
export const SavedArchive = Schema.Struct({ jobId: Schema.String, ...savedFile }).pipe(
  described("SavedArchive", "An archive that was kept as a file")
)
export type SavedArchive = typeof SavedArchive.Type

/** An asset in its file. */
export const SavedAsset = Schema.Struct({ assetId: Schema.String, ...savedFile }).pipe(
  described("SavedAsset", "An asset in its file")
)
export type SavedAsset = typeof SavedAsset.Type

/** An archive that was extracted. */
export const ExtractedArchive = Schema.Struct({ ...origin, ...extractedFiles }).pipe(
  described("ExtractedArchive", "An archive that was extracted")
)
export type ExtractedArchive = typeof ExtractedArchive.Type

/** What is in an archive. */
export const ListedArchive = Schema.Struct({
  ...origin,
  files: Count,
  bytes: Count,
  entries: Schema.Array(
    Schema.Struct({
      ...entry,
      compressedSize: Count,
      refused: Schema.optionalKey(
        Schema.String.annotate({ description: "Why it would not be extracted; absent if it would" })
      ),
      modified: Schema.NullOr(Schema.String)
    }).pipe(described("Entry", "A file or directory in an archive"))
  )
}).pipe(described("ListedArchive", "What is in an archive"))

/** Files whose path is not their name in the archive: how many; the events name them. */
export const Renamed = Count.annotate({ description: "Files whose path is not their name in the archive" })

/** Files that were not written: how many; the events name them. */
export const Refused = Count.annotate({
  description: "Files that were not written; events of the type refused say why"
})

/** One of several that could not be saved. */
export const Failed = Schema.Struct({
  of: Schema.String.annotate({ description: "What it concerns" }),
  error: Schema.String,
  message: Schema.String
}).pipe(described("Failed", "One of several items that could not be saved"))

/** A job, without its URL, which is a secret. */
export const Job = Schema.Struct({
  jobId: Schema.String,
  jobStatus: Schema.String,
  phase: Schema.Literals(["pending", "ready", "failed", "canceled"]),
  ready: Schema.Boolean,
  details: Schema.Record(Schema.String, Schema.Json).annotate({
    description: "Everything else the server says about it"
  })
}).pipe(described("Job", "A job, without its URL, which is a secret"))

/** A job that was begun for a batch. */
export const BegunJob = Schema.Struct({
  batch: Count.annotate({ description: "Counted from 1" }),
  jobId: Schema.String,
  resumed: Schema.Boolean.annotate({ description: "Started by an earlier run" })
}).pipe(described("BegunJob", "A job that was started for a batch"))

/** A download, or a synchronized directory, that is recorded. */
export const Run = Schema.Struct({
  runId: Schema.String,
  state: Schema.Literals(["running", "stopped", "done", "detached", "failed", "interrupted", "superseded"]),
  supersededBy: Schema.optionalKey(
    Schema.String.annotate({ description: "A later run for the same files, so that this one need not be resumed" })
  ),
  started: Schema.String,
  since: Schema.String.annotate({ description: "When it was started or resumed last" }),
  pid: Schema.optionalKey(Count),
  host: Schema.optionalKey(Schema.String),
  ended: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(
    Schema.NullOr(Schema.String).annotate({ description: "What went wrong, or what went wrong first" })
  ),
  what: Schema.String,
  files: Schema.optionalKey(Count.annotate({ description: "Files saved so far; absent where that is not recorded" })),
  path: Schema.String
}).pipe(described("Run", "A download, or a synchronized directory, that is recorded"))
export type Run = typeof Run.Type

/** What a run of sync has done. */
export const synced = {
  directory: Schema.String,
  assets: Count.annotate({ description: "Assets in the index, from this run and earlier ones" }),
  saved: Count.annotate({ description: "Files saved now" }),
  alreadyThere: Count.annotate({ description: "Of these, files that existed but were not in the index" }),
  bytes: Count.annotate({ description: "Of the files saved now" })
}

/** All that is recorded of a download. */
export const RunDetails = Schema.Struct({
  ...Run.fields,
  baseUrl: Schema.String,
  project: Schema.optionalKey(Schema.String),
  startedIn: Schema.String.annotate({ description: "The working directory" }),
  request: Schema.optionalKey(
    Schema.Struct({
      kind: Schema.Literals(["assets", "jobs", "sync"]),
      count: Count.annotate({ description: "Number of ids; 0 of sync, which looks for them" }),
      first: Strings.annotate({ description: "The first ids, at most 10" }),
      fileNameTemplate: Schema.optionalKey(Schema.String),
      filter: Schema.optionalKey(Schema.String.annotate({ description: "The flags that found the assets" })),
      flags: Strings.annotate({ description: "Flags of download" })
    })
  ),
  jobs: Schema.Array(
    Schema.Struct({
      batch: Count.annotate({ description: "Counted from 1" }),
      jobId: Schema.String,
      state: Schema.Literals(["started", "saved", "failed"]).annotate({ description: "As it is recorded" })
    })
  ),
  resume: Schema.NullOr(Schema.String.annotate({ description: "The command that resumes it" }))
})
export type RunDetails = typeof RunDetails.Type

/** What doctor has looked at, and what was found. */
export const Check = Schema.Struct({
  check: Schema.String,
  status: Schema.Literals(["ok", "warning", "problem"]),
  message: Schema.String,
  advice: Schema.optionalKey(Schema.String),
  exitCode: Schema.optionalKey(Schema.Int)
}).pipe(described("Check", "What doctor checked, and what it found"))

/** A setting, and where it is from; without a value where it cannot be used. */
export const Setting = Schema.Struct({
  key: Schema.String,
  value: Schema.optionalKey(Schema.String),
  source: Schema.String
}).pipe(described("Setting", "A setting and where it comes from; without a value if it cannot be used"))
