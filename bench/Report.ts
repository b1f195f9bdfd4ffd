/** Results for people. */
import type { Certificate } from "./Certificate.ts"
import type { Machine } from "./Machine.ts"
import type { Ours } from "./Ours.ts"
import type { Server } from "./Server.ts"
import * as Units from "./Units.ts"
import type { Outcome, Verdict, Work } from "./Work.ts"

export const header = (facts: {
  readonly machine: Machine
  readonly ours: Ours
  /** What is compared with: the version of each, where it is there. */
  readonly peers: Readonly<Record<string, string | undefined>>
  readonly server: Server
  readonly certificate: Certificate
  readonly directory: string
  /** What ours do that the peers leave out, as a sentence. */
  readonly extra: string
}): string => {
  const { certificate, directory, extra, machine, ours, peers, server } = facts
  return [
    `machine      ${machine.cores} cores (${machine.cpu}), ${Units.formatSize(machine.memory)}, ${machine.kernel}, ${load(machine)}`,
    `directory    ${directory} (${machine.fileSystem})`,
    `ours         ${ours.how}, on Node ${machine.node}`,
    `peers        ${Object.entries(peers)
      .map(([name, version]) => version ?? `${name} is missing`)
      .join(", ")}`,
    `server       ${server.name}, on the loopback`,
    `certificate  ${certificate.origin}`,
    "",
    "Times are of whole processes, from before the start to the end, medians of the rounds.",
    extra,
    "Time without start-up is what a program itself counts once it is loaded.",
    ""
  ].join("\n")
}

/** Other work on the machine falls on whoever happens to run. */
const load = ({ cores, load }: Machine): string =>
  `load ${load.toFixed(2)}${load > cores / 4 ? " before the start: NOT QUIET, the figures will waver" : ""}`

export const table = (outcome: Outcome, columns: Work["columns"]): string => {
  const rows = [
    ["", ...columns.map(({ title }) => title)],
    ...outcome.contenders.map(({ median, name }) => [name, ...columns.map(({ show }) => show(median))])
  ]
  const rounds = `${outcome.rounds} ${outcome.rounds === 1 ? "round" : "rounds"}`
  return [
    `${outcome.id}) ${outcome.title} (${rounds})`,
    ...align(rows).map((line) => `   ${line}`),
    ...outcome.verdicts.map((verdict) => `   → ${sentence(verdict)}`),
    ...outcome.missing.map((missing) => `   ! ${missing}`),
    ""
  ].join("\n")
}

const sentence = ({
  bar,
  holds,
  note,
  unit,
  value,
  what
}: Verdict & { readonly holds: boolean | undefined }): string => {
  const shown =
    value === undefined ? "not measured" : unit === undefined ? value.toFixed(2) : `${value.toFixed(0)} ${unit}`
  const verdict = holds === undefined ? "" : holds ? ": holds" : ": DOES NOT HOLD"
  const limit =
    bar === undefined ? "" : ` (bar ${bar.relation} ${bar.limit}${unit === undefined ? "" : ` ${unit}`}${verdict})`
  return `${what}: ${shown}${limit}${note === undefined ? "" : `; ${note}`}`
}

/** The first column to the left, figures to the right. */
export const align = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
  )
}
