import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, utimesSync, writeFileSync } from "node:fs"
import Fs from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { hostname } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { vi } from "vitest"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Boot from "../../src/file/internal/Boot.ts"
import * as Lock from "../../src/file/internal/Lock.ts"
import * as ProcessId from "../../src/file/internal/ProcessId.ts"

const isLinux = process.platform === "linux"
const program = fileURLToPath(new URL("../support/holder.ts", import.meta.url))

const placeOf = () => {
  const target = join(TestDirectory.make("locks"), "target")
  return { target, path: `${target}.lock` }
}

/** A process of the program, as long as the scope is open. */
const started = (command: string, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
const firstLine = ({ stdout }: ChildProcessByStdio<null, Readable, null>) =>
  Effect.promise(async () => {
    const line = await createInterface(stdout)[Symbol.asyncIterator]().next()
    return String(line.value)
  })
const runs = (...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.sync(() => spawnSync(process.execPath, [program, ...args], { encoding: "utf8" })),
    ({ stderr, stdout }) => stdout.trim() || stderr
  )

/** A thread of this process that runs the program. */
const thread = (...words: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const worker = yield* Effect.acquireRelease(
      Effect.sync(() => new Worker(program, { workerData: words })),
      (made) => Effect.promise(() => made.terminate())
    )
    const word = yield* Effect.callback<unknown>((resume) => {
      worker.once("message", (said) => resume(Effect.succeed(said)))
      worker.once("error", (cause) => resume(Effect.die(cause)))
    })
    return { worker, word }
  })

type Fields = Readonly<Record<string, unknown>>
/** Who this process would be as a holder. */
const me: Fields = { host: hostname(), ...ProcessId.own(), boot: Boot.system, token: "0123456789abcdef" }
const write = (path: string, fields: Fields, age = 0) => {
  writeFileSync(path, JSON.stringify({ ...me, ...fields }))
  const time = Date.now() / 1000 - age
  utimesSync(path, time, time)
}
const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid
const attempt = ({ path, target }: ReturnType<typeof placeOf>) => Effect.scoped(Lock.acquire(path, target))

