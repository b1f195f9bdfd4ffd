/** `assets`: what there is in the project, as far as flags and ids choose it. */
import * as AssetRecord from "@scenario-assets/core/AssetRecord"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Scenario from "../access/Scenario.ts"
import * as Chosen from "../catalogue/Chosen.ts"
import * as Metadata from "../catalogue/Metadata.ts"
import * as Table from "../catalogue/Table.ts"
import * as Destination from "../download/Destination.ts"
import { UsageError } from "../errors/CommandError.ts"
import * as WholeFile from "../files/WholeFile.ts"
import * as Ids from "../ids/Ids.ts"
import * as Output from "../output/Output.ts"
import type { Choice } from "../settings/CatalogueFlags.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface Values extends Choice, Connection, Output.Mode {
  readonly ids: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
  readonly idsOnly: boolean
  readonly metadata: Option.Option<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { event, note, result } = yield* Output.Output
    const within = yield* placeOf(values)
    const { records, words } = yield* Chosen.make(values, within)
    if (Option.isSome(values.metadata)) {
      yield* WholeFile.checkName("--metadata", values.metadata.value)
      yield* Destination.checkInputs("--metadata", values.metadata, values.files)
    }
    let [assets, bytes] = [0, 0]
    const counted = Stream.tap(records, (record) => {
      assets++
      bytes += record.size ?? 0
      return event({ type: "asset", asset: AssetRecord.toJson(record) })
    })
    yield* Effect.provide(print(counted, values), Scenario.layer(values))
    if (assets > 0) yield* note(`${Format.count(assets, "asset")}, ${Format.bytes(bytes)} as stored`)
    else yield* note(words === "" ? "There are no assets" : `No asset matches ${words}`)
    yield* result({ assets, bytes })
  }).pipe(Effect.provide(Output.layer(values)))

/** To a file, or as they are wanted on stdout; with `--json` they are told as events. */
const print = Effect.fnUntraced(function* <E, R>(
  records: Stream.Stream<AssetRecord.AssetRecord, E, R>,
  { idsOnly, json, metadata }: Values
) {
  const { line } = yield* Output.Output
  if (Option.isSome(metadata)) {
    yield* Metadata.write(metadata.value, Stream.map(records, AssetRecord.toJson))
  } else if (json) yield* Stream.runDrain(records)
  else if (idsOnly) yield* Stream.runForEach(records, ({ id }) => line(id))
  else yield* Table.print(records, columns)
})

const placeOf = Effect.fnUntraced(function* ({ files, ids }: Values) {
  const none = { assets: [], inferences: [], models: [], jobs: [] }
  const wanted = yield* Ids.read({ ids, files, ...none }, { orEverything: true })
  switch (wanted._tag) {
    case "Everything":
      return Chosen.everywhere
    case "Assets":
      return wanted.selection
    case "Jobs":
    case "Run": {
      const id = wanted._tag === "Run" ? wanted.runId : wanted.jobIds[0]
      return yield* new UsageError({
        message: `which assets are in ${id}, the catalogue does not know; try: scenario-assets list ${id}`
      })
    }
  }
})

const columns: ReadonlyArray<Table.Column<AssetRecord.AssetRecord>> = [
  { title: "ID", shown: ({ id }) => id, exact: ({ id }) => id },
  { title: "KIND", shown: ({ kind = "-" }) => kind, exact: ({ kind = "" }) => kind },
  { title: "DATE", shown: ({ createdAt }) => Table.day(createdAt), exact: ({ createdAt }) => Table.iso(createdAt) },
  {
    title: "SIZE",
    shown: ({ size }) => (size === undefined ? "-" : Format.bytes(size)),
    exact: ({ size }) => String(size ?? ""),
    isNumber: true
  },
  {
    title: "PROMPT",
    shown: ({ name = "", prompt = name }) => prompt,
    exact: ({ name = "", prompt = name }) => prompt
  }
]
