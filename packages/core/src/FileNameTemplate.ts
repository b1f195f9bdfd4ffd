/**
 * The naming convention of the files in an archive.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The documented placeholders: `<seed>` the seed used to generate the asset, `<num>` its index in the inference,
 * `<prompt>` the prompt of the inference, `<generator>` its generator.
 */
const placeholders = ["<seed>", "<num>", "<prompt>", "<generator>"] as const

/**
 * A template for file names: any text with placeholders in it, not empty and without control characters.
 *
 * @category models
 * @since 0.1.0
 */
export const FileNameTemplate = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^(?=\s*\S)[^\p{Cc}\p{Cs}]+$/u, {
      message:
        "Expected a file name template: not empty, without control characters, " +
        "such as <generator>-<prompt>-<num>-<seed>",
      // The shape of templates that property tests make up.
      arbitraryConstraint: {
        patterns: [{ source: "^[0-9A-Za-z](?:[ 0-9A-Za-z_.-]|<seed>|<num>|<prompt>|<generator>){0,12}$", flags: "" }]
      }
    })
  ),
  Schema.brand("FileNameTemplate")
)
/** @category models @since 0.1.0 */
export type FileNameTemplate = typeof FileNameTemplate.Type

/**
 * `<generator>-<prompt>-<num>-<seed>`, the example of Scenario's own reference.
 *
 * @category constructors
 * @since 0.1.0
 */
export const defaultTemplate: FileNameTemplate = FileNameTemplate.make("<generator>-<prompt>-<num>-<seed>")

/**
 * Something about a template that is allowed and probably not meant.
 *
 * @category models
 * @since 0.1.0
 */
export type Warning =
  | {
      readonly _tag: "UnknownPlaceholder"
      readonly placeholder: string
      /** The documented placeholder that was probably meant. */
      readonly suggestion: string | undefined
      readonly message: string
    }
  | { readonly _tag: "IndistinctNames"; readonly message: string }

/**
 * Warns of placeholders no reference lists, and of templates that give several assets one name. Never an error: the
 * server may know more than its reference says.
 *
 * @category combinators
 * @since 0.1.0
 */
export const check = (template: FileNameTemplate): ReadonlyArray<Warning> => {
  const found = new Set(template.match(/<[^<>]*>/g) ?? [])
  const warnings: Array<Warning> = []
  for (const placeholder of found) {
    if (isDocumented(placeholder)) continue
    const suggestion = suggest(placeholder)
    warnings.push({
      _tag: "UnknownPlaceholder",
      placeholder,
      suggestion,
      message:
        `The placeholder ${placeholder} is not documented and may stand in the file names as it is; ` +
        (suggestion === undefined ? `documented are ${placeholders.join(", ")}.` : `did you mean ${suggestion}?`)
    })
  }
  const reason = indistinct(found)
  if (reason !== undefined) {
    warnings.push({
      _tag: "IndistinctNames",
      message: `The template ${JSON.stringify(template)} ${reason}; add <seed>, or use ${defaultTemplate}.`
    })
  }
  return warnings
}

const isDocumented = (placeholder: string): boolean => placeholders.some((known) => known === placeholder)

const suggest = (placeholder: string): string | undefined => {
  const bare = placeholder.toLowerCase().replace(/[^a-z]/g, "")
  return placeholders.find(
    (known) => bare.startsWith(known.slice(1, -1)) || (bare.length > 2 && known.slice(1).startsWith(bare))
  )
}

/** `<seed>` differs between assets; `<num>` only within one inference, and `<prompt>` between most inferences. */
const indistinct = (found: ReadonlySet<string>): string | undefined => {
  if (found.has("<seed>")) return undefined
  if (!found.has("<num>")) return "has neither <seed> nor <num>, so assets of one inference get the same name"
  return found.has("<prompt>")
    ? undefined
    : "counts within one inference, so assets of two inferences get the same name"
}
