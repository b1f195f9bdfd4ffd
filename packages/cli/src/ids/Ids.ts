/** Ids from flags, arguments, files and stdin. */
import { AssetId } from "@scenario-assets/core/Asset"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Selection from "@scenario-assets/core/Selection"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { UsageError } from "../errors/CommandError.ts"
import * as InputFile from "../files/InputFile.ts"
import * as IdKind from "./IdKind.ts"
import * as IdList from "./IdList.ts"

export interface Input {
  readonly assets: ReadonlyArray<string>
  readonly inferences: ReadonlyArray<string>
  readonly models: ReadonlyArray<string>
  /** Ids whose prefix says what they are; `-` stands for stdin. */
  readonly ids: ReadonlyArray<string>
  /** Files of ids; `-` stands for stdin. */
  readonly files: ReadonlyArray<string>
}

export const isGiven = ({ assets, files, ids, inferences, models }: Input): boolean =>
  [assets, files, ids, inferences, models].some((list) => list.length > 0)

/** One selection of all that was given, and how many ids of that were there before. */
export const read = Effect.fnUntraced(function* (input: Input) {
  const words = input.ids.filter((id) => id !== "-").map((id) => ({ id, where: "" }))
  const files = new Set([...input.files, ...input.ids.filter((id) => id === "-")])
  for (const file of files) {
    const name = file === "-" ? "stdin" : file
    const bytes = yield* InputFile.read(file, IdList.longestList)
    const lines = yield* Result.flatMap(IdList.decode(bytes), IdList.parse).pipe(
      Result.mapError((why) => new UsageError({ message: `${name}${why.startsWith("line") ? ", " : " "}${why}` })),
      Effect.fromResult
    )
    for (const { id, line } of lines) words.push({ id, where: `${name}, line ${line}: ` })
  }

  const ids = {
    asset: [...input.assets],
    inference: [...input.inferences],
    model: [...input.models]
  }
  for (const { id, where } of words) {
    const [first, second, ...rest] = id.split(/\s+/)
    const named = second === undefined ? IdKind.of(id) : first
    const kind = kinds.find((kind) => kind === named)
    if (kind === undefined || rest.length > 0) {
      return yield* new UsageError({
        message:
          `${where}${shown(id)} does not begin with asset_, inf_ or model_; say what it is by --asset, --inference ` +
          "or --model, or as 'asset ID', 'inference ID' or 'model ID' in a file" +
          (IdKind.of(id) === "job" ? "; a job that is begun already is given by --job" : "")
      })
    }
    const found = second ?? id
    // The others are told all at once.
    if (where !== "" && !isId(found)) {
      return yield* new UsageError({
        message: `${where}${shown(found)} cannot be an id: it is empty, or holds white space, '/', '\\', '?', '#' or '%'`
      })
    }
    ids[kind].push(found)
  }
  const selection = yield* Selection.make({ assetIds: ids.asset, inferenceIds: ids.inference, modelIds: ids.model })
  return { selection, duplicates: ids.asset.length + ids.inference.length + ids.model.length - selection.size }
})

const kinds = ["asset", "inference", "model"] as const

const isId = Schema.is(AssetId)

/** Not the whole of what may be anything, nor the signature of a link. */
const shown = (id: string): string => {
  const text = Redaction.redact(id)
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
