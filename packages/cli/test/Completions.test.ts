import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as HelpPages from "./support/HelpPages.ts"

const shells = ["bash", "zsh", "fish"] as const

/** Where the ids of runs can be written. */
const takesRuns = ["runs resume", "runs show", "runs forget", "wait", "download"]

const scriptFor = (shell: string) =>
  Effect.map(Binary.run(["completions", shell]), ({ code, stderr, stdout }) => {
    assert.deepStrictEqual([code, stderr], [0, ""])
    return stdout
  })

const isThere = (shell: string): boolean => process.platform !== "win32" && spawnSync(shell, ["-c", ":"]).status === 0

/** Lines as they are typed, each up to a Tab, and what bash then offers for the last word. */
const complete = (
  script: string,
  lines: ReadonlyArray<string>,
  cwd: string,
  env: Readonly<Record<string, string>> = {}
): ReadonlyArray<ReadonlyArray<string>> => {
  const file = path.join(TestDirectory.make(), "completions.bash")
  writeFileSync(file, script)
  // As readline does it, with words that need no quoting.
  const program = `
    source "$1"; shift
    offer=$(complete -p scenario-assets | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
    for line; do
      COMP_LINE="$line"; COMP_POINT=\${#line}
      read -r -a COMP_WORDS <<< "$line"
      [[ "$line" == *" " ]] && COMP_WORDS+=("")
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()
      $offer scenario-assets "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\\t' "\${COMPREPLY[@]}"; echo
    done`
  const { status, stderr, stdout } = spawnSync("bash", ["--norc", "-c", program, "bash", file, ...lines], {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8"
  })
  assert.deepStrictEqual([status, stderr], [0, ""])
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t").filter(Boolean).toSorted())
}

const outcome = ({ code, stderr, stdout }: Binary.Ended) => [code, stdout, stderr]

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
        ["bash", "fish", "powershell", "zsh"]
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

  it.live.skipIf(!isThere("bash"))("of bash: the ids of the runs, where a command takes one", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const detached = yield* emulated.run(["download", Emulated.modelOf(emulated), "--detach"])
      const runId = detached.stdout.trim()
      const bin = path.join(TestDirectory.make(), "scenario-assets")
      writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${Binary.bin}" "$@"\n`, { mode: 0o755 })
      const lines = [
        `${bin} download model_`,
        `${bin} runs show x`,
        ...takesRuns.map((command) => `${bin} ${command} ru`),
        `${bin} runs forget ${runId} run_`
      ]
      const found = complete(yield* scriptFor("bash"), lines, emulated.directory, emulated.env)
      assert.deepStrictEqual(found, [[], [], ...takesRuns.map(() => [runId]), [runId]])
    })
  )

  it.live("the ids of the runs are printed by themselves, and nothing where none can be read", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const ids = (env: Readonly<Record<string, string>>) => emulated.run(["completions", "ids"], { env })
      assert.deepStrictEqual(outcome(yield* ids({})), [0, "", ""])
      const detached = yield* emulated.run(["download", Emulated.modelOf(emulated), "--detach"])
      assert.deepStrictEqual(outcome(yield* ids({})), [0, detached.stdout, ""])
      const file = path.join(emulated.directory, "file")
      writeFileSync(file, "")
      assert.deepStrictEqual(outcome(yield* ids({ XDG_STATE_HOME: file })), [0, "", ""])
    })
  )

  it.live.each([...shells, "powershell"])("of %s ask for the ids of the runs where somebody types", (shell) =>
    Effect.gen(function* () {
      const script = yield* scriptFor(shell)
      const asked = script.split("completions ids").length - 1
      assert.strictEqual(asked, shell === "powershell" ? 1 : takesRuns.length)
      if (shell === "powershell") {
        assert.include(script, "Register-ArgumentCompleter -Native -CommandName 'scenario-assets'")
        assert.include(script, "scenario-assets completions powershell")
        assert.strictEqual(script.split("values = @('__run_ids__')").length - 1, takesRuns.length)
        assert.include(script, "$values = @(& scenario-assets completions ids 2>$null)")
      } else assert.notInclude(script, "__run_ids__")
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
