/** Texts, numbers and dates as the page writes them. */
import * as Shown from "../internal/Shown.ts"
import type { Entry } from "./Entries.ts"

const numbers = new Intl.NumberFormat("en-GB")
const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" })
const moments = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" })

export const number = (value: number): string => numbers.format(value)

export const moment = ({ time }: Entry): string | undefined => (time === undefined ? undefined : moments.format(time))

/** A text beside others in one line, whose direction stays its own. */
const isolated = (text: string) => `\u2068${text}\u2069`

/** The beginning of a text, which may be of any length, in one line. */
export const beginning = (text: string, length = 240): string =>
  Shown.oneLine(text.slice(0, length).replace(/[\uD800-\uDBFF]$/, ""))

/** What an entry is called: by its prompt, its name or its file. */
export const titleOf = ({ fileName, item }: Entry): string => beginning(item.prompt ?? item.name ?? fileName)

/** Three short lines, without those that nothing is known for: where it comes from, when and how large, the seed. */
export const summaryOf = ({ fileName, item, label, time }: Entry): string => {
  const place = item.path.slice(0, -fileName.length)
  const origin = item.modelId ?? (item.prompt === undefined ? place : fileName)
  const lines = [
    [origin === "" ? label : beginning(origin, 120)],
    [time === undefined ? undefined : days.format(time), item.bytes === undefined ? undefined : Shown.size(item.bytes)],
    [item.seed && `seed ${beginning(item.seed, 40)}`]
  ]
  return lines
    .map((parts) =>
      parts
        .filter((part) => part !== undefined)
        .map(isolated)
        .join(" · ")
    )
    .filter((line) => line !== "")
    .join("\n")
}

const kinds: ReadonlyMap<string, string> = new Map([
  ["image", "Images"],
  ["image-hdr", "HDR images"],
  ["video", "Videos"],
  ["audio", "Audio"],
  ["3d", "3D"],
  ["document", "Documents"],
  ["json", "JSON"],
  ["other", "Other"]
])

export const kindOf = (kind: string): string => kinds.get(kind) ?? beginning(kind, 40)
