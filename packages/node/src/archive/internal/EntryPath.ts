/**
 * Where the entries of an archive go: names that people wrote, as prompts, made into paths that are safe on Linux, macOS
 * and Windows, and the same on all of them.
 *
 * What could lead out of the directory is refused, for nobody writes it by mistake. What one of the systems cannot store
 * is made safe in a way that can be foretold, and reported.
 *
 * @since 0.1.0
 */
import { crc32 } from "@scenario-assets/core/engine/transfer/Crc32"
import type { ZipEntry } from "../ZipEntry.ts"

/**
 * What was changed in a name, in words for people.
 *
 * @category models
 * @since 0.1.0
 */
export type Change =
  /** Line breaks, tabs and the like, which prompts have and terminals obey; each becomes `_`. */
  | "control characters"
  /** What is no character, as it is left of a name that is no UTF-8; each becomes `_`. */
  | "unreadable characters"
  /** Windows does not allow `<>:"|?*\`; each becomes `_`. */
  | "forbidden characters"
  /** Characters that cannot be seen or that turn the direction of writing are left out: `photo‮gnp.exe` shows as a PNG. */
  | "invisible characters"
  /** macOS takes composed and decomposed letters for the same; they are composed (NFC). */
  | "Unicode form"
  /** Windows drops dots and spaces at the end; spaces in front are lost on people. They are left out. */
  | "dots or spaces"
  /** `CON`, `NUL` and others are devices on Windows, with any extension; they get a `_` in front. */
  | "reserved name"
  /**
   * File systems take names of 255 bytes or less; a longer one is cut, and told apart from others by a checksum. Of a path that is
   * too long or too deep, the last directories and the name become one name.
   */
  | "too long"
  /** `.` and empty segments mean nothing and are left out. */
  | "empty segments"

/**
 * Where one entry goes, as far as it alone decides.
 *
 * @category models
 * @since 0.1.0
 */
export interface EntryPath {
  /** The directories on the way, and the name. None for the directory that all go to. */
  readonly segments: ReadonlyArray<string>
  /** Why they are not the name in the archive; empty where they are. */
  readonly why: ReadonlyArray<Change>
}

/** How many bytes of UTF-8 a path may have (`PATH_MAX` of macOS). */
const maximalPath = 1024
/** No archive of assets comes near; each level is work for every file below it. */
const maximalDepth = 32
/**
 * How many bytes of UTF-8 a segment may have, where the file system takes so many: the 255 of most systems, less 16 for the
 * endings of temporary files.
 *
 * @category constants
 * @since 0.1.0
 */
export const maximalSegment = 255 - 16

/**
 * Why an entry of this name is not extracted, where it may lead out of the directory or hides what it is: absolute names,
 * those of drives and shares, `..`, all of them with backslashes too, and a NUL. A backslash before a sign, as prompts
 * escape them (`\(cat\)`), leads nowhere.
 *
 * @category getters
 * @since 0.1.0
 */
export const refusal = (name: string): string | undefined => {
  if (name.includes("\0")) return "holds a NUL"
  if (name.startsWith("/") || /^\\[\\/.\p{L}\p{N}_]/u.test(name)) return "is absolute"
  // `C:x` is below the current directory of a drive. "A: a letter" is a prompt.
  if (/^[a-z]:(?! )/i.test(name)) return "begins with a drive"
  return name.includes("..") && name.split(/[/\\]/).includes("..") ? "leads upwards" : undefined
}

/**
 * Makes the name of an entry safe, whatever it is. Several may come to the same path: `Names` of an extraction tells them
 * apart. `longest` is how many bytes the file system takes for a name.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = ({ name }: Pick<ZipEntry, "name">, longest = maximalSegment): EntryPath => {
  const why = new Set<Change>()
  const stored = name.replace(/\/$/, "").split("/")
  const meant = stored.filter((segment) => segment !== "" && segment !== ".")
  if (meant.length < stored.length) why.add("empty segments")
  if (meant.length === 0) return { segments: name.endsWith("/") ? [] : ["_"], why: [...why] }
  const segments = meant.map((segment) => safeSegment(segment, why, longest))
  return { segments: within(segments, meant, why, longest), why: [...why] }
}

/** Paths that every system takes: what leads too far becomes one name. */
const within = (
  segments: ReadonlyArray<string>,
  meant: ReadonlyArray<string>,
  why: Set<Change>,
  longest: number
): ReadonlyArray<string> => {
  if (segments.length <= maximalDepth && byteLength(segments.join("/")) <= maximalPath) return segments
  why.add("too long")
  let kept = 0
  for (let used = longest; kept < Math.min(segments.length, maximalDepth) - 1; kept++) {
    used += byteLength(segments[kept] ?? "") + 1
    if (used > maximalPath) break
  }
  return [...segments.slice(0, kept), shorten(segments.slice(kept).join("_"), meant.slice(kept).join("/"), longest)]
}

