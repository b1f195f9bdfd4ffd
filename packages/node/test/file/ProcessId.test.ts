import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ProcessId from "../../src/file/internal/ProcessId.ts"

/** A program that runs while the scope is open. */
const started = (program: string, args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
const firstLine = ({ stdout }: ChildProcessByStdio<null, Readable, null>) =>
  Effect.promise(async () => {
    const line = await createInterface(stdout)[Symbol.asyncIterator]().next()
    return String(line.value)
  })

/** Another process that runs while the scope is open. */
const bystander = Effect.gen(function* () {
  const program = fileURLToPath(new URL("../support/bystander.ts", import.meta.url))
  const child = yield* started(process.execPath, [program])
  const id: ProcessId.ProcessId = JSON.parse(yield* firstLine(child))
  assert.strictEqual(id.pid, child.pid)
  return id
})

const isLinux = process.platform === "linux"
/** A process that had the same number before. */
const earlier = ({ pid, startTime = 0 }: ProcessId.ProcessId): ProcessId.ProcessId => ({
  pid,
  startTime: startTime - 1
})

describe("ProcessId", () => {
  it.live("of one that runs is alive, by its number alone as well", () =>
    Effect.gen(function* () {
      const id = yield* bystander
      assert.isTrue(ProcessId.isAlive(ProcessId.own()))
      assert.isTrue(ProcessId.isAlive(id))
      assert.isTrue(ProcessId.isAlive({ pid: id.pid }))
    })
  )

  it("of one that is gone is not", () => {
    assert.isFalse(ProcessId.isAlive({ pid: spawnSync(process.execPath, ["-e", ""]).pid }))
  })

  it.runIf(isLinux)("counts in its own namespace alone", () => {
    assert.isTrue(ProcessId.isOwnNamespace(ProcessId.own().namespace))
    assert.isFalse(ProcessId.isOwnNamespace("pid:[1]"))
    assert.isFalse(ProcessId.isOwnNamespace(undefined))
  })

  it.live.runIf(isLinux)("of one whose number another one has now is not", () =>
    Effect.gen(function* () {
      const id = yield* bystander
      assert.isAbove(id.startTime ?? 0, 0)
      assert.isFalse(ProcessId.isAlive(earlier(id)))
    })
  )

  it.live.runIf(isLinux)("of one that has ended is not, also where nobody has asked how it ended", () =>
    Effect.gen(function* () {
      // The shell becomes a program that does not know of the shell's child.
      const parent = yield* started("/bin/sh", ["-c", "sleep 0.3 & echo $!; exec sleep 60"])
      const pid = Number(yield* firstLine(parent))
      while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) yield* Effect.sleep(5)
      assert.isFalse(ProcessId.isAlive({ pid }))
    })
  )
})
