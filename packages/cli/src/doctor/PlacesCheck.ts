/** The output directory, and the directories of the command line itself. */
import { hostname } from "node:os"
import { dirname, join, resolve } from "node:path"
import * as Files from "@scenario-assets/node/engine/file/Files"
import * as Runs from "@scenario-assets/node/runs/Runs"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import { NoWorkingDirectory } from "../errors/CommandError.ts"
import { exitCodes } from "../errors/ExitCode.ts"
import * as Places from "../files/Places.ts"
import * as SystemCode from "../files/SystemCode.ts"
import * as Format from "../text/Format.ts"
import * as Check from "./Check.ts"

export const run = Effect.fnUntraced(function* (directory: string) {
  const absolute = yield* Effect.option(Effect.try(() => resolve(directory)))
  return [
    ...(Option.isNone(absolute)
      ? [refuse(directory, new NoWorkingDirectory().message)]
      : [yield* ofOutput(directory, absolute.value), ...(yield* ofRemains(directory))]),
    yield* ofPlace("config", yield* Places.configDirectory),
    yield* ofState(dirname(yield* Runs.defaultDirectory))
  ]
})

const ofOutput = Effect.fnUntraced(
  function* (directory: string, absolute: string) {
    const fs = yield* FileSystem.FileSystem
    const there = yield* nearest(absolute)
    const { type } = yield* fs.stat(there)
    if (type !== "Directory") return refuse(directory, `${there} is not a directory`)
    yield* fs.access(there, { writable: true })
    // Not every file system tells.
    const bytes = yield* Effect.orElseSucceed(Files.freeSpace(there), () => Number.POSITIVE_INFINITY)
    const message = `${directory}: ${Number.isFinite(bytes) ? `${Format.bytes(bytes)} free` : "free space unknown"}`
    return bytes < little
      ? Check.warning("output", message, "Free some space, or use another directory: --output DIR")
      : Check.ok("output", message)
  },
  (effect, directory) =>
    Effect.catch(effect, (error: PlatformError) =>
      Effect.succeed(refuse(directory, `it cannot be written to (${SystemCode.of(error)})`))
    )
)

const little = 1_000_000_000

const refuse = (directory: string, why: string) =>
  Check.problem("output", `${directory}: ${why}`, "To use another directory: --output DIR", exitCodes.disk)

/** The directory itself, or what there is of the way to it, where it would be made. */
const nearest: (path: string) => Effect.Effect<string, PlatformError, FileSystem.FileSystem> = Effect.fnUntraced(
  function* (path) {
    const fs = yield* FileSystem.FileSystem
    return (yield* fs.exists(path)) || dirname(path) === path ? path : yield* nearest(dirname(path))
  }
)

/** What unfinished runs have left there. */
const ofRemains = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
  const unfinished = names.filter((name) => name.endsWith(".scenario-assets"))
  const locks = yield* Effect.filter(
    unfinished.map((name) => join(name, "lock")),
    (name) =>
      Effect.match(fs.readFileString(join(directory, name)), {
        onFailure: () => false,
        onSuccess: (holder) => !holder.includes(JSON.stringify({ host: hostname() }).slice(1, -1))
      })
  )
  return [
    ...(unfinished.length === 0
      ? []
      : [
          Check.warning(
            "unfinished",
            `${directory} contains ${unfinished.map(Format.path).join(", ")}`,
            "To resume a download: scenario-assets runs resume ('scenario-assets runs' lists them). To resume anything else, run " +
              "the same command again. Or remove these directories."
          )
        ]),
    ...(locks.length === 0
      ? []
      : [
          Check.warning(
            "locks",
            `${directory} contains ${locks.map(Format.path).join(", ")}, created on another machine`,
            "If no download is running there any more, remove these files."
          )
        ])
  ]
})

/** A run records itself there, and does without where it cannot. So it is tried, and nothing is left of that. */
const ofState = Effect.fnUntraced(
  function* (directory: string) {
    const fs = yield* FileSystem.FileSystem
    const there = yield* nearest(join(directory, "runs"))
    const probe = yield* fs.makeTempDirectory({ directory: there, prefix: ".scenario-assets-" })
    yield* fs.remove(probe, { recursive: true })
    return yield* ofPlace("state", directory)
  },
  (effect, directory) =>
    Effect.catch(effect, (error) =>
      Effect.succeed(
        Check.warning(
          "state",
          `${directory}: it cannot be written to (${SystemCode.of(error)}), so runs are neither listed nor resumed by id`,
          "Make it writable, or set XDG_STATE_HOME to another directory."
        )
      )
    )
)

/** Whoever else can write there can choose where downloads go, and credentials. */
const ofPlace = Effect.fnUntraced(function* (check: string, directory: string) {
  const fs = yield* FileSystem.FileSystem
  const info = yield* Effect.option(fs.stat(directory))
  if (Option.isNone(info)) return Check.ok(check, `${directory}: does not exist yet`)
  return process.platform !== "win32" && (info.value.mode & 0o022) !== 0
    ? Check.warning(check, `${directory}: other users can write there`, `To close it: chmod go-w ${directory}`)
    : Check.ok(check, directory)
})
