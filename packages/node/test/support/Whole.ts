/** The whole way in tests: an emulator on ports of its own, `Downloads` aimed at it, and runs recorded in a directory of the test. */
import { join } from "node:path"
import { FileNameTemplate, Selection } from "@scenario-assets/core"
import { Emulator } from "@scenario-assets/core/testing"
import type { DownloadEvent, DownloadRequest } from "@scenario-assets/node"
import { Effect, Stream } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Downloading from "./Downloading.ts"

export interface Place {
  readonly directory: string
  /** Where runs are recorded. */
  readonly records: string
}

export const place = (): Place => {
  const root = TestDirectory.make("download")
  return { directory: join(root, "renders"), records: join(root, "runs") }
}

/** All services, with the runs of a place. */
export const layer = ({ records }: Pick<Place, "records">, options: Downloading.Options = {}) =>
  Downloading.layer({ ...options, runs: records })

/** Everything that some models of the catalogue have made. */
export const models = Effect.fnUntraced(function* (count: number) {
  const { catalogue } = yield* Emulator.Emulator
  return yield* Selection.make({ modelIds: catalogue.models.slice(0, count).map(({ id }) => id) })
})

/** So many single assets, which are so many thousands of ids. */
export const request = Effect.fnUntraced(function* (
  destination: DownloadRequest.Destination,
  options: Partial<DownloadRequest.DownloadRequest> = {}
) {
  const selection = yield* models(1)
  const made: DownloadRequest.DownloadRequest = {
    wanted: { _tag: "Assets", selection, fileNameTemplate: FileNameTemplate.defaultTemplate },
    destination,
    ...options
  }
  return made
})

/** All events, and the report in the last one. */
export const collect = Effect.fnUntraced(function* <E, R>(
  events: Stream.Stream<DownloadEvent.DownloadEvent, E, R>
): Effect.fn.Return<
  { readonly events: ReadonlyArray<DownloadEvent.DownloadEvent>; readonly report: DownloadEvent.DownloadReport },
  E,
  R
> {
  const all = yield* Stream.runCollect(events)
  const last = all.at(-1)
  return last?._tag === "Ended" ? { events: all, report: last.report } : yield* Effect.die("no report")
})

export const tagsOf = (events: ReadonlyArray<DownloadEvent.DownloadEvent>) => events.map(({ _tag }) => _tag)

/** How many jobs Scenario was asked to begin. */
export const jobsBegun = Effect.map(
  Effect.flatMap(Emulator.Emulator, ({ requests }) => requests),
  (requests) => requests.filter(({ target }) => target === "requestBatch").length
)
