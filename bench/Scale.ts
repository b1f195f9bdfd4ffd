/** What a download costs as it grows: so many assets, a job for each thousand, from the emulator on this machine into a directory. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { BenchError } from "./BenchError.ts"
import type { Ours } from "./Ours.ts"
import * as Process from "./Process.ts"
import { credentials } from "./Server.ts"
import * as Units from "./Units.ts"

export interface Point {
  readonly assets: number
  /** Seconds. */
  readonly wall: number
  /** Bytes; none where the system does not tell. */
  readonly peak: number | undefined
}

interface Settings {
  readonly ours: Ours
  /** Each run has a fresh one in it: to make files right after many were removed is slow for minutes. */
  readonly directory: string
}

/** An emulator of its own, which has every asset that is asked for; where it is. */
export const emulator = (
  { ours }: Pick<Settings, "ours">,
  flags: ReadonlyArray<string> = []
): Effect.Effect<string, BenchError, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Process.serve(ours.binary(["emulate", "--port", "0", "--any-id", "--json", ...flags]))
    const line = yield* Effect.callback<string>((resume) => {
      const lines = createInterface(child.stdout)
      lines.once("line", (line) => resume(Effect.succeed(line)))
      lines.once("close", () => resume(Effect.succeed("")))
    })
    const url = /"apiUrl":"([^"]+)"/.exec(line)?.[1]
    return url ?? (yield* new BenchError({ message: "The emulator did not start." }))
  })

/** One size after the other. */
export const measure = (
  settings: Settings,
  sizes: ReadonlyArray<number>,
  tell: (line: string) => Effect.Effect<void>
): Effect.Effect<ReadonlyArray<Point>, BenchError, Scope.Scope> =>
  Effect.gen(function* () {
    const { directory, ours } = settings
    const apiUrl = yield* emulator(settings)
    return yield* Effect.forEach(sizes, (assets) =>
      Effect.gen(function* () {
        yield* tell(`${assets} assets`)
        const ids = path.join(directory, `ids-${assets}.txt`)
        const lines = Array.from({ length: assets }, (_, index) => `asset_${index}\n`)
        yield* Effect.sync(() => writeFileSync(ids, lines.join("")))
        const command = ours.binary(["download", "--from-file", ids, "--output", path.join(directory, `${assets}`)])
        const env = {
          SCENARIO_BASE_URL: apiUrl,
          SCENARIO_API_KEY: credentials.apiKey,
          SCENARIO_API_SECRET: credentials.apiSecret
        }
        const { peak, wall } = yield* Process.run({ ...command, env })
        return { assets, wall, peak }
      })
    )
  })

/** Rows for people. */
export const rows = (points: ReadonlyArray<Point>): ReadonlyArray<ReadonlyArray<string>> => [
  ["assets", "batches", "time", "assets/s", "peak memory"],
  ...points.map(({ assets, peak, wall }) => [
    String(assets),
    String(Math.ceil(assets / 1000)),
    `${wall.toFixed(1)} s`,
    (assets / wall).toFixed(0),
    peak === undefined ? "–" : Units.formatSize(peak)
  ])
]

/** The same as a picture: time and memory over the number of assets, each as a share of its largest. */
export const plot = (points: ReadonlyArray<Point>): string => {
  const [width, height, margin] = [640, 320, 48]
  const most = Math.max(...points.map(({ assets }) => Math.log10(assets)))
  const least = Math.min(...points.map(({ assets }) => Math.log10(assets)))
  const x = (assets: number) => margin + ((Math.log10(assets) - least) / (most - least || 1)) * (width - 2 * margin)
  const line = (of: (point: Point) => number, color: string, label: string, text: (point: Point) => string) => {
    const top = Math.max(...points.map(of)) || 1
    const y = (point: Point) => height - margin - (of(point) / top) * (height - 2 * margin)
    const path = points.map((point) => `${x(point.assets).toFixed(1)},${y(point).toFixed(1)}`).join(" ")
    const labels = points.map(
      (point) =>
        `<text x="${x(point.assets).toFixed(1)}" y="${(y(point) + (label === "time" ? 16 : -8)).toFixed(1)}" fill="${color}" text-anchor="middle">${text(point)}</text>`
    )
    return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>${labels.join("")}<text x="${margin}" y="${label === "time" ? 16 : 32}" fill="${color}">${label}</text>`
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...points.map(
      ({ assets }) =>
        `<text x="${x(assets).toFixed(1)}" y="${height - 16}" text-anchor="middle">${assets.toLocaleString("en")} assets</text>`
    ),
    line(
      ({ wall }) => wall,
      "#1f6feb",
      "time",
      ({ wall }) => `${wall.toFixed(1)} s`
    ),
    line(
      ({ peak = 0 }) => peak,
      "#bf5700",
      "peak memory",
      ({ peak = 0 }) => Units.formatSize(peak)
    ),
    "</svg>",
    ""
  ].join("\n")
}
