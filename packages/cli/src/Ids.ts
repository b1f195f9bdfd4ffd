/** Ids from flags, arguments, files and stdin. */
import * as Selection from "@scenario-assets/core/Selection"
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as IdKind from "./IdKind.ts"
import * as InputFile from "./InputFile.ts"
import { UsageError } from "./UsageError.ts"

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
  for (const file of files) words.push(...lines(yield* readText(file), file === "-" ? "stdin" : file))

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
          `${where}${JSON.stringify(id)} does not begin with asset_, inf_ or model_; say what it is by --asset, --inference ` +
          "or --model, or as 'asset ID', 'inference ID' or 'model ID' in a file" +
          (IdKind.of(id) === "job" ? "; a job that is begun already is given by --job" : "")
      })
    }
    ids[kind].push(second ?? id)
  }
  const selection = yield* Selection.make({ assetIds: ids.asset, inferenceIds: ids.inference, modelIds: ids.model })
  return { selection, duplicates: ids.asset.length + ids.inference.length + ids.model.length - selection.size }
})

const kinds = ["asset", "inference", "model"] as const

/** One id a line; blank lines and what follows a `#` are passed over. */
const lines = (text: string, where: string) =>
  text.split(/\r\n|\r|\n/).flatMap((line, index) => {
    const id = line.replace(/#.*$/, "").trim()
    return id === "" ? [] : [{ id, where: `${where}, line ${index + 1}: ` }]
  })

const readText = Effect.fnUntraced(function* (file: string) {
  if (file === "-") {
    const { stdin } = yield* Stdio.Stdio
    return yield* Stream.mkString(Stream.decodeText(stdin)).pipe(
      Effect.mapError(() => new UsageError({ message: "stdin cannot be read" }))
    )
  }
  return yield* InputFile.readText(file)
})
