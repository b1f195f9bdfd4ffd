/**
 * Where the entries of an archive go: names that people wrote, as prompts, made into paths that are safe on Linux, macOS
 * and Windows, and the same on all of them.
 *
 * What could lead out of the directory is refused, for nobody writes it by mistake. What one of the systems cannot store
 * is made safe in a way that can be foretold, and reported.
 *
 * @since 0.1.0
 */
import { crc32 } from "@scenario-assets/core/engine/Crc32"
import * as Result from "effect/Result"
import { UnsafeName } from "../ArchiveError.ts"
import type { ZipEntry } from "../ZipEntry.ts"

/**
 * What was changed in a name, in words for people.
 *
 * @category models
 * @since 0.1.0
 */
export type Change =
  /** Windows does not allow `<>:"|?*`; each becomes `_`. */
  | "forbidden characters"
  /** Characters that cannot be seen or that turn the direction of writing are left out: `photo‮gnp.exe` shows as a PNG. */
  | "invisible characters"
  /** macOS takes composed and decomposed letters for the same; they are composed (NFC). */
  | "Unicode form"
  /** Windows drops dots and spaces at the end; spaces in front are lost on people. They are left out. */
  | "dots or spaces"
  /** `CON`, `NUL` and others are devices on Windows, with any extension; they get a `_` in front. */
  | "reserved name"
  /** File systems take 255 bytes; a longer name is cut, and told apart from others by a checksum. */
  | "too long"
  /** `.` and empty segments mean nothing and are left out. */
  | "empty segments"
  /** Another file has the path, or one that some system takes for the same; a number tells them apart. */
  | "taken"
  /** A directory on the way is another's in other letter case: the two become one, in the spelling that came first. */
  | "letter case"

/**
 * Where one entry goes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Assigned {
  readonly entry: ZipEntry
  /** Relative, with `/`, without one at the end. `.` is the directory that all go to. */
  readonly path: string
  /** Why the path is not the name; empty where it is. */
  readonly why: ReadonlyArray<Change>
}

/**
 * The paths that are given away, by what all systems take for the same (`fold`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Taken {
  readonly files: ReadonlySet<string>
  /** Each with its spelling. */
  readonly directories: ReadonlyMap<string, string>
}

/**
 * No paths.
 *
 * @category constants
 * @since 0.1.0
 */
export const none: Taken = { files: new Set(), directories: new Map() }

/**
 * Gives each entry its path, in their order, no two files the same: not within the archive, nor with what `taken` holds.
 * The result has `taken` with the new paths, for the next archive that goes to the same directory.
 *
 * Refused are absolute names, those of drives and shares, `..`, backslashes, control characters, and paths of more than
 * 1024 bytes, which is all that macOS takes. Two directories of one name become one.
 *
 * @category combinators
 * @since 0.1.0
 */
export const assign = (
  entries: ReadonlyArray<ZipEntry>,
  options: { readonly taken?: Taken | undefined } = {}
): Result.Result<{ readonly paths: ReadonlyArray<Assigned>; readonly taken: Taken }, UnsafeName> => {
  const claims = new Claims(options.taken ?? none)
  const paths: Array<Assigned> = []
  for (const entry of entries) {
    const why = new Set<Change>()
    const segments = segmentsOf(entry.name, why)
    if (typeof segments === "string") return Result.fail(new UnsafeName({ entry: entry.name, description: segments }))
    paths.push({ entry, path: claims.add(segments, entry.isDirectory, why), why: [...why] })
  }
  return Result.succeed({ paths, taken: claims })
}

/**
 * The `n`-th choice for a path: `a.png`, `a (2).png`, `a (3).png`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const candidate = (path: string, n: number): string => {
  if (n <= 1) return path
  const start = path.lastIndexOf("/") + 1
  const [stem, extension] = splitExtension(path.slice(start))
  return path.slice(0, start) + fit(stem, ` (${n})${extension}`)
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

/** How many bytes of UTF-8 a path may have (`PATH_MAX` of macOS). */
const maximalPath = 1024
/** No archive of assets comes near; each level is work for every file below it. */
const maximalDepth = 32
/** How many bytes of UTF-8 a segment may have: the 255 of most systems, less 16 for the endings of temporary files. */
const maximalSegment = 255 - 16

