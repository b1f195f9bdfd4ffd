import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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
