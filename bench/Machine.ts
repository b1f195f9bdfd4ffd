/** The facts that a figure means nothing without. */
import { readFileSync, statfsSync } from "node:fs"
import os from "node:os"
import * as Effect from "effect/Effect"
import * as Process from "./Process.ts"

export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly memory: number
  readonly kernel: string
  readonly node: string
  /** Processes that wanted to run during the last minute before the benchmark. */
  readonly load: number
  readonly fileSystem: string
}

export const look = (directory: string): Machine => ({
  cores: os.availableParallelism(),
  cpu: os.cpus()[0]?.model ?? "unknown",
  memory: os.totalmem(),
  kernel: `${os.type()} ${os.release()}`,
  node: process.version,
  load: os.loadavg()[0] ?? 0,
  fileSystem: fileSystem(directory)
})

/** Linux tells it by name; elsewhere there is a number. */
const fileSystem = (directory: string): string => {
  try {
    const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n")
    const found = mounts
      .map((line) => line.split(" "))
      .filter(([, point]) => point !== undefined && isBelow(directory, point))
      .toSorted(([, a = ""], [, b = ""]) => b.length - a.length)
    if (found[0]?.[2] !== undefined) return found[0][2]
  } catch {
    // Not Linux.
  }
  return `of type 0x${statfsSync(directory).type.toString(16)}`
}

const isBelow = (directory: string, point: string): boolean =>
  point === "/" || directory === point || directory.startsWith(`${point}/`)

/** What is compared with, and what serves: each with its version, or nothing where it is missing. */
export interface Peers {
  readonly curl: string | undefined
  readonly aria2c: string | undefined
  readonly bsdtar: string | undefined
  readonly unzip: string | undefined
  readonly nginx: string | undefined
}

const twoWords = (line: string | undefined) => line?.split(" ").slice(0, 2).join(" ")

export const peers: Effect.Effect<Peers> = Effect.all(
  {
    curl: Effect.map(Process.firstLine("curl", ["--version"]), twoWords),
    aria2c: Effect.map(Process.firstLine("aria2c", ["--version"]), (line) => line?.replace(" version", "")),
    bsdtar: Effect.map(Process.firstLine("bsdtar", ["--version"]), twoWords),
    unzip: Effect.map(Process.firstLine("unzip", ["-v"]), twoWords),
    nginx: Effect.map(Process.firstLine("nginx", ["-v"]), (line) => line?.replace("nginx version: ", ""))
  },
  { concurrency: "unbounded" }
)
