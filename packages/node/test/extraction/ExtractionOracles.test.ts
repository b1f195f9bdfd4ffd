/** Archives that other tools make, extracted by us and by them: the same trees. */
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Extracting from "../support/Extracting.ts"

const has = (command: string, ...args: ReadonlyArray<string>) => spawnSync(command, args).status === 0

const run = (command: string, args: ReadonlyArray<string>, cwd: string) => {
  const { status, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" }
  })
  assert.strictEqual(status, 0, `${command} ${args.join(" ")}: ${stderr}`)
}

const files: Readonly<Record<string, string | Uint8Array>> = {
  "empty.txt": "",
  "text.txt": "a cat on a mat, ".repeat(3000),
  "d/noise.bin": Extracting.noise(100_000),
  "d/é/猫 😀.txt": "a cat",
  "d/é/a (2).txt": "in brackets",
  "large.bin": Extracting.noise(5_000_000, 2),
  "blank.bmp": new Uint8Array(17 * 1024 * 1024)
}

/** A directory with these files, which tools make archives of. */
const made = () => {
  const directory = TestDirectory.make("oracle")
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(directory, "files", name, ".."), { recursive: true })
    writeFileSync(join(directory, "files", name), content)
  }
  return directory
}

const python = (method: string, wide: boolean) => `
import os, zipfile
with zipfile.ZipFile("../a.zip", "w", zipfile.${method}) as zip:
  for parent, directories, names in os.walk("."):
    for name in names:
      path = os.path.join(parent, name)[2:]
      with zip.open(path, "w", force_zip64=${wide ? "True" : "False"}) as entry: entry.write(open(path, "rb").read())
`

const makers: ReadonlyArray<readonly [what: string, command: string, args: ReadonlyArray<string>]> = [
  ["bsdtar", "bsdtar", ["-a", "-cf", "../a.zip", "."]],
  ["bsdtar, stored", "bsdtar", ["-a", "-cf", "../a.zip", "--options", "zip:compression=store", "."]],
  ["zip", "zip", ["-qr", "../a.zip", "."]],
  ["zip in ZIP64", "zip", ["-qr", "-fz", "../a.zip", "."]],
  ["zip into a pipe", "sh", ["-c", "zip -qr - . | cat > ../a.zip"]],
  ["Python", "python3", ["-X", "utf8", "-c", python("ZIP_DEFLATED", false)]],
  ["Python in ZIP64, stored", "python3", ["-X", "utf8", "-c", python("ZIP_STORED", true)]]
]
const there: Readonly<Record<string, boolean>> = {
  bsdtar: has("bsdtar", "--version"),
  zip: has("zip", "-v"),
  sh: has("zip", "-v"),
  python3: has("python3", "-c", "import zipfile")
}
const readers: ReadonlyArray<readonly [command: string, args: ReadonlyArray<string>]> = [
  ...(has("unzip", "-v") ? ([["unzip", ["-q", "../a.zip"]]] as const) : []),
  ...(has("bsdtar", "--version") ? ([["bsdtar", ["-xf", "../a.zip"]]] as const) : [])
]

describe("An archive of another tool", () => {
  it.live.each(makers.filter(([, command]) => there[command] === true))(
    "is extracted as others extract it: %s",
    ([, command, args]) =>
      Effect.gen(function* () {
        const directory = made()
        run(command, args, join(directory, "files"))
        const ours = join(directory, "ours")
        Extracting.extracted(yield* Extracting.run({ file: join(directory, "a.zip") }, ours))
        const tree = Extracting.tree(ours)
        assert.deepStrictEqual(tree, Extracting.treeOf(files))
        for (const [reader, how] of readers) {
          const theirs = join(directory, reader)
          mkdirSync(theirs)
          run(reader, how, theirs)
          assert.deepStrictEqual(Extracting.tree(theirs), tree, reader)
        }
      }).pipe(Effect.provide(Extracting.layer))
  )
})
