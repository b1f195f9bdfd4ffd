import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import Fs from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { hostname } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Lock from "../../src/file/internal/Lock.ts"
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
      assert.isTrue(ProcessId.isAlive(id))
      assert.isTrue(ProcessId.isAlive({ pid: id.pid }))
    })
  )

  it("of one that is gone, or of the one that asks, is not", () => {
    assert.isFalse(ProcessId.isAlive({ pid: spawnSync(process.execPath, ["-e", ""]).pid }))
    assert.isFalse(ProcessId.isAlive(ProcessId.own()))
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

describe("Lock", () => {
  const acquire = (holder: string) => {
    const target = join(TestDirectory.make("locks"), "target")
    writeFileSync(`${target}.part.lock`, holder)
    return Effect.scoped(Lock.acquire(target))
  }

  it.live("of a process that runs is left alone, also one written before start times were", () =>
    Effect.gen(function* () {
      const { pid, startTime } = yield* bystander
      for (const holder of [`${hostname()} ${pid}`, ...(isLinux ? [`${hostname()} ${pid} ${startTime}`] : [])]) {
        const { code, message, path } = yield* Effect.flip(acquire(holder))
        assert.strictEqual(code, "ELOCKED")
        assert.strictEqual(
          message,
          `Cannot download to ${path}: another run is using it (process ${pid}, lock ${path}.part.lock); wait for that one to end, or choose another name.`
        )
      }
    })
  )

  it.live("of another machine is left alone", () =>
    Effect.gen(function* () {
      const { code, message, path } = yield* Effect.flip(acquire("elsewhere.test 999999999 1"))
      assert.strictEqual(code, "ELOCKED")
      assert.strictEqual(
        message,
        `Cannot download to ${path}: another run is using it (process 999999999 on elsewhere.test, lock ${path}.part.lock); wait for that one to end, or, if that machine or container is gone, remove ${path}.part.lock.`
      )
    })
  )

  it.live("of this very process is left alone", () =>
    Effect.gen(function* () {
      const target = join(TestDirectory.make("locks"), "target")
      yield* Lock.acquire(target)
      const { code, message } = yield* Effect.flip(Effect.scoped(Lock.acquire(target)))
      assert.strictEqual(code, "ELOCKED")
      assert.include(message, `(process ${process.pid}, lock ${target}.part.lock)`)
    })
  )

  it.live.runIf(isLinux)("of a process whose number another one has now is taken over", () =>
    Effect.gen(function* () {
      const { pid, startTime } = earlier(yield* bystander)
      yield* acquire(`${hostname()} ${pid} ${startTime}`)
    })
  )

  it.live.each(["", "\n", "nonsense", `${hostname()} `])("that names nobody is taken over: %j", (holder) =>
    acquire(holder)
  )

  it.live.each(["as it is", "without hard links"])("on a file system %s has its content, and leaves nothing", (kind) =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("locks")
      const target = join(directory, "target")
      const link = vi.spyOn(Fs, "link")
      if (kind === "without hard links") link.mockRejectedValue(Object.assign(new Error(), { code: "EPERM" }))
      syncBuiltinESMExports()
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          link.mockRestore()
          syncBuiltinESMExports()
        })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Lock.acquire(target)
          assert.strictEqual(link.mock.calls.length, 1)
          assert.deepStrictEqual(readdirSync(directory), ["target.part.lock"])
          assert.match(readFileSync(`${target}.part.lock`, "utf8"), new RegExp(` ${process.pid}( |$)`))
        })
      )
      assert.deepStrictEqual(readdirSync(directory), [])
    })
  )

  it.live("names the process and its start", () =>
    Effect.gen(function* () {
      const target = join(TestDirectory.make("locks"), "target")
      yield* Lock.acquire(target)
      const { pid, startTime } = ProcessId.own()
      const expected = startTime === undefined ? `${hostname()} ${pid}` : `${hostname()} ${pid} ${startTime}`
      assert.strictEqual(readFileSync(`${target}.part.lock`, "utf8"), expected)
    })
  )
})