/** The safe segments of a name, and what was changed in them; or why it is refused. */
const segmentsOf = (name: string, why: Set<Change>): ReadonlyArray<string> | string => {
  if (/[\p{Cc}\p{Cs}]/u.test(name)) return "holds control characters"
  // `\\server\share`, `..\..` and `C:\`: a separator on Windows, a plain character elsewhere.
  if (name.includes("\\")) return "holds a backslash"
  if (name.startsWith("/")) return "is absolute"
  // `C:x` is below the current directory of a drive. "A: a letter" is a prompt.
  if (/^[a-z]:(?! )/i.test(name)) return "begins with a drive"
  const stored = name.replace(/\/$/, "").split("/")
  if (stored.includes("..")) return "leads upwards"
  const meant = stored.filter((segment) => segment !== "" && segment !== ".")
  if (meant.length < stored.length) why.add("empty segments")
  if (meant.length === 0 && !name.endsWith("/")) return "is none"
  const segments = meant.map((segment) => safeSegment(segment, why))
  const isLong = byteLength(segments.join("/")) > maximalPath
  return isLong || segments.length > maximalDepth ? "is too long a path" : segments
}

/** A segment that every system stores, and stores as it is. Each step keeps what the ones before it have brought about. */
const safeSegment = (segment: string, why: Set<Change>): string => {
  if (plain.test(segment) && !reserved.test(segment)) return segment
  let safe = segment
  const step = (change: Change, next: string) => {
    if (next !== safe) why.add(change)
    safe = next
  }
  step("invisible characters", safe.replace(invisible, ""))
  step("Unicode form", safe.normalize("NFC"))
  step("forbidden characters", safe.replace(/[<>:"|?*]/g, "_"))
  step("dots or spaces", trim(safe))
  if (safe === "") safe = "_"
  step("reserved name", reserved.test(safe) ? `_${safe}` : safe)
  step("too long", shorten(safe, segment))
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

const shorten = (name: string, original: string): string => {
  if (byteLength(name) <= maximalSegment) return name
  const sum = crc32.update(crc32.zero, encoder.encode(original))
  const [stem, extension] = splitExtension(name)
  return fit(stem, `-${sum.toString(16).padStart(8, "0")}${extension}`)
}

/** As much of the stem as there is room for before the ending, in whole characters as people see them. */
const fit = (stem: string, ending: string): string => {
  const room = maximalSegment - byteLength(ending)
  if (byteLength(stem) <= room) return stem + ending
  graphemes ??= new Intl.Segmenter("en")
  let end = 0
  let used = 0
  for (const { index, segment } of graphemes.segment(stem.slice(0, maximalSegment))) {
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

/** Paths that are given away, one after the other. */
class Claims implements Taken {
  readonly files: Set<string>
  readonly directories: Map<string, string>
  /** The number to try next, so that many files of one name do not try all numbers again. */
  readonly #next = new Map<string, number>()

  constructor(taken: Taken) {
    this.files = new Set(taken.files)
    this.directories = new Map(taken.directories)
  }

  add(segments: ReadonlyArray<string>, isDirectory: boolean, why: Set<Change>): string {
    const last = segments.length - 1
    let path = ""
    segments.forEach((segment, index) => {
      const wanted = path === "" ? segment : `${path}/${segment}`
      path = index < last || isDirectory ? this.#directory(wanted, why) : this.#file(wanted, why)
    })
    return path === "" ? "." : path
  }

  /** A directory of the same name serves as well. */
  #directory(wanted: string, why: Set<Change>): string {
    const [path, key] = this.#choose(wanted, "/", why, (key) => !this.files.has(key))
    const existing = this.directories.get(key)
    if (existing === undefined) this.directories.set(key, path)
    else if (existing !== path) why.add("letter case")
    return existing ?? path
  }

  #file(wanted: string, why: Set<Change>): string {
    const [path, key] = this.#choose(wanted, "", why, (key) => !this.files.has(key) && !this.directories.has(key))
    this.files.add(key)
    return path
  }

  /** The first path that is free, and its folded form. Files and directories count by themselves. */
  #choose(
    wanted: string,
    kind: "/" | "",
    why: Set<Change>,
    isFree: (key: string) => boolean
  ): readonly [string, string] {
    const key = fold(wanted)
    if (isFree(key)) return [wanted, key]
    why.add("taken")
    for (let n = this.#next.get(key + kind) ?? 2; ; n++) {
      const path = candidate(wanted, n)
      const other = fold(path)
      if (!isFree(other)) continue
      this.#next.set(key + kind, n)
      return [path, other]
    }
  }
}
