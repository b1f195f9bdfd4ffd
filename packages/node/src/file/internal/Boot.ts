/** Which start of the system this is. What was written before the last one may never have reached the disk. */
import { uptime } from "node:os"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Files from "./Files.ts"

/** The same as long as the system runs. Elsewhere than on Linux it may change once in a while though the system runs on. */
export const id: Effect.Effect<string> = Effect.gen(function* () {
  const told = yield* Effect.orElseSucceed(Files.readText("/proc/sys/kernel/random/boot_id"), () => undefined)
  const now = yield* Clock.currentTimeMillis
  return told?.trim() || String(Math.round((now / 1000 - uptime()) / 60))
})
