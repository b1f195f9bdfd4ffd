/** Runs as a table: for a person with as many columns as the terminal has, for programs with all of it between tabs. */
import { sep } from "node:path"
import * as DateTime from "effect/DateTime"
import * as Home from "../start/Home.ts"
import * as Format from "../text/Format.ts"
import * as Width from "../text/Width.ts"
import * as RunFields from "./RunFields.ts"

/** Without a header, each run in one line: its id, state, when it was last started, what, files, place, and what went wrong. */
export const tabbed = (runs: ReadonlyArray<RunFields.Known>): string =>
  runs
    .map((run) => {
      const { files, place, process, runId } = run.head
      const since = DateTime.formatIso(process.since)
      const why = RunFields.why(run.head) ?? ""
      return [runId, RunFields.state(run), since, RunFields.what(run.head), String(files ?? ""), place, why]
        .map(Format.name)
        .join("\t")
    })
    .join("\n")

/** With a header, and what went wrong below each run. */
export const ofWidth = (runs: ReadonlyArray<RunFields.Known>, columns: number, now: number): string => {
  const fixed = [["ID", "STATE", "AGE", "FILES"], ...runs.map((run) => cells(run, now))]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...fixed.map((row) => Width.of(row[column] ?? ""))))
  const [id = 0, state = 0, age = 0, files = 0] = widths
  const room = columns - id - state - age - files - 5 * gap.length
  const texts = [
    { what: "WHAT", place: "PLACE", why: undefined },
    ...runs.map(({ head }) => ({
      what: plain(RunFields.what(head)),
      place: plain(shortPlace(head.place)),
      why: RunFields.why(head)
    }))
  ]
  const place = Math.max(...texts.map((text) => Width.of(text.place)))
  const what = Math.min(
    Math.max(...texts.map((text) => Width.of(text.what))),
    Math.max(narrowest, Math.floor(room / 2), room - place)
  )
  return texts
    .flatMap((text, index) => {
      const [runId = "", stateText = "", ageText = "", filesText = ""] = fixed[index] ?? []
      const row = [
        Width.pad(runId, id),
        Width.pad(stateText, state),
        ageText.padStart(age),
        Width.pad(Width.shorten(text.what, what), what),
        filesText.padStart(files),
        Width.shorten(text.place, Math.max(narrowest, room - what))
      ]
      const why = text.why === undefined ? [] : [`  ${Width.shorten(plain(text.why), columns - 2)}`]
      return [row.join(gap).trimEnd(), ...why]
    })
    .join("\n")
}

const gap = "  "
const narrowest = 8

const plain = (text: string): string => Width.plain(Format.name(text))

const cells = (run: RunFields.Known, now: number): ReadonlyArray<string> => [
  run.head.runId,
  RunFields.state(run),
  Format.age(now - DateTime.toEpochMillis(run.head.process.since)),
  String(run.head.files ?? "-")
]

/** With `~` for the home directory. */
const shortPlace = (place: string): string => {
  const home = Home.directory()
  if (place === home) return "~"
  return home !== sep && place.startsWith(home + sep) ? `~${place.slice(home.length)}` : place
}
