/** Disks as they are: without fsync, without hard links, with short names, broken, or with a quota that is used up. */
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as DiskShim from "../../../test-support/DiskShim.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const MiB = 1024 * 1024

const assetOf = ({ emulator }: Emulated.Emulated): string => emulator.catalogue.assets[0]?.id ?? ""

/** All that can be written: files of an archive, a whole archive, an asset, and a manifest. */
const everything = (emulated: Emulated.Emulated): ReadonlyArray<ReadonlyArray<string>> => [
  ["download", Emulated.modelOf(emulated), "-o", "files", "--manifest", "files.jsonl"],
  ["download", Emulated.modelOf(emulated), "--archive", "all.zip"],
  ["asset", assetOf(emulated), "-o", "assets"]
]

describe.runIf(DiskShim.isPossible).concurrent("a disk (needs gcc, on Linux)", () => {
  it.live.each(["ENOTSUP", "EINVAL"])(
    "that cannot sync (%s) is used as it is, and nobody is bothered with that",
    (sync) =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make()
        for (const args of everything(emulated)) {
          const { code, stderr } = yield* emulated.run(args, { env: DiskShim.env({ sync }) })
          assert.strictEqual(code, 0, stderr)
          assert.notMatch(stderr, /warning|sync/)
        }
        const login = yield* Binary.run(["auth", "login", "--no-check"], {
          env: DiskShim.env({ sync }),
          stdin: "key\nsecret\n"
        })
        assert.notMatch(login.stderr, /sync|ENOTSUP|EINVAL|ENOSYS|EBADF/)
        assert.notInclude(readdirSync(emulated.directory).join(), ".scenario-assets")
      })
  )

  it.live.each(["EPERM", "EXDEV"])("that has no hard links (%s)", (link) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      for (const args of everything(emulated)) {
        const { code, stderr } = yield* emulated.run(args, { env: DiskShim.env({ link }) })
        assert.strictEqual(code, 0, stderr)
      }
      assert.notInclude(readdirSync(emulated.directory).join(), ".scenario-assets")
    })
  )

  it.live.each([
    ["143 bytes", 143],
    ["255 bytes", 255]
  ] as const)("whose names have at most %s takes files with such names", ([, longestName]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const env = DiskShim.env({ longestName })
      const zip = `${"é".repeat((longestName - 5) / 2)}.zip`
      const manifest = "m".repeat(longestName)
      for (const args of [
        ["download", Emulated.modelOf(emulated), "--archive", zip],
        ["download", Emulated.modelOf(emulated), "-o", "d".repeat(longestName), "--manifest", manifest]
      ]) {
        const { code, stderr } = yield* emulated.run(args, { env })
        assert.strictEqual(code, 0, stderr)
      }
      assert.lengthOf(readdirSync(emulated.directory), 3)
    })
  )

  it.live("whose names are short resumes what was left under a shortened one", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 6 * MiB } })
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const zip = `${"z".repeat(246)}.zip`
      const args = ["download", "--job", jobId, "--archive", zip, "--json"]
      const full = yield* emulated.run(args, { env: DiskShim.env({ path: "/part", write: "ENOSPC", after: 2 * MiB }) })
      assert.strictEqual(full.code, 8, full.stderr)
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      const [archive] = Binary.lastLine(stdout)["archives"] as ReadonlyArray<{ readonly resumedFrom: number }>
      assert.isAbove(archive?.resumedFrom ?? 0, MiB)
      assert.isTrue(readFileSync(path.join(emulated.directory, zip)).equals(yield* emulated.archive(jobId)))
    })
  )
})
