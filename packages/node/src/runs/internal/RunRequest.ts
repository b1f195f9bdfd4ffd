/** What a run can be asked for. */
import * as Schema from "effect/Schema"
import { DownloadRequest } from "../DownloadRequest.ts"
import { SyncRequest } from "../SyncRequest.ts"

export const RunRequest = Schema.Union([DownloadRequest, SyncRequest])
export type RunRequest = typeof RunRequest.Type

/** Whether it is a directory that is kept in step, and not a download. */
export const isSync = (request: RunRequest): request is SyncRequest => !("wanted" in request)
