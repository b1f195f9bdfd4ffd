/** Writes docs/screen.md anew: what a terminal shows during a download, and of runs and doctor after it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Terminal from "../packages/cli/test/support/Terminal.ts"
import * as Fault from "../packages/core/src/testing/Fault.ts"
import * as EmulatorServer from "../packages/node/src/testing/EmulatorServer.ts"

const size = { columns: 100, rows: 24 }
const bin = fileURLToPath(new URL("../packages/cli/src/bin.ts", import.meta.url))
const command = "download --from-file ids.txt --output renders --connections 2"

type Picture = readonly [name: string, lines: ReadonlyArray<string>]

/** A moment worth a picture: its name, and how to know it. */
const moments: ReadonlyArray<readonly [name: string, isNow: (block: string) => boolean]> = [
  [
    "Both jobs are waited for",
    (block) => (block.match(/queued|in-progress/g) ?? []).length === 2 && / \ds\n/.test(block)
  ],
  ["One archive is on its way", (block) => / [2-5]\d% /.test(block) && /(queued|in-progress) \ds/.test(block)],
  [
    "Both are, one after trouble with the network",
    (block) => /1 retry/.test(block) && (block.match(/\d%/g) ?? []).length === 3
  ]
]

const record = Effect.gen(function* () {
  const emulator = yield* EmulatorServer.make({ catalogue: { anyId: true }, archive: { size: 24_000_000, entries: 4 } })
  const { apiUrl, credentials } = emulator.config
  yield* emulator.scriptJobs({ pace: 1500 }, { pace: 2700 })
  yield* emulator.inject(
    Fault.reset("storage", 1_500_000, { skip: 4 }),
    Fault.throttle("storage", 4_000_000, { times: "always" })
  )
  const cwd = mkdtempSync(join(tmpdir(), "screen-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(cwd, { recursive: true })))
  writeFileSync(join(cwd, "ids.txt"), Array.from({ length: 1500 }, (_, index) => `asset_${index}`).join("\n"))
  // The emulator stands for Scenario.
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: cwd,
    TERM: "xterm-256color",
    SCENARIO_BASE_URL: apiUrl,
    SCENARIO_API_KEY: credentials.key,
    SCENARIO_API_SECRET: credentials.secret
  }
  const start = (command: string) =>
    Terminal.start([process.execPath, bin, ...command.split(" ")], { ...size, cwd, env })
  const terminal = yield* start(command)
  const pictures: Array<Picture> = []
  for (const [name, isNow] of moments) {
    const { lines } = yield* terminal.until(({ lines }) => isNow(lines.slice(3).join("\n")))
    pictures.push([name, lines])
  }
  const { screen } = yield* terminal.ended
  pictures.push(["The end", screen.lines])
  for (const command of ["runs", "doctor"]) {
    const { screen } = yield* (yield* start(command)).ended
    pictures.push([`\`scenario-assets ${command}\``, screen.lines.map((line) => line.replaceAll(cwd, "/home/me"))])
  }
  return pictures
})

const pictures = await Effect.runPromise(Effect.scoped(record))
const text = [
  "# What a terminal shows",
  "",
  `\`scenario-assets ${command}\` against the emulator, with 1500 ids, in a terminal of ${size.columns} columns. Written by`,
  "`node scripts/screen.ts` from a real terminal's screen; colours are left out.",
  ...pictures.flatMap(([name, lines]) => ["", `## ${name}`, "", "```text", ...lines, "```"]),
  ""
].join("\n")
writeFileSync(new URL("../docs/screen.md", import.meta.url), text)
