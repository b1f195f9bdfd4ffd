/** From flags that choose assets to the selection that is downloaded; for as long as its run is not done, the same one. */
import { createHash } from "node:crypto"
import { resolve as resolvePath } from "node:path"
import * as AssetRecord from "@scenario-assets/core/AssetRecord"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import * as Selection from "@scenario-assets/core/Selection"
import * as Place from "@scenario-assets/node/engine/runs/Place"
import type { DownloadRequest } from "@scenario-assets/node/runs/DownloadRequest"
import * as RunRecord from "@scenario-assets/node/runs/RunRecord"
import * as Runs from "@scenario-assets/node/runs/Runs"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Output } from "../output/Output.ts"
import * as Recorded from "../runs/Recorded.ts"
import * as Format from "../text/Format.ts"
import * as Chosen from "./Chosen.ts"
import * as Metadata from "./Metadata.ts"

export interface Options {
  readonly destination: DownloadRequest["destination"]
  /** Where what the catalogue knows goes. */
  readonly metadata: Option.Option<string>
  /** Ask the catalogue also where an unfinished run has done so. */
  readonly refresh: boolean
}

/** What was found. */
export interface Found {
  readonly selection: Selection.Selection
  /** As they are stored, of those whose size is known; none where an earlier run has found them. */
  readonly bytes: number | undefined
}

/** What was chosen, for the record of a run. */
export const annotations = ({ words }: Chosen.Chosen, within: Chosen.Within): Readonly<Record<string, string>> => ({
  [Recorded.filter]: words,
  [Recorded.within]: digest(within)
})

const digest = (within: Chosen.Within): string => createHash("sha256").update(JSON.stringify(within)).digest("hex")

/** The assets, each once; none where nothing fits. The metadata is written on the way. */
export const resolve = Effect.fnUntraced(function* (chosen: Chosen.Chosen, within: Chosen.Within, options: Options) {
  const { note } = yield* Output
  const before = options.refresh
    ? Option.none()
    : yield* resolvedBefore(annotations(chosen, within), options.destination)
  if (Option.isSome(before)) {
    const { runId, selection } = before.value
    yield* note(`Resuming the ${Format.count(selection.size, "asset")} of run ${runId}; to search again: --refresh`)
    if (Option.isSome(options.metadata)) yield* describe(selection, options.metadata.value)
    const found: Found = { selection, bytes: undefined }
    return Option.some(found)
  }
  const ids = new Set<string>()
  let [bytes, unknown] = [0, 0]
  const records = Stream.tap(chosen.records, ({ id, size }) =>
    Effect.sync(() => {
      ids.add(id)
      if (size === undefined) unknown++
      else bytes += size
    })
  )
  yield* Option.match(options.metadata, {
    onNone: () => Stream.runDrain(records),
    onSome: (file) => Metadata.write(file, rows(records))
  })
  if (ids.size === 0) {
    yield* note(chosen.words === "" ? "There are no assets" : `No asset matches ${chosen.words}`)
    return Option.none()
  }
  const some = unknown === 0 ? "" : `, and ${unknown} of unknown size`
  yield* note(`${Format.count(ids.size, "asset")} selected, ${Format.bytes(bytes)} as stored${some}`)
  const found: Found = { selection: yield* Selection.make({ assetIds: [...ids] }), bytes }
  return Option.some(found)
})

/** Writes what the catalogue knows of what a selection selects. */
export const describe = (selection: Chosen.Within, file: string) => Metadata.write(file, rows(Chosen.allIn(selection)))

const rows = <E, R>(records: Stream.Stream<AssetRecord.AssetRecord, E, R>) => Stream.map(records, AssetRecord.toJson)

/**
 * What the last run to the same place has found by the same flags, unless that one is done. A record that cannot be read is none.
 */
const resolvedBefore = Effect.fnUntraced(function* (
  asked: Readonly<Record<string, string>>,
  destination: DownloadRequest["destination"]
) {
  const runs = yield* Runs.Runs
  const { baseUrl, projectId } = yield* ScenarioConfig
  const place = resolvePath(Place.of({ destination }))
  const heads = yield* Effect.orElseSucceed(runs.list, () => [])
  for (const head of heads) {
    if (head.place !== place || head.baseUrl !== baseUrl || head.projectId !== projectId) continue
    const request = Option.getOrUndefined(yield* Effect.option(runs.request(head.runId)))
    const isAsked = Object.entries(asked).every(([name, value]) => request?.annotations?.[name] === value)
    if (!isAsked || request?.wanted._tag !== "Assets") continue
    return RunRecord.state(head) === "complete"
      ? Option.none()
      : Option.some({ runId: head.runId, selection: request.wanted.selection })
  }
  return Option.none()
})
