/** Which start of the system this is. What was written before the last one may never have reached the disk. */
import { readFileSync } from "node:fs"
import { uptime } from "node:os"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** As the system itself tells: only Linux does. */
export const system = ((): string | undefined => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() || undefined
  } catch {
    return undefined
  }
})()

/** The same as long as the system runs. Elsewhere than on Linux it may change once in a while though the system runs on. */
export const id: Effect.Effect<string> = Effect.map(
  Clock.currentTimeMillis,
  (now) => system ?? String(Math.round((now / 1000 - uptime()) / 60))
)
