/** `collections`: the folders that people put their assets into. */
import { AssetCatalog, type Collection } from "@scenario-assets/core/AssetCatalog"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Scenario from "../access/Scenario.ts"
import * as Table from "../catalogue/Table.ts"
import * as Output from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface Values extends Connection, Output.Mode {}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { event, note, result } = yield* Output.Output
    const { collections } = yield* AssetCatalog
    let count = 0
    const counted = Stream.tap(collections, ({ assetCount, createdAt, id, name }) => {
      count++
      return event({
        type: "collection",
        id,
        name,
        ...(assetCount === undefined ? {} : { assetCount }),
        ...(createdAt === undefined ? {} : { createdAt: DateTime.formatIso(createdAt) })
      })
    })
    yield* values.json ? Stream.runDrain(counted) : Table.print(counted, columns)
    yield* note(count === 0 ? "There are no collections in this project" : Format.count(count, "collection"))
    yield* result({ collections: count })
  }).pipe(Effect.provide(Layer.provideMerge(Scenario.layer(values), Output.layer(values))))

const columns: ReadonlyArray<Table.Column<Collection>> = [
  { title: "ID", shown: ({ id }) => id, exact: ({ id }) => id },
  {
    title: "ASSETS",
    shown: ({ assetCount }) => String(assetCount ?? "-"),
    exact: ({ assetCount }) => String(assetCount ?? ""),
    isNumber: true
  },
  { title: "CREATED", shown: ({ createdAt }) => Table.day(createdAt), exact: ({ createdAt }) => Table.iso(createdAt) },
  { title: "NAME", shown: ({ name }) => name, exact: ({ name }) => name }
]
