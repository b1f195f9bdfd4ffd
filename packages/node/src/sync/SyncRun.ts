/**
 * A run of `Sync`: what happens in it, and what it has done.
 *
 * @since 0.1.0
 */
import type { ApiError } from "@scenario-assets/core/ApiError"
import type { AssetId } from "@scenario-assets/core/Asset"
import type { AssetRecord } from "@scenario-assets/core/AssetRecord"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { FileEvent } from "../file/FileDownload.ts"
import type { FileError } from "../file/FileError.ts"
import type { RunId } from "../runs/RunRecord.ts"

/**
 * What one run has done.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  /** None where the run is not recorded. */
  readonly runId: RunId | undefined
  /** Assets that were new, or whose files were missing and wanted. */
  readonly wanted: number
  readonly saved: number
  /** Of those, files that were in the directory already, though not in the index. */
  readonly alreadyThere: number
  readonly bytes: number
  /** Assets in the index, from this run and earlier ones. */
  readonly total: number
  readonly failures: ReadonlyArray<Failure>
}

/**
 * What a run would fetch.
 *
 * @category models
 * @since 0.1.0
 */
export interface Preview {
  readonly assets: number
  /** As they are stored, of those whose size is known. */
  readonly bytes: number
  /** How many have no known size. */
  readonly ofUnknownSize: number
  /** Bytes that there is room for. */
  readonly free: number
}

/**
 * An asset whose file did not come; the others do.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure {
  readonly assetId: AssetId
  readonly error: ApiError | TransferError | FileError
}

/**
 * What happens in a run. The first event is `Started`, the last one `Ended`.
 *
 * @category models
 * @since 0.1.0
 */
export type SyncEvent =
  /** The run is recorded (or `runId` is missing); `resumed` where the last one of the same did not end well. */
  | { readonly _tag: "Started"; readonly runId: RunId | undefined; readonly resumed: boolean }
  /** The run cannot be recorded, and goes on. */
  | { readonly _tag: "NotRecorded"; readonly error: FileError }
  /** An asset that is not there is fetched to this path, relative to the directory. */
  | { readonly _tag: "Fetching"; readonly record: AssetRecord; readonly path: string }
  | { readonly _tag: "File"; readonly assetId: AssetId; readonly event: FileEvent }
  /** The file is there, whole, and the index says so. */
  | {
      readonly _tag: "Saved"
      readonly record: AssetRecord
      readonly path: string
      readonly bytes: number
      readonly alreadyThere: boolean
    }
  | ({ readonly _tag: "Failed" } & Failure)
  | { readonly _tag: "Ended"; readonly report: Report }
