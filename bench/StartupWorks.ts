/** What is measured of starts: commands that have next to nothing to do, beside other programs that have not either. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BenchError } from "./BenchError.ts"
import type { Certificate } from "./Certificate.ts"
import { costs, timeRatio } from "./Figures.ts"
import type { Peers } from "./Machine.ts"
import type { Ours } from "./Ours.ts"
import * as Process from "./Process.ts"
import { credentials, type Server } from "./Server.ts"
import * as Units from "./Units.ts"
import type { Column, Contender, Work } from "./Work.ts"

export interface Settings {
  readonly rounds: number
  readonly ours: Ours
  readonly server: Server
  readonly certificate: Certificate
  readonly peers: Peers
}

type Make = (settings: Settings) => Effect.Effect<Work, BenchError, Scope.Scope>

const contender = (name: string, command: Process.Command): Contender => ({
  name,
  run: () => Effect.map(Process.run(command), ({ stdout: _, ...cost }) => cost)
})

const node = contender("node -e 0", { file: process.execPath, args: ["-e", "0"] })

const columns: ReadonlyArray<Column> = [
  {
    title: "time",
    show: ({ wall }) => (wall === undefined ? "–" : `${(wall * 1000).toFixed(0)} ms`)
  },
  ...costs.slice(1)
]

/** Nothing leaves the machine. */
const words: Make = ({ ours, rounds }) =>
  Effect.succeed({
    id: "j",
    title: "words alone",
    rounds,
    contenders: [
      node,
      contender("--version", ours.binary(["--version"])),
      contender("--help", ours.binary(["--help"]))
    ],
    columns,
    judge: (median) => [
      timeRatio(median, "--version", node.name, "wall", { bar: { relation: "≤", limit: 2.5 } }),
      timeRatio(median, "--help", node.name, "wall")
    ],
    missing: []
  })

/** One request and its answer. */
const look: Make = ({ certificate: { cert }, ours, peers, rounds, server }) =>
  Effect.gen(function* () {
    const { apiUrl, jobId } = yield* server.serve({ bytes: Units.mebibyte, tls: true })
    const { apiKey, apiSecret } = credentials
    const status = contender("status", {
      ...ours.binary(["status", jobId, "--base-url", apiUrl]),
      env: { NODE_EXTRA_CA_CERTS: cert, SCENARIO_SDK_API_KEY: apiKey, SCENARIO_SDK_API_SECRET: apiSecret }
    })
    const plan = contender("download --dry-run", ours.binary(["download", "asset_a", "--dry-run"]))
    const curl = contender("curl", {
      file: "curl",
      args: [
        "-q",
        "-sS",
        "--fail",
        "--cacert",
        cert,
        "-u",
        `${apiKey}:${apiSecret}`,
        `${apiUrl}/assets/download/${jobId}`
      ]
    })
    return {
      id: "k",
      title: "one look at a job, HTTPS",
      rounds,
      contenders: [node, plan, status, ...(peers.curl === undefined ? [] : [curl])],
      columns,
      judge: (median) => [
        timeRatio(median, plan.name, node.name, "wall"),
        timeRatio(median, status.name, node.name, "wall"),
        timeRatio(median, status.name, curl.name, "wall")
      ],
      missing: peers.curl === undefined ? ["curl is missing on this machine and is not compared with"] : []
    }
  })

export const all: Readonly<Record<string, Make>> = { j: words, k: look }
