/** Flags that choose assets by what people know of them, and how their values are read. */
import * as Flag from "effect/cli/Flag"
import type * as Option from "effect/Option"
import * as Moment from "../text/Moment.ts"
import * as Options from "./Options.ts"

/** The kinds that people ask for; the catalogue may know more. */
export const kinds = ["image", "video", "3d", "audio", "document", "json"] as const

const word = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

const moment = (name: string, description: string) =>
  Options.read(name, Moment.reader).pipe(Flag.withDescription(description), Flag.optional)

export const choice = {
  collection: word("collection", "ID|NAME", "Only assets in this collection [default: all]").pipe(Flag.optional),
  kinds: Flag.Literals("kind", kinds).pipe(
    Flag.withMetavar("KIND"),
    Flag.withDescription(`Only this kind: ${kinds.join(", ")} (repeatable)`),
    Flag.atLeast(0)
  ),
  since: moment("since", "Only assets created on or after this date, or this long ago [default: all]"),
  until: moment("until", "Only assets created on or before this date [default: all]"),
  author: word("author", "ID", "Only assets of this author [default: all]").pipe(Flag.optional),
  tags: word("tag", "TAG", "Only assets with this tag, and with each other one that is given (repeatable)").pipe(
    Flag.atLeast(0)
  ),
  search: word("search", "TEXT", "Only what Scenario's search finds for these words [default: all]").pipe(
    Flag.optional
  ),
  limit: Options.wholeNumber("limit", "N", 1, 999_999_999).pipe(
    Flag.withDescription("At most this many assets, the newest first [default: all]"),
    Flag.optional
  )
}

export const metadata = word(
  "metadata",
  "FILE",
  "Write what Scenario knows of each asset (prompt, seed, model, …) to this file, as JSON lines, or as CSV if it ends in .csv [default: no file]"
).pipe(Flag.optional)

/** What `choice` gives. */
export interface Choice {
  readonly collection: Option.Option<string>
  readonly kinds: ReadonlyArray<string>
  readonly since: Option.Option<Moment.Moment>
  readonly until: Option.Option<Moment.Moment>
  readonly author: Option.Option<string>
  readonly tags: ReadonlyArray<string>
  readonly search: Option.Option<string>
  readonly limit: Option.Option<number>
}
