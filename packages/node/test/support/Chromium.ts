/** A real browser without a screen, where this machine has one. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import * as Effect from "effect/Effect"
import { chromium } from "playwright-core"

const names = ["chromium", "chromium-browser", "google-chrome"]

/** Where the browser is; `undefined` where there is none that starts. */
export const executable = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((directory) => names.map((name) => join(directory, name)))
  .find((file) => existsSync(file) && spawnSync(file, ["--version"]).status === 0)

/** Starts the browser, until the scope ends. */
export const launch = Effect.acquireRelease(
  Effect.promise(() =>
    chromium.launch({ executablePath: executable ?? "", args: ["--no-sandbox", "--disable-gpu", "--mute-audio"] })
  ),
  (browser) => Effect.promise(() => browser.close())
)
