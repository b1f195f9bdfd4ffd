/** Disks as they are: full, read-only, somebody else's. Needs to be root, for it mounts small ones. */
import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chmodSync, existsSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { ScenarioConfig } from "@scenario-assets/core"
import { FileDownload, NodeScenario } from "@scenario-assets/node"
import { RawServer } from "@scenario-assets/node/testing"
import { Effect, Exit, Layer, Redacted } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

const mebibyte = 1024 * 1024
const object = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), randomBytes(6 * mebibyte)])
const honest = RawServer.object(object)
/** Says nothing of its length, so that nobody can know beforehand that it is too large. */
const silent: RawServer.Handler = (request) =>
  request.headers["range"] === undefined
    ? { send: RawServer.response("200 OK", ['ETag: "v1"', "Accept-Ranges: bytes"], object), ending: "close" }
    : honest(request)

const run = (command: string, ...args: ReadonlyArray<string>) => spawnSync(command, args, { encoding: "utf8" })

/** A file system in memory of so many MiB, gone at the end of the test. */
const disk = (size: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = TestDirectory.make("disk")
      const { status, stderr } = run("mount", "-t", "tmpfs", "-o", `size=${size}m`, "tmpfs", directory)
      assert.strictEqual(status, 0, stderr)
      return directory
    }),
    (directory) => Effect.sync(() => run("umount", directory))
  )
/** The same on a disk that takes blocks past the cache: an ext4 in a file. */
const ext4 = (size: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = TestDirectory.make("disk")
      const image = join(TestDirectory.make("image"), "ext4")
      writeFileSync(image, "")
      truncateSync(image, size * mebibyte)
      for (const [command, ...args] of [
        ["mkfs.ext4", "-q", "-F", "-m", "0", image],
        ["mount", "-o", "loop", image, directory]
      ] as const) {
        const { status, stderr } = run(command, ...args)
        assert.strictEqual(status, 0, stderr)
      }
      return directory
    }),
    (directory) => Effect.sync(() => run("umount", directory))
  )
const remount = (directory: string, options: string) =>
  Effect.sync(() => assert.strictEqual(run("mount", "-o", `remount,${options}`, directory).status, 0))

const canMount = (() => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false
  const directory = TestDirectory.make("probe")
  const mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory).status === 0
  if (mounted) run("umount", directory)
  return mounted
})()

/** Loop devices are there where the system has them and a program may use them. */
const canLoop = (() => {
  if (!canMount) return false
  const exit = Effect.runSyncExit(Effect.scoped(ext4(8)))
  return Exit.isSuccess(exit)
})()

const services = (server: RawServer.RawServer) =>
  Layer.provide(
    NodeScenario.layerServices(),
    ScenarioConfig.layer({ baseUrl: server.origin, apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret") })
  )

const download = (server: RawServer.RawServer, target: string) =>
  Effect.flatMap(FileDownload.FileDownload, (files) =>
    files.run(server.source, target, { backoffBase: "1 millis", retries: 2, expect: "zip" })
  ).pipe(Effect.provide(services(server)))

const failure = (server: RawServer.RawServer, target: string) =>
  Effect.map(Effect.flip(download(server, target)), (error) => {
    assert(error._tag === "FileError", error.message)
    return error
  })

describe.runIf(canMount)("a disk", () => {
  it.live("that is full in the middle leaves a part, which the next run resumes", () =>
    Effect.gen(function* () {
      const directory = yield* disk(4)
      const server = yield* RawServer.make(silent)
      const target = join(directory, "archive.zip")
      const error = yield* failure(server, target)
      assert.strictEqual(error.reason._tag, "NoSpace")
      assert.include(error.message, target)
      assert.isFalse(existsSync(target))

      yield* remount(directory, "size=32m")
      const file = yield* download(server, target)
      assert.isAbove(file.resumedFrom, mebibyte)
      assert.isTrue(readFileSync(target).equals(object))
    }).pipe(Effect.scoped)
  )

  it.live("that is too small is found out before the first byte, and says how much is missing", () =>
    Effect.gen(function* () {
      const directory = yield* disk(4)
      const server = yield* RawServer.make(honest)
      const error = yield* failure(server, join(directory, "archive.zip"))
      assert(error.reason._tag === "NoSpace")
      assert.strictEqual(error.reason.needed, object.length)
      assert.include(error.message, "it needs 6.3 MB, and ")
      assert.isFalse(existsSync(join(directory, "archive.zip")))
    }).pipe(Effect.scoped)
  )

  it.live("that has no room for anything leaves nothing that locks out the next run", () =>
    Effect.gen(function* () {
      const directory = yield* disk(8)
      const filler = join(directory, "filler")
      run("dd", "if=/dev/zero", `of=${filler}`, "bs=4096")
      const server = yield* RawServer.make(honest)
      const target = join(directory, "archive.zip")
      assert.strictEqual((yield* failure(server, target)).reason._tag, "NoSpace")
      rmSync(filler)
      yield* download(server, target)
      assert.isTrue(readFileSync(target).equals(object))
    }).pipe(Effect.scoped)
  )

  it.live.each([["in memory", disk(12)], ...(canLoop ? [["past the cache", ext4(48)] as const] : [])] as const)(
    "that is full by others resumes once there is room: %s",
    ([, made]) =>
      Effect.gen(function* () {
        const directory = yield* made
        const { bavail, bsize } = statfsSync(directory)
        writeFileSync(join(directory, "filler"), Buffer.alloc(bavail * bsize - 3 * mebibyte))
        const server = yield* RawServer.make(silent)
        const target = join(directory, "archive.zip")
        assert.strictEqual((yield* failure(server, target)).reason._tag, "NoSpace")
        rmSync(join(directory, "filler"))
        const file = yield* download(server, target)
        assert.isAbove(file.resumedFrom, mebibyte)
        assert.isTrue(readFileSync(target).equals(object))
      }).pipe(Effect.scoped)
  )

  it.live("that is read-only", () =>
    Effect.gen(function* () {
      const directory = yield* disk(16)
      yield* remount(directory, "ro")
      const server = yield* RawServer.make(honest)
      const error = yield* failure(server, join(directory, "archive.zip"))
      assert.strictEqual(error.reason._tag, "ReadOnly")
      assert.include(error.message, "read-only")
      assert.strictEqual((yield* server.requests).length, 0, "nothing is asked for that could not be kept")
    }).pipe(Effect.scoped)
  )
})

const downloader = fileURLToPath(new URL("../support/downloader.ts", import.meta.url))
const node = process.execPath

describe.runIf(process.platform === "linux")("a process", () => {
  it.runIf(process.getuid?.() === 0)("without the right to write says so", () => {
    const directory = TestDirectory.make("rights")
    chmodSync(directory, 0o755)
    const target = join(directory, "archive.zip")
    const { status, stderr } = spawnSync(node, [downloader, "http://127.0.0.1:9/x.zip", target], {
      uid: 65534,
      encoding: "utf8"
    })
    // Where the project itself is somebody else's, that user cannot even begin.
    if (/ERR_MODULE_NOT_FOUND|Cannot find module/.test(stderr)) return
    assert.notStrictEqual(status, 0)
    assert.match(stderr, /EACCES/)
    assert.include(stderr, directory)
  })
})
