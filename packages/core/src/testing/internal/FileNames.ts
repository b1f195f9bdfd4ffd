/**
 * The names of files in an archive, made by the template.
 *
 * @since 0.1.0
 */
import type { FileNameTemplate } from "../../FileNameTemplate.ts"

/** How the files of an archive are named. */
export interface Naming {
  readonly fileNameTemplate: FileNameTemplate
  readonly flat?: boolean | undefined
}

/** What a name is made from. */
export interface Named {
  readonly inferenceId: string
  readonly seed: number
  readonly num: number
  readonly prompt: string
  readonly generator: string
  readonly extension: string
}

/**
 * A name for each file, in order and all distinct: the template with its placeholders filled in, made safe for every
 * file system, in a directory named for the inference unless `flat`. Files that would get the same name (upper and
 * lower case being the same) are told apart by ` (2)`, ` (3)` and so on.
 */
export const make = (files: ReadonlyArray<Named>, naming: Naming): ReadonlyArray<string> => {
  const taken = new Set<string>()
  const tries = new Map<string, number>()
  return files.map((file) => {
    const directory = naming.flat === true ? "" : `${safe(file.inferenceId)}/`
    const stem = directory + safe(fill(naming.fileNameTemplate, file))
    for (let attempt = tries.get(stem) ?? 1; ; attempt++) {
      const name = `${stem}${attempt === 1 ? "" : ` (${attempt})`}.${file.extension}`
      const key = name.toLowerCase()
      if (taken.has(key)) continue
      taken.add(key)
      tries.set(stem, attempt + 1)
      return name
    }
  })
}

/** Placeholders that are not documented stay as they are. */
const fill = (template: FileNameTemplate, file: Named): string =>
  template.replace(/<(seed|num|prompt|generator)>/g, (placeholder) => {
    switch (placeholder) {
      case "<seed>":
        return String(file.seed)
      case "<num>":
        return String(file.num)
      case "<prompt>":
        return cut(file.prompt, 100)
      default:
        return file.generator
    }
  })

const encoder = new TextEncoder()

/** At most `limit` bytes of UTF-8, whole characters only. */
const cut = (text: string, limit: number): string => {
  if (text.length * 3 <= limit) return text
  let used = 0
  let result = ""
  for (const character of text) {
    used += encoder.encode(character).length
    if (used > limit) return result
    result += character
  }
  return result
}

/** One path segment that every file system takes: no separators, no control characters, no reserved name. */
const safe = (text: string): string => {
  const clean = cut(
    text
      .normalize("NFC")
      .replace(/[/\\:*?"<>|\p{Cc}]/gu, "_")
      .replace(/[\p{Cf}\p{Cs}]/gu, ""),
    200
  )
    .replace(/\s+/g, " ")
    .replace(/^[\s.]+|[\s.]+$/g, "")
  return clean === "" || /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i.test(clean) ? `_${clean}` : clean
}
