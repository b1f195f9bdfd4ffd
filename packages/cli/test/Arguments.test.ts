/** Values that look like flags, and flags that look like values. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Completions } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../test-support/ZipMaker.ts"
import { tree } from "../src/Cli.ts"
import * as Arguments from "../src/settings/Arguments.ts"
import * as Binary from "./support/Binary.ts"

const read = (line: string): string =>
  Result.match(Arguments.read(line.split(" "), tree).words, {
    onFailure: ({ message }) => `! ${message}`,
    onSuccess: (words) => words.join(" ")
  })

const flagsOf = ({ flags, subcommands }: Completions.CommandDescriptor): ReadonlyArray<Completions.FlagDescriptor> => [
  ...flags,
  ...subcommands.flatMap(flagsOf)
]

describe("words of a command line", () => {
  it("know the flags that may be given several times by what help says of them", () => {
    const repeatable = flagsOf(Completions.fromCommand(tree)).filter(({ description }) =>
      /repeatable/.test(description ?? "")
    )
    assert.deepStrictEqual([...new Set(repeatable.map(({ name }) => name))].toSorted(), [
      "asset",
      "exclude",
      "fault",
      "from-file",
      "include",
      "inference",
      "job",
      "kind",
      "model",
      "tag"
    ])
    for (const { description } of repeatable) assert.match(description ?? "", /\(repeatable\)$/)
  })

  it.each([
    // A value in the same word, or the next.
    ["download a -oDIR", "download a --output=DIR"],
    ["download a -o=DIR", "download a --output=DIR"],
    ["download a -o DIR", "download a --output=DIR"],
    ["download a -qoDIR", "download a --quiet --output=DIR"],
    ["download a -qo DIR", "download a --quiet --output=DIR"],
    ["download a --output=-h", "download a --output=-h"],
    ["download a --include=--help", "download a --include=--help"],
    ["download a --include= b", "download a --include= b"],
    // One that begins with a dash, and is no flag.
    ["extract a --exclude -ghost*", "extract a --exclude=-ghost*"],
    ["extract a --include --x", "extract a --include=--x"],
    ["download --asset -abc", "download --asset=-abc"],
    ["download - --from-file -", "download - --from-file=-"],
    ["download a --retries -1", "download a --retries=-1"],
    ["download --model download", "download --model=download"],
    // Words, and what follows `--`.
    ["download -- -abc --help -o", "download -- -abc --help -o"],
    ["status -5", "status -5"],
    ["runs resume --deadline -x run_a", "runs resume --deadline=-x run_a"],
    ["runs --all", "runs --all"],
    ["extract extract -qh", "extract extract --quiet --help"],
    ["download a -q=false --no-force --json=false", "download a --quiet=false --no-force --json=false"],
    // The last one counts, unless there may be several.
    ["wait a --deadline 1s --deadline=2s", "wait a --deadline=2s"],
    ["download a -o x --output y -oz", "download a --output=z"],
    ["download a --force --no-force", "download a --no-force"],
    ["download a --force true -q --force false", "download a --quiet --force=false"],
    ["runs --json yes resume -q", "runs --json=yes resume --quiet"],
    [
      "download --asset a --asset b --include x --include y --job c --job d",
      "download --asset=a --asset=b --include=x --include=y --job=c --job=d"
    ],
    ["download -o x -- -o y", "download --output=x -- -o y"],
    // What effect/cli says is wrong better.
    ["download a --nope -o", "download a --nope --output"],
    ["nope --json", "nope --json"]
  ])("%s", (line, expected) => {
    assert.strictEqual(read(line), expected)
  })

  it.each([
    ["download a -o -h", "--output has no value; if -h is its value, write --output=-h"],
    ["extract a --include --help", "--include has no value; if --help is its value, write --include=--help"],
    ["extract a --include --json=x", "--include has no value; if --json=x is its value, write --include=--json=x"],
    [
      "extract a --include --no-force",
      "--include has no value; if --no-force is its value, write --include=--no-force"
    ],
    ["extract a --include -oDIR", "--include has no value; if -oDIR is its value, write --include=-oDIR"],
    ["extract a --include -- b", "--include has no value; if -- is its value, write --include=--"],
    [
      "extract -ghost.zip",
      "there is no flag -ghost.zip; if it is not meant as one, write it after --: scenario-assets extract -- -ghost.zip"
    ],
    [
      "runs forget -x",
      "there is no flag -x; if it is not meant as one, write it after --: scenario-assets runs forget -- -x"
    ],
    ["doctor -x", "there is no flag -x"],
    ["download a --output=", "--output has no value; write . for this directory"],
    ["download a --base-url=", "--base-url has no value; leave it out for the usual one"],
    ["download --from-file=", "--from-file has no value; give the name of a file, or - for stdin"],
    ["download --job= --json", "--job has no value; give an id"],
    ["download a --project=", "--project has no value; leave it out for the usual one"]
  ])("%s is refused", (line, message) => {
    assert.strictEqual(read(line), `! ${message}`)
  })
})

describe("what a command line means", () => {
  it.each([
    ["download a --json", true],
    ["download a --json=true", true],
    ["download a --json=1", true],
    ["download a --json yes", true],
    ["download a --json on --nope", true],
    ["download a --json=false --json=y", true],
    ["download a --output --json", true],
    ["download --job= --json", true],
    ["nope --json", true],
    ["download a", false],
    ["download a --json=false", false],
    ["download a --json --no-json", false],
    ["download a --json off", false],
    ["download a --json --json=0", false],
    ["download a -- --json", false]
  ])("%s: JSON is %s", (line, isJson) => {
    assert.strictEqual(Arguments.read(line.split(" "), tree).isJson, isJson)
  })

  it.each([
    ["runs resume --nope x", "scenario-assets runs resume"],
    ["auth login extra", "scenario-assets auth login"],
    ["--json runs forget x", "scenario-assets runs forget"],
    ["download runs", "scenario-assets download"],
    ["nope", "scenario-assets"]
  ])("%s is about %s", (line, path) => {
    assert.strictEqual(Arguments.read(line.split(" "), tree).path.join(" "), path)
  })
})

const content = { "-ghost.png": "one", "b.png": "two" }

/** A directory with an archive in it, and one whose own name begins with a dash. */
const archives = (): string => {
  const cwd = TestDirectory.make()
  const { bytes } = ZipMaker.make(Object.entries(content).map(([name, content]) => ({ name, content })))
  for (const name of ["a.zip", "-hot.zip"]) writeFileSync(path.join(cwd, name), bytes)
  return cwd
}

