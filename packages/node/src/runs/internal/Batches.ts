/** What a download asks of Scenario, batch by batch. */
import type { BatchRequest } from "@scenario-assets/core/AssetDownload"
import { defaultTemplate } from "@scenario-assets/core/FileNameTemplate"
import * as Selection from "@scenario-assets/core/Selection"
import type { DownloadRequest } from "../DownloadRequest.ts"

/** What is requested of Scenario in all; nothing for jobs begun earlier. */
export const whole = ({ wanted }: DownloadRequest): BatchRequest | undefined =>
  wanted._tag === "Jobs"
    ? undefined
    : {
        selection: wanted.selection,
        fileNameTemplate: wanted.fileNameTemplate ?? defaultTemplate,
        flat: wanted.flat
      }

/** The same batch by batch; nothing for jobs begun earlier. */
export const of = (request: DownloadRequest): ReadonlyArray<BatchRequest> => {
  const all = whole(request)
  return all === undefined ? [] : Selection.batches(all.selection).map((selection) => ({ ...all, selection }))
}

/** How many archives there will be. */
export const archiveCount = (request: DownloadRequest): number =>
  request.wanted._tag === "Jobs" ? request.wanted.jobIds.length : of(request).length

/** How many ids are asked for. */
export const idCount = ({ wanted }: DownloadRequest): number =>
  wanted._tag === "Jobs" ? wanted.jobIds.length : wanted.selection.size