/**
 * The `n`-th choice for a path: `a.png`, `a (2).png`, `a (3).png`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const candidate = (path: string, n: number, longest = maximalSegment): string => {
  if (n <= 1) return path
  const start = path.lastIndexOf("/") + 1
  const [stem, extension] = splitExtension(path.slice(start))
  return path.slice(0, start) + fit(stem, ` (${n})${extension}`, longest)
}

/**
 * The name that a numbered one was made from, and its number: `a.png` and 2 for `a (2).png`. Of one that was cut to make room for
 * the number, as much as is left.
 *
 * @category combinators
 * @since 0.1.0
 */
export const unnumbered = (name: string): { readonly name: string; readonly n: number } | undefined => {
  const [stem, extension] = splitExtension(name)
  const [, first, n] = /^(.*) \(([2-9]|[1-9]\d{1,8})\)$/su.exec(stem) ?? []
  return first === undefined ? undefined : { name: first + extension, n: Number(n) }
}

/**
 * What file systems compare, more generously than any of them: paths that give the same text may be the same file on Linux,
 * macOS or Windows. Letter case, composed and decomposed letters, and characters that cannot be seen make no difference.
 *
 * @category combinators
 * @since 0.1.0
 */
export const fold = (path: string): string =>
  isAscii(path)
    ? path.toLowerCase()
    : path
        .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
        .normalize("NFD")
        // To lower case first for `ẞ`, which has no other upper case, and then to `ss` by way of the upper case of `ß`.
        .toLowerCase()
        .toUpperCase()
        .toLowerCase()
        .normalize("NFC")

/** A segment that every system stores, and stores as it is. Each step keeps what the ones before it have brought about. */
const safeSegment = (segment: string, why: Set<Change>, longest: number): string => {
  if (segment.length <= longest && plain.test(segment) && !reserved.test(segment)) return segment
  let safe = segment
  const step = (change: Change, next: string) => {
    if (next !== safe) why.add(change)
    safe = next
  }
  step("control characters", safe.replace(/\p{Cc}/gu, "_"))
  step("unreadable characters", safe.replace(/[\p{Cs}\ufffd]/gu, "_"))
  step("invisible characters", safe.replace(invisible, ""))
  step("Unicode form", safe.normalize("NFC"))
  step("forbidden characters", safe.replace(/[<>:"|?*\\]/g, "_"))
  step("dots or spaces", trim(safe))
  if (safe === "") safe = "_"
  step("reserved name", reserved.test(safe) ? `_${safe}` : safe)
  step("too long", shorten(safe, segment, longest))
  return safe
}

/** Nothing to do: most names are like this, and there may be many. */
const plain = /^[\w(-][\w ().,-]{0,200}(?<![. ])$/

/**
 * Soft hyphens, marks and overrides of direction, zero-width spaces, line separators, byte order marks. Joiners stay: emoji
 * and several scripts need them.
 */
const invisible = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** Names of devices, as Microsoft's "Naming Files, Paths, and Namespaces" lists them, and the two of the console. */
const reserved = /^(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³]|conin\$|conout\$) *(\.|$)/i

const trim = (name: string): string => {
  let end = name.length
  while (name[end - 1] === "." || name[end - 1] === " ") end--
  return name.slice(0, end).replace(/^ +/, "")
}

const shorten = (name: string, original: string, longest: number): string => {
  if (byteLength(name) <= longest) return name
  const sum = crc32.update(crc32.zero, encoder.encode(original))
  const [stem, extension] = splitExtension(name)
  return fit(stem, `-${sum.toString(16).padStart(8, "0")}${extension}`, longest)
}

/** As much of the stem as there is room for before the ending, in whole characters as people see them. */
const fit = (stem: string, ending: string, longest: number): string => {
  const room = longest - byteLength(ending)
  if (byteLength(stem) <= room) return stem + ending
  graphemes ??= new Intl.Segmenter("en")
  let end = 0
  let used = 0
  for (const { index, segment } of graphemes.segment(stem.slice(0, longest))) {
    used += byteLength(segment)
    if (used > room) break
    end = index + segment.length
  }
  return stem.slice(0, end) + ending
}

/** Made when it is needed, for it is costly. */
let graphemes: Intl.Segmenter | undefined

/** What follows the last dot, where it looks like an extension and not like the end of a sentence. */
const splitExtension = (segment: string): readonly [stem: string, extension: string] => {
  const [, stem = segment, extension = ""] = /^(.+)(\.[\p{L}\p{N}]{1,15})$/u.exec(segment) ?? []
  return [stem, extension]
}

const encoder = new TextEncoder()
const byteLength = (text: string): number => (isAscii(text) ? text.length : encoder.encode(text).length)
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)
