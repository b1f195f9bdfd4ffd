/** Files that are open: none is left, whatever moment an extraction is interrupted at. */
import { readdirSync, readlinkSync } from "node:fs"
import Fs from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { vi } from "vitest"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"

const file = Extracting.fileOf(
  ZipMaker.make(
    Extracting.entriesOf({ "a.bin": Extracting.noise(5 * 1024 * 1024), "b.bin": Extracting.noise(5 * 1024 * 1024, 2) })
  )
)

/** What this process has open below a directory, or of the archive. */
const openIn = (directory: string): ReadonlyArray<string> =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(directory) || path === file ? [path] : []
    } catch {
      return []
    }
  })

/** Every file is open for a while before the program hears of it, which tells `opened` its number. */
const slowOpen = (opened: (number: number) => unknown) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const original = Fs.open
      let count = 0
      const spy = vi.spyOn(Fs, "open").mockImplementation(async (...args) => {
        const handle = await original(...args)
        opened(count++)
        await new Promise((resolve) => setTimeout(resolve, 20))
        return handle
      })
      syncBuiltinESMExports()
      return spy
    }),
    (spy) =>
      Effect.sync(() => {
        spy.mockRestore()
        syncBuiltinESMExports()
      })
  )

describe.runIf(process.platform === "linux")("An extraction that is interrupted", () => {
  it.live("while a file is being opened closes it", () =>
    Effect.gen(function* () {
      for (let number = 0; number < 6; number++) {
        yield* Effect.gen(function* () {
          const directory = TestDirectory.make()
          const open = Promise.withResolvers<void>()
          yield* slowOpen((count) => count === number && open.resolve())
          const fiber = yield* Effect.forkChild(Extracting.run({ file }, directory))
          yield* Effect.raceFirst(
            Effect.promise(() => open.promise),
            Fiber.await(fiber)
          )
          yield* Fiber.interrupt(fiber)
          yield* Effect.sleep(40)
          assert.deepStrictEqual(openIn(directory), [], `at file ${number}`)
        }).pipe(Effect.scoped)
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("at any moment leaves nothing open", () =>
    Effect.gen(function* () {
      for (let moment = 0; moment < 60; moment++) {
        const directory = TestDirectory.make()
        const fiber = yield* Effect.forkChild(Extracting.run({ file }, directory))
        yield* Effect.sleep(moment / 2)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(openIn(directory), [], `after ${moment / 2} ms`)
      }
    }).pipe(Effect.provide(Extracting.layer))
  )
})