describe.concurrent("a value that begins with a dash", () => {
  it.live.each([
    ["a pattern", ["extract", "a.zip", "-o", "dir", "--exclude", "-ghost*"], "dir", ["b.png"]],
    ["a pattern in the same word", ["extract", "a.zip", "-odir", "--include=-ghost*"], "dir", ["-ghost.png"]],
    ["a directory", ["extract", "a.zip", "--output=-h"], "-h", ["-ghost.png", "b.png"]],
    ["a directory behind a letter", ["extract", "a.zip", "-o-h"], "-h", ["-ghost.png", "b.png"]],
    ["a file", ["extract", "-o", "dir", "--", "-hot.zip"], "dir", ["-ghost.png", "b.png"]]
  ] as const)("is taken: %s", ([, args, directory, files]) =>
    Effect.gen(function* () {
      const cwd = archives()
      const { code, stderr, stdout } = yield* Binary.run(args, { cwd })
      assert.deepStrictEqual([code, stdout], [0, `${directory}\n`], stderr)
      assert.deepStrictEqual(readdirSync(path.join(cwd, directory)).toSorted(), [...files])
      for (const name of files) assert.strictEqual(readFileSync(path.join(cwd, directory, name), "utf8"), content[name])
    })
  )

  it.live.each([
    [["extract", "a.zip", "-o", "-h"], "--output=-h"],
    [["extract", "a.zip", "-o", "dir", "--include", "--help"], "--include=--help"],
    [["extract", "-hot.zip", "-o", "dir"], "extract -- -hot.zip"],
    [["extract", "a.zip", "-o", ""], "write . for this directory"],
    [["extract", "a.zip", "--output="], "write . for this directory"],
    [["download", "-hot"], "download -- -hot"],
    [["download", "--xyzzy-xyzzy"], "write it after --"]
  ] as const)("is refused with the words to write instead: %j", ([args, words]) =>
    Effect.gen(function* () {
      const cwd = archives()
      const { code, stderr, stdout } = yield* Binary.run(args, { cwd })
      assert.deepStrictEqual([code, stdout], [2, ""], stderr)
      assert.include(stderr, words)
      assert.match(stderr, /\nSee 'scenario-assets (extract|download) --help'\.\n$/)
      assert.isFalse(existsSync(path.join(cwd, "dir")) || existsSync(path.join(cwd, "-h")))
    })
  )
})
