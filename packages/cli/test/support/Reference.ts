/** What is made of the commands: `docs/cli.md` for readers, and the help as it is printed, for a look at its changes. */
import type { FlagDoc, HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { meanings } from "../../src/errors/ExitCode.ts"
import * as Help from "../../src/help/Help.ts"
import * as HelpText from "../../src/help/HelpText.ts"
import * as Reader from "../../src/text/Reader.ts"
import * as HelpPages from "./HelpPages.ts"

export interface Made {
  readonly file: URL
  readonly text: string
}

/** How to make all of it anew. */
export const command = "npx -y pnpm@12 reference"

export const make: Effect.Effect<ReadonlyArray<Made>> = Effect.gen(function* () {
  const docs = yield* HelpPages.below()
  const sections = yield* Effect.forEach(docs, (doc) => Effect.map(Help.sectionOf(doc), section(doc)))
  return [
    { file: new URL("../../../../docs/cli.md", import.meta.url), text: markdown(docs, sections.flat()) },
    { file: new URL("../help.txt", import.meta.url), text: yield* HelpPages.asText(docs) }
  ]
})

const markdown = (docs: ReadonlyArray<HelpDoc>, sections: ReadonlyArray<string>): string =>
  `${[
    "# The command line",
    `<!-- Made from the commands by \`${command}\`: what is changed here is lost. -->`,
    ...sections,
    "## Global flags",
    flagTable(docs[0]?.globalFlags ?? []),
    "## Values",
    table(
      ["value", "what is taken"],
      Reader.values.map(([metavar, taken]) => [code(metavar), text(taken)])
    ),
    "## Environment",
    table(
      ["variable", "meaning"],
      HelpText.environment.map(([names, meaning]) => [code(...names.split(", ")), text(meaning)])
    ),
    "Flags come before the environment.",
    "## Exit codes",
    table(
      ["code", "meaning"],
      meanings.map(([exitCode, meaning]) => [String(exitCode), text(meaning)])
    )
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`

const section =
  (doc: HelpDoc) =>
  (more: HelpText.Section | undefined): ReadonlyArray<string> => [
    `## ${HelpPages.nameOf(doc)}`,
    `${text(doc.description)}.`,
    ["```sh", ...(doc.examples ?? []).map(({ command, description }) => `# ${description}\n${command}`), "```"].join(
      "\n"
    ),
    `Usage: ${code(HelpText.usage(doc))}`,
    table(
      ["command", "what it does"],
      (doc.subcommands ?? []).flatMap(({ commands }) =>
        commands.map(({ description, name }) => [
          `[${code(name)}](#${`${HelpPages.nameOf(doc)} ${name}`.replaceAll(" ", "-")})`,
          text(description)
        ])
      )
    ),
    table(
      ["argument", "what it is"],
      (doc.args ?? []).map(({ description, name, variadic }) => [
        code(variadic ? `${name}...` : name),
        text(Option.getOrElse(description, () => ""))
      ])
    ),
    ...HelpText.flagGroups(doc.flags).map(([title, flags]) => flagTable(flags, title)),
    table(
      [more?.title.toLowerCase() ?? "", "what it means"],
      (more?.rows ?? []).map(([left, right]) => [code(left), text(right)])
    )
  ]

const flagTable = (flags: ReadonlyArray<FlagDoc>, title = "flag"): string =>
  table(
    [title.toLowerCase().replace(/^flags$/, "flag"), "what it does", "default"],
    flags.map(({ aliases, description, name, type }) => {
      const [what, by] = splitDefault(Option.getOrElse(description, () => ""))
      const names = [...aliases, `--${name}`]
      const last = names.length - 1
      return [
        code(...names.map((name, index) => (index === last && type !== "boolean" ? `${name} ${type}` : name))),
        text(what),
        text(by ?? "")
      ]
    })
  )

/** What a flag does, without its default; and that, where there is one. */
export const splitDefault = (description: string): readonly [what: string, by: string | undefined] => {
  const plain = description.replace(/ \(choices: [^)]*\)$/, "")
  const [, what = plain, by] = /^(.*) \[default: (.*)\]$/s.exec(plain) ?? []
  return [what, by]
}

const code = (...words: ReadonlyArray<string>): string => words.map((word) => `\`${escape(word)}\``).join(", ")

const text = (words: string): string => escape(words).replaceAll("*", "\\*").replaceAll("<", "&lt;")

const escape = (words: string): string => words.replaceAll("|", "\\|").replaceAll("\n", " ")

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.length === 0
    ? ""
    : [head, head.map(() => "---"), ...rows]
        .map((cells) => `| ${cells.join(" | ")} |`.replace(/ +\|$/, " |"))
        .join("\n")
