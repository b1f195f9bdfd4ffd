import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as HelpPages from "./support/HelpPages.ts"

const shells = ["bash", "zsh", "fish"] as const

const scriptFor = (shell: string) =>
  Effect.map(Binary.run(["completions", shell]), ({ code, stderr, stdout }) => {
    assert.deepStrictEqual([code, stderr], [0, ""])
    return stdout
  })

const isThere = (shell: string): boolean => process.platform !== "win32" && spawnSync(shell, ["-c", ":"]).status === 0

/** Lines as they are typed, each up to a Tab, and what bash then offers for the last word. */
const complete = (script: string, lines: ReadonlyArray<string>, cwd: string): ReadonlyArray<ReadonlyArray<string>> => {
  const file = path.join(TestDirectory.make(), "completions.bash")
  writeFileSync(file, script)
  // As readline does it, with words that need no quoting.
  const program = `
    source "$1"; shift
    for line; do
      COMP_LINE="$line"; COMP_POINT=\${#line}
      read -r -a COMP_WORDS <<< "$line"
      [[ "$line" == *" " ]] && COMP_WORDS+=("")
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()
      $(complete -p scenario-assets | sed 's/.*-F \\([^ ]*\\) .*/\\1/') scenario-assets "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\\t' "\${COMPREPLY[@]}"; echo
    done`
  const { status, stderr, stdout } = spawnSync("bash", ["--norc", "-c", program, "bash", file, ...lines], {
    cwd,
    encoding: "utf8"
  })
  assert.deepStrictEqual([status, stderr], [0, ""])
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t").filter(Boolean).toSorted())
}

describe.concurrent("completions", () => {
  it.live.skipIf(!isThere("bash"))("of bash: commands, flags that were not given yet, values and files", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      writeFileSync(path.join(cwd, "ids.txt"), "")
      mkdirSync(path.join(cwd, "images"))
      const docs = yield* HelpPages.below()
      const commands = docs.flatMap(({ commandPath = [] }) => (commandPath.length === 2 ? [commandPath[1] ?? ""] : []))
      const script = yield* scriptFor("bash")
      assert.include(script, "scenario-assets completions bash")
      assert.notInclude(script, "--completions")
      const lines = [
        "scenario-assets ",
        "scenario-assets dow",
        "scenario-assets download --ar",
        "scenario-assets download -o x --fl",
        "scenario-assets download --flat --fl",
        "scenario-assets download --no-",
        "scenario-assets asset --format j",
        "scenario-assets download --from-file i",
        "scenario-assets download --output i",
        "scenario-assets extract i",
        "scenario-assets completions "
      ]
      assert.deepStrictEqual(complete(script, lines, cwd), [
        commands.toSorted(),
        ["download"],
        ["--archive"],
        ["--flat"],
        [],
        [],
        ["jpeg", "jpg"],
        ["ids.txt", "images"],
        ["images"],
        ["ids.txt", "images"],
        ["bash", "fish", "zsh"]
      ])

      // Whatever flag the help has is offered, and files where it takes one.
      const flags = docs.flatMap((doc) => doc.flags.map((flag) => ({ name: HelpPages.nameOf(doc), flag })))
      const offered = complete(
        script,
        flags.map(({ flag, name }) => `${name} --${flag.name}`),
        cwd
      )
      for (const [index, { flag, name }] of flags.entries()) {
        assert.include(offered[index] ?? [], `--${flag.name}`, `after ${name}`)
      }
      const pathFlags = flags.filter(({ flag }) => flag.type === "FILE" || flag.type === "DIR")
      const files = complete(
        script,
        pathFlags.map(({ flag, name }) => `${name} --${flag.name} i`),
        cwd
      )
      for (const [index, { flag, name }] of pathFlags.entries()) {
        assert.include(files[index] ?? [], "images", `after ${name} --${flag.name}`)
      }
    })
  )

  it.live.each(shells.filter(isThere))("%s can read its script", (shell) =>
    Effect.gen(function* () {
      const file = path.join(TestDirectory.make(), "script")
      writeFileSync(file, yield* scriptFor(shell))
      const { status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" })
      assert.deepStrictEqual([status, stderr], [0, ""])
    })
  )
})