describe("A lock", () => {
  it.live("is the only one of this process", () =>
    Effect.gen(function* () {
      const place = placeOf()
      yield* Lock.acquire(place.path, place.target)
      const { message, reason } = yield* Effect.flip(attempt(place))
      assert.strictEqual(reason._tag, "Locked")
      assert.include(message, `(process ${process.pid}, lock ${place.path})`)
    }).pipe(Effect.scoped)
  )

  it.live("holds against other threads of the process, both ways", () =>
    Effect.gen(function* () {
      const ours = placeOf()
      yield* Lock.acquire(ours.path, ours.target)
      assert.strictEqual((yield* thread(ours.path, "try")).word, "Locked")
      const theirs = placeOf()
      assert.strictEqual((yield* thread(theirs.path)).word, "held")
      assert.strictEqual((yield* Effect.flip(attempt(theirs))).reason._tag, "Locked")
      assert.isTrue(existsSync(theirs.path))
    }).pipe(Effect.scoped)
  )

  it.live("of a thread that has ended is taken over once it was silent for a minute", () =>
    Effect.gen(function* () {
      const place = placeOf()
      yield* Effect.scoped(thread(place.path))
      assert.strictEqual((yield* Effect.flip(attempt(place))).reason._tag, "Locked")
      const long = Date.now() / 1000 - 61
      utimesSync(place.path, long, long)
      yield* attempt(place)
    }).pipe(Effect.scoped)
  )

  it.live("holds against a second copy of the package", () =>
    Effect.map(runs(placeOf().path, "copy"), (word) => assert.strictEqual(word, "Locked"))
  )

  it.live("of a process that runs is left alone, however silent", () =>
    Effect.gen(function* () {
      const { path, target } = placeOf()
      const child = yield* started(process.execPath, program, path)
      assert.strictEqual(yield* firstLine(child), "held")
      if (isLinux) utimesSync(path, 1, 1)
      const { message, reason } = yield* Effect.flip(attempt({ path, target }))
      assert.strictEqual(reason._tag, "Locked")
      assert.strictEqual(
        message,
        `Cannot download to ${target}: another run is using it (process ${child.pid}, lock ${path}); wait for it to finish, or choose another name.`
      )
    }).pipe(Effect.scoped)
  )

  it.live("of a process that is gone is taken over, for certain", () =>
    Effect.gen(function* () {
      for (const fields of [
        { pid: deadPid() },
        ...(isLinux ? [{ startTime: (ProcessId.own().startTime ?? 0) - 1 }] : [])
      ]) {
        const place = placeOf()
        write(place.path, fields)
        assert.isTrue((yield* attempt(place)).isCertain)
        assert.deepStrictEqual(readdirSync(join(place.path, "..")), [])
      }
    })
  )

  const elsewhere: ReadonlyArray<readonly [what: string, fields: () => Fields]> = [
    ["of another machine", () => ({ host: "elsewhere.test", pid: 999_999_999 })],
    ["of an earlier start of the system", () => ({ boot: "another", pid: deadPid() })],
    ["of another container, under the number of this process", () => ({ namespace: "pid:[1]" })],
    ["of another container, under a number that nobody has here", () => ({ namespace: "pid:[1]", pid: deadPid() })]
  ]
  it.live.each(elsewhere)("%s is left alone as long as it is touched, and taken over after a minute", ([, fields]) =>
    Effect.gen(function* () {
      const { path, target } = placeOf()
      const holder = { ...me, ...fields() }
      write(path, holder, 50)
      const { message, reason } = yield* Effect.flip(attempt({ path, target }))
      assert.strictEqual(reason._tag, "Locked")
      assert.strictEqual(
        message,
        `Cannot download to ${target}: another run is using it (process ${String(holder["pid"])} on ${String(holder["host"])}, lock ${path}); wait for it to finish, or choose another name; if that machine or container is gone, try again in a minute, or delete ${path}.`
      )
      write(path, holder, 70)
      assert.isFalse((yield* attempt({ path, target })).isCertain)
      assert.isFalse(existsSync(path))
    })
  )

  it.effect("is touched every five seconds", () =>
    Effect.gen(function* () {
      const { path, target } = placeOf()
      const { check } = yield* Lock.acquire(path, target)
      utimesSync(path, 1, 1)
      yield* TestClock.adjust("5 seconds")
      while (statSync(path).mtimeMs < 2000) yield* Effect.promise(() => new Promise(setImmediate))
      yield* check
    }).pipe(Effect.scoped)
  )

  it.effect("that was taken over is neither touched nor removed by who had it before, which can ask", () =>
    Effect.gen(function* () {
      const { path, target } = placeOf()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { check } = yield* Lock.acquire(path, target)
          write(path, { host: "elsewhere.test" })
          const error = yield* Effect.flip(check)
          assert.include(error.message, "on elsewhere.test")
          utimesSync(path, 1, 1)
          yield* TestClock.adjust("5 seconds")
          for (let turn = 0; turn < 200; turn++) yield* Effect.promise(() => new Promise(setImmediate))
        })
      )
      assert.strictEqual(statSync(path).mtimeMs, 1000)
      assert.include(readFileSync(path, "utf8"), "elsewhere.test")
    })
  )

  it.live.each(["", "\n", "nonsense", `${hostname()} 1`, "{}"])("that names nobody is taken over: %j", (text) =>
    Effect.gen(function* () {
      const place = placeOf()
      writeFileSync(place.path, text)
      yield* attempt(place)
    })
  )

  it.live.each(["as it is", "without hard links"])("on a file system %s has its content, and leaves nothing", (kind) =>
    Effect.gen(function* () {
      const { path, target } = placeOf()
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
          const { token } = yield* Lock.acquire(path, target)
          assert.strictEqual(link.mock.calls.length, 1)
          assert.deepStrictEqual(readdirSync(join(path, "..")), ["target.lock"])
          assert.deepStrictEqual(JSON.parse(readFileSync(path, "utf8")), JSON.parse(JSON.stringify({ ...me, token })))
        })
      )
      assert.deepStrictEqual(readdirSync(join(path, "..")), [])
    }).pipe(Effect.scoped)
  )

  const unshare = ["--pid", "--fork", "--mount-proc"]
  const canUnshare = isLinux && spawnSync("unshare", [...unshare, "true"]).status === 0
  it.live.runIf(canUnshare)("holds between a process and one in another PID namespace, both ways", () =>
    Effect.gen(function* () {
      const ours = placeOf()
      yield* Lock.acquire(ours.path, ours.target)
      const tried = spawnSync("unshare", [...unshare, process.execPath, program, ours.path, "try"], {
        encoding: "utf8"
      })
      assert.strictEqual(tried.stdout.trim(), "Locked", tried.stderr)
      const theirs = placeOf()
      const child = yield* started("unshare", ...unshare, "--kill-child", process.execPath, program, theirs.path)
      assert.strictEqual(yield* firstLine(child), "held")
      assert.notStrictEqual(JSON.parse(readFileSync(theirs.path, "utf8")).namespace, readlinkSync("/proc/self/ns/pid"))
      assert.strictEqual((yield* Effect.flip(attempt(theirs))).reason._tag, "Locked")
    }).pipe(Effect.scoped)
  )
})
