/** What a job is recorded under. */
import type { BatchRequest } from "../AssetDownload.ts"
import { BatchKey } from "../JobJournal.ts"
import type { ScenarioConfig } from "../ScenarioConfig.ts"

/** The key of a batch: everything that its job depends on. */
export const of = (
  { baseUrl, projectId }: Pick<ScenarioConfig["Service"], "baseUrl" | "projectId">,
  { fileNameTemplate, flat, selection }: BatchRequest
): BatchKey => {
  const ids = [selection.assetIds, selection.inferenceIds, selection.modelIds].map((all: ReadonlyArray<string>) =>
    all.toSorted()
  )
  return BatchKey.make(JSON.stringify([baseUrl, projectId ?? "", fileNameTemplate, flat ?? false, ...ids]))
}
