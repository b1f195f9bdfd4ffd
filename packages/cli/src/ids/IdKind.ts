/** What an id looks like. It may be something else all the same, so nothing is refused for its prefix. */

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
