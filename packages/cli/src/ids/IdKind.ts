/** What an id looks like. It may be something else all the same, so a flag can say what it is. */

export type IdKind = "asset" | "inference" | "model" | "project" | "job" | "run"

const prefixes: ReadonlyArray<readonly [prefix: string, kind: IdKind]> = [
  ["asset_", "asset"],
  ["inf_", "inference"],
  ["inference_", "inference"],
  ["model_", "model"],
  ["proj_", "project"],
  ["job_", "job"],
  ["run_", "run"]
]

export const of = (id: string): IdKind | undefined => prefixes.find(([prefix]) => id.startsWith(prefix))?.[1]

/** `an asset`. */
export const withArticle = (kind: IdKind): string => `${kind === "asset" || kind === "inference" ? "an" : "a"} ${kind}`
