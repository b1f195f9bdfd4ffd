/**
 * A run of `Sync`: what it is asked for, what happens in it, and what it has done.
 *
 * @since 0.1.0
 */
import type { ApiError } from "@scenario-assets/core/ApiError"
import type { AssetId, TargetFormat } from "@scenario-assets/core/Asset"
import type * as AssetCatalog from "@scenario-assets/core/AssetCatalog"
import type { AssetRecord } from "@scenario-assets/core/AssetRecord"
import type { ReadOptions } from "@scenario-assets/core/transfer/Transfer"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { FileEvent } from "../file/FileDownload.ts"
import type { FileError } from "../file/FileError.ts"

/**
 * What a directory is to hold.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request extends Pick<ReadOptions, "idleTimeout" | "retries"> {
  readonly directory: string
  /** Default: everything in the project. */
  readonly filter?: AssetCatalog.Filter | undefined
  /** See `SyncTemplate.make`. Default `SyncTemplate.defaultTemplate`. */
  readonly template?: string | undefined
  /** Every file in this format. Default: each as it is stored. */
  readonly format?: TargetFormat | undefined
  /** Also fetches files that the index knows and the directory no longer has. Default `false`. */
  readonly repair?: boolean | undefined
  /** At most so many new assets. Default: no limit. */
  readonly limit?: number | undefined
  /** Files at once. Default 8. */
  readonly concurrency?: number | undefined
  /** Connections to storage hosts at once. Default 16. */
  readonly connections?: number | undefined
  /** The most bytes a second. Default: no limit. */
  readonly limitRate?: number | undefined
}

/**
 * What one run has done.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
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
 * What happens in a run. The last event is `Ended`.
 *
 * @category models
 * @since 0.1.0
 */
export type SyncEvent =
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
