import { execFileSync, spawn } from "node:child_process"
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import path from "node:path"
import { text } from "node:stream/consumers"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as WholeFile from "../src/files/WholeFile.ts"

describe("WholeFile", () => {
  it.live("replaces a file, and touches nothing else", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("whole")
      const file = path.join(directory, "files.jsonl")
      const theirs = `${file}.${process.pid}.tmp`
      writeFileSync(theirs, "theirs")
      writeFileSync(file, "old")
      yield* WholeFile.write(file, Stream.encodeText(Stream.make("new", "er")))
      assert.strictEqual(readFileSync(file, "utf8"), "newer")
      assert.strictEqual(readFileSync(theirs, "utf8"), "theirs")
      assert.lengthOf(readdirSync(directory), 2)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.live("writes what a link leads to, and the link stays one", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("whole")
      const [link, missing] = [path.join(directory, "link"), path.join(directory, "missing")]
      symlinkSync("there.txt", link)
      symlinkSync("not-yet.txt", missing)
      writeFileSync(path.join(directory, "there.txt"), "old")
      for (const name of [link, missing]) {
        yield* WholeFile.write(name, Stream.encodeText(Stream.make("new")))
        assert.isTrue(lstatSync(name).isSymbolicLink())
        assert.strictEqual(readFileSync(name, "utf8"), "new")
      }
      assert.lengthOf(readdirSync(directory), 4)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.live("a pipe is written to, and stays one", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("whole")
      const pipe = path.join(directory, "pipe")
      execFileSync("mkfifo", [pipe])
      const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "inherit"] })
      // From the beginning: what a process has printed that has ended, and nobody reads, is gone.
      const printed = text(reader.stdout)
      yield* WholeFile.write(pipe, Stream.encodeText(Stream.make("new", "er")))
      assert.strictEqual(yield* Effect.promise(() => printed), "newer")
      assert.isTrue(lstatSync(pipe).isFIFO())
      assert.deepStrictEqual(readdirSync(directory), ["pipe"])
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})
