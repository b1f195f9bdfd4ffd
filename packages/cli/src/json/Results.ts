/** What a run that went well ends with under `--json`: one for each thing that a command can do. */
import * as Schema from "effect/Schema"
import {
  BegunJob,
  Check,
  Count,
  described,
  entry,
  ExtractedArchive,
  Job,
  line,
  ListedArchive,
  origin,
  Renamed,
  Run,
  RunDetails,
  SavedArchive,
  SavedAsset,
  Setting,
  Strings,
  synced,
  why
} from "./JsonShapes.ts"

const result = <const Fields extends Schema.Struct.Fields>(of: string, description: string, fields: Fields) =>
  line("result", description, fields).pipe(described(`${of}Result`, description))

const dryRun = { dryRun: Schema.Literal(true) }

export const ResultLine = Schema.Union([
  result("Extraction", "Of download, and of extract", {
    directory: Schema.String,
    archives: Schema.Array(ExtractedArchive),
    renamed: Renamed
  }),
  result("Archives", "Of download --archive", { archives: Schema.Array(SavedArchive) }),
  result("Assets", "Of asset", { assets: Schema.Array(SavedAsset) }),
  result("Catalogue", "Of assets; each was an event", {
    assets: Count,
    bytes: Count.annotate({ description: "As they are stored, of those whose size is known" })
  }),
  result("Sync", "Of sync", synced),
  result("Gallery", "Of gallery", { page: Schema.String, files: Count }),
  result("SyncPlan", "Of sync --dry-run", {
    ...dryRun,
    directory: Schema.String,
    assets: Count.annotate({ description: "Assets that would be downloaded" }),
    bytes: Count.annotate({ description: "As they are stored, of those whose size is known" }),
    free: Count.annotate({ description: "Bytes" }),
    fits: Schema.Boolean
  }),
  result("Collections", "Of collections; each was an event", { collections: Count }),
  result("BatchesPlan", "Of download --dry-run with ids", {
    ...dryRun,
    ids: Count,
    bytes: Schema.optionalKey(
      Count.annotate({ description: "Of the assets as they are stored, where flags chose them" })
    ),
    batches: Schema.Array(Schema.Struct({ assetIds: Strings, inferenceIds: Strings, modelIds: Strings })),
    archives: Schema.optionalKey(Strings.annotate({ description: "Where they would be kept" })),
    fileNameTemplate: Schema.String,
    flat: Schema.optionalKey(Schema.Boolean)
  }),
  result("ExtractionPlan", "Of download --dry-run with jobs, and of extract --dry-run", {
    ...dryRun,
    directory: Schema.String,
    archives: Schema.Array(
      Schema.Struct({
        ...origin,
        toRead: Count,
        files: Schema.Array(
          Schema.Struct({
            path: Schema.String,
            ...entry,
            action: Schema.Literals(["write", "replace", "skip"]),
            ...why
          }).pipe(described("PlannedFile", "A file that would be extracted"))
        ),
        refused: Schema.Array(
          Schema.Struct({ ...entry, why: Schema.String }).pipe(
            described("RefusedEntry", "An entry that would be left out")
          )
        )
      }).pipe(described("PlannedExtraction", "An archive that would be extracted"))
    ),
    files: Count,
    bytes: Count,
    toWrite: Count.annotate({ description: "Bytes" }),
    free: Schema.NullOr(Count).annotate({ description: "Bytes; null where that is not known" }),
    fits: Schema.Boolean
  }),
  result("ArchivesPlan", "Of download --dry-run --archive with jobs", {
    ...dryRun,
    archives: Schema.Array(
      Schema.Struct({
        ...origin,
        path: Schema.String,
        size: Schema.NullOr(Count),
        action: Schema.Literals(["write", "replace", "skip", "refuse"])
      }).pipe(described("PlannedArchive", "An archive that would be kept"))
    )
  }),
  result("Detached", "Of download --detach", {
    runId: Schema.NullOr(Schema.String),
    jobs: Schema.Array(BegunJob)
  }),
  result("List", "Of list with one archive", ListedArchive.fields),
  result("Lists", "Of list with several archives, or with a run", {
    runId: Schema.optionalKey(Schema.String),
    archives: Schema.Array(ListedArchive)
  }),
  result("Job", "Of status and wait with one job", Job.fields),
  result("Jobs", "Of status and wait with several jobs, or with a run", {
    runId: Schema.optionalKey(Schema.String),
    jobs: Schema.Array(Job)
  }),
  result("Runs", "Of runs", { runs: Schema.Array(Run) }),
  result("Run", "Of runs resume, where the run is done", Run.fields),
  result("RunDetails", "Of runs show", RunDetails.fields),
  result("Forgotten", "Of runs forget", {
    forgotten: Strings,
    kept: Strings.annotate({ description: "Runs that are running, or may be on another machine" })
  }),
  result("Login", "Of auth login", {
    baseUrl: Schema.String,
    credentials: Schema.String.annotate({ description: "In words" }),
    file: Schema.String,
    accepted: Schema.Boolean.annotate({ description: "False where they could not be checked, and were stored anyway" })
  }),
  result("Logout", "Of auth logout", { baseUrl: Schema.String, file: Schema.String, removed: Schema.Boolean }),
  result("Access", "Of auth status", {
    baseUrl: Schema.String,
    project: Schema.optionalKey(Schema.String),
    credentials: Schema.String.annotate({ description: "In words" }),
    file: Schema.optionalKey(Schema.String),
    environment: Schema.optionalKey(Strings),
    accepted: Schema.Boolean
  }),
  result("Doctor", "Of doctor", {
    checks: Schema.Array(Check),
    settings: Schema.Array(Setting),
    report: Schema.optionalKey(Schema.String.annotate({ description: "The file that --report wrote" }))
  })
]).pipe(described("Result", "The last line of a run that went well; which one depends on the command"))
