/** Threads, in programs as other people make them: bundled, or where none may be started. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type OutputOptions, rolldown } from "rolldown"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"

const mebibyte = 1024 * 1024
const program = fileURLToPath(new URL("../support/threads.ts", import.meta.url))

/** More than is unpacked without threads. */
const files = {
  ...Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`d/${n}.bin`, Extracting.noise(mebibyte / 4, n + 1)])),
  "text.txt": "a cat on a mat ".repeat(100_000)
}
const archive = Extracting.fileOf(ZipMaker.make(Extracting.entriesOf(files)))

const whole = Extracting.treeOf(files)

interface Said {
  readonly files: number
  readonly alreadyThere: number
  readonly answers: number
  readonly turns: number
}

const run = (script: string, directory: string, flags: ReadonlyArray<string> = []) =>
  Effect.map(
    Effect.promise(() =>
      promisify(execFile)(process.execPath, ["--disable-warning=SecurityWarning", ...flags, script, archive, directory])
    ),
    ({ stdout }): Said => JSON.parse(stdout)
  )

const bundled = (options: OutputOptions) =>
  Effect.promise(async () => {
    const bundle = await rolldown({ input: program, platform: "node" })
    const file = join(TestDirectory.make("bundle"), "program.mjs")
    await bundle.write({ ...options, file, codeSplitting: false })
    await bundle.close()
    return file
  })

describe("Threads", () => {
  it.live.each<readonly [what: string, options: OutputOptions]>([
    ["one file", {}],
    ["one file, minified", { minify: true }],
    ["one file that keeps the names of functions", { minify: true, keepNames: true }]
  ])("unpack in a program that was bundled: %s", ([, options]) =>
    Effect.gen(function* () {
      const script = yield* bundled(options)
      const directory = TestDirectory.make()
      const first = yield* run(script, directory)
      assert.deepInclude(first, { files: 91, alreadyThere: 0 })
      assert.isAbove(first.answers, 10)
      assert.deepStrictEqual(Extracting.tree(directory), whole)
      const second = yield* run(script, directory)
      assert.deepInclude(second, { files: 91, alreadyThere: 91 })
      assert.isAbove(second.answers, 2)
    })
  )

  it.live("are not needed: where none may be started, the program does the work, and goes on with other things", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const flags = ["--permission", "--allow-fs-read=*", "--allow-fs-write=*"]
      for (const alreadyThere of [0, 91]) {
        const said = yield* run(program, directory, flags)
        assert.deepInclude(said, { files: 91, alreadyThere, answers: 0 })
        assert.isAbove(said.turns, 91)
        assert.deepStrictEqual(Extracting.tree(directory), whole)
      }
    })
  )
})
