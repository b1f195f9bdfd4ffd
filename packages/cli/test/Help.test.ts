import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as HelpText from "../src/help/HelpText.ts"
import * as CommandLines from "./support/CommandLines.ts"
import * as HelpPages from "./support/HelpPages.ts"
import * as Reference from "./support/Reference.ts"

describe("the help of all commands", () => {
  it.effect("is what docs/cli.md and help.txt say", () =>
    Effect.gen(function* () {
      for (const { file, text } of yield* Reference.make) {
        const written = readFileSync(file, "utf8").replaceAll("\r\n", "\n")
        assert.strictEqual(written, text, `${file.pathname} is out of date: run '${Reference.command}'`)
      }
    })
  )

  it.effect("has examples, and the default of every flag that takes a value once", () =>
    Effect.gen(function* () {
      for (const doc of yield* HelpPages.below()) {
        const name = HelpPages.nameOf(doc)
        assert.isNotEmpty(doc.examples, `${name} has no examples`)
        for (const { command, description } of doc.examples ?? []) {
          assert.include(command, name)
          assert.isNotEmpty(description, `'${command}' has no description`)
        }
        for (const flag of doc.flags) {
          const description = Option.getOrElse(flag.description, () => "")
          const [what, by] = Reference.splitDefault(description)
          assert.isNotEmpty(what, `--${flag.name} of ${name} has no description`)
          if (flag.type === "boolean" || flag.required || what.includes("repeatable")) continue
          assert.isDefined(by, `--${flag.name} of ${name} ends without a [default: …]`)
        }
      }
    })
  )

  it.effect("groups the flags, those with lasting defaults last; no group names a flag that there is not", () =>
    Effect.gen(function* () {
      const docs = yield* HelpPages.below()
      const names = new Set(docs.flatMap(({ flags }) => flags.map(({ name }) => name)))
      for (const name of HelpText.grouped.flatMap(([, names]) => names)) assert.include([...names], name)
      for (const doc of docs) {
        const groups = HelpText.flagGroups(doc.flags)
        assert.sameMembers(
          groups.flatMap(([, flags]) => flags),
          [...doc.flags]
        )
      }
      const text = yield* HelpPages.asText(yield* HelpPages.below(["download"]))
      assert.deepStrictEqual(
        [...text.matchAll(/^([A-Z][a-z ]+):$/gm)].map(([, title]) => title),
        [
          "Examples",
          "Arguments",
          "Selection",
          "Search",
          "Destination",
          "What to extract",
          "Other flags",
          "Output",
          "Advanced",
          "Values",
          "Global flags"
        ]
      )
    })
  )

  it.live("is shown by the command help too, which knows what may have been meant", () =>
    Effect.gen(function* () {
      const known = [[], ["download"], ["runs", "resume"]]
      const pages = yield* CommandLines.run([
        ...known.map((path) => [...path, "--help"]),
        ...known.map((path) => ["help", ...path])
      ])
      assert.lengthOf(pages, 2 * known.length)
      for (const [index, flag] of pages.slice(0, known.length).entries()) {
        const command = pages[known.length + index]
        assert.deepStrictEqual(command, flag)
        assert.deepStrictEqual([flag.code, flag.stderr], [0, ""])
        assert.include(flag.stdout, "Usage: scenario-assets")
      }
      const unknown = [
        [["dowload"], "there is no command \"dowload\"; did you mean download?\nSee 'scenario-assets --help'.\n"],
        [
          ["runs", "rseume"],
          "there is no command \"rseume\"; did you mean resume?\nSee 'scenario-assets runs --help'.\n"
        ],
        [["download", "x"], "there is no command \"x\"\nSee 'scenario-assets download --help'.\n"]
      ] as const
      const ended = yield* CommandLines.run(unknown.map(([path]) => ["help", ...path]))
      for (const [index, [, stderr]] of unknown.entries()) {
        assert.deepInclude(ended[index], { code: 2, stdout: "", stderr: `scenario-assets: ${stderr}` })
      }
    })
  )

  it.effect("lists every kind of fault that may be written", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(Fault.parse("storage:nonsense"))
      const kinds = [...(message.split("kinds:")[1] ?? "").matchAll(/^ {4}([a-z-]+)/gm)].map(([, kind]) => kind)
      assert.isAtLeast(kinds.length, 18)
      const text = yield* HelpPages.asText(yield* HelpPages.below(["emulate"]))
      for (const kind of kinds) assert.match(text, new RegExp(`^ {2}${kind}(?:[=@[ ]|$)`, "m"))
    })
  )

  it.effect("fits a terminal of 80 columns", () =>
    Effect.gen(function* () {
      const lines = (yield* HelpPages.asText(yield* HelpPages.below())).split("\n")
      // What people copy stays in one line.
      const long = lines.filter((line) => line.length > 80 && !/^ {2}(scenario-assets|echo) /.test(line))
      assert.deepStrictEqual(long, [])
    })
  )
})
