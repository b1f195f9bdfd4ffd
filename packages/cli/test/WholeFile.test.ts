import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
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
})
