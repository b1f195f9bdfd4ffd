/**
 * The words of a command line, before effect/cli takes them apart. It takes each word that begins with a dash for flags, also
 * where a flag needs it as its value, and each letter of `-oDIR` for a flag of its own, so that a pattern such as `-ghost*` would ask for help.
 * Here a value becomes `--flag=value`, which can mean only one thing, and what could mean two is refused.
 */
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import type * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Context from "effect/Context"
import * as Result from "effect/Result"
import { UsageError } from "../errors/CommandError.ts"

/** What a command line means, also one that is wrong. */
export interface Meaning {
  /** The command, from the name of the program on. */
  readonly path: ReadonlyArray<string>
  /** The names of the flags that are given, without the dashes. */
  readonly flags: ReadonlySet<string>
  readonly isJson: boolean
  readonly isVerbose: boolean
  /** The same words, each with one meaning. */
  readonly words: Result.Result<ReadonlyArray<string>, UsageError>
}

/** The flags that stand on the command line. A setting elsewhere gives a flag its value as well, and is not meant here. */
export const Flags = Context.Reference<ReadonlySet<string>>("@scenario-assets/cli/Flags", {
  defaultValue: () => new Set()
})

export const read = (args: ReadonlyArray<string>, tree: Command.Command.Any): Meaning => {
  let command = Completions.fromCommand(tree)
  const path = [command.name]
  /** A command may be named until there is another word. */
  let isCommandDue = true
  const words: Array<string> = []
  let operands: ReadonlyArray<string> = []
  /** The first thing that is wrong. What follows is read all the same: it may say how to report it. */
  let refusal: string | undefined

  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ""
    if (word === "--") {
      operands = args.slice(index)
      break
    }
    if (!isDashed(word)) {
      const sub = isCommandDue ? command.subcommands.find(({ name }) => name === word) : undefined
      if (sub === undefined) isCommandDue = false
      else {
        command = sub
        path.push(word)
      }
      words.push(word)
      continue
    }
    const { flags, needsValue, unknown, value } = parse(word, command)
    if (unknown !== undefined && !word.startsWith("--")) {
      const shown = Redaction.wordOf(word.replace(/=.*$/s, ""))
      const help =
        command.arguments.length === 0
          ? ""
          : `; if it is not meant as one, write it after --: ${path.join(" ")} -- ${shown}`
      refusal ??= `there is no flag ${shown}${help}`
    }
    if (needsValue === undefined) {
      const all = word.startsWith("--") ? [word] : flags.map((name) => `--${name}`)
      const last = all.pop() ?? ""
      const next = args[index + 1] ?? ""
      // A word such as `true` belongs to the flag before it.
      const hasValue = isBoolean(last, command) && truth.test(next)
      if (hasValue) index++
      words.push(...all, hasValue ? `${last}=${next}` : last)
      continue
    }
    words.push(...flags.map((name) => `--${name}`))
    const name = `--${needsValue}`
    const next = value ?? args[index + 1]
    if (next !== undefined && value === undefined && isDashed(next) && isFlag(next, command)) {
      const shown = Redaction.wordOf(next)
      refusal ??= `${name} has no value; if ${shown} is its value, write ${name}=${shown}`
      continue
    }
    if (value === undefined) index++
    if (next === undefined) words.push(name)
    else if (next === "" && needsValue in empty) refusal ??= `${name} has no value; ${empty[needsValue]}`
    else words.push(`${name}=${next}`)
  }

  const meant = lastOnes(words, command)
  return {
    path,
    flags: new Set(meant.flatMap((word) => flagOf(word, command)?.name ?? [])),
    isJson: isOn("json", meant),
    isVerbose: isOn("verbose", meant),
    words:
      refusal === undefined
        ? Result.succeed([...meant, ...operands])
        : Result.fail(new UsageError({ message: refusal }))
  }
}

/** Of a flag that is given several times, where that is not what it is for, the last one counts. */
const lastOnes = (words: ReadonlyArray<string>, command: Completions.CommandDescriptor): ReadonlyArray<string> => {
  const names = words.map((word) => {
    const flag = flagOf(word, command)
    return flag === undefined || flag.description?.endsWith("(repeatable)") === true ? undefined : flag.name
  })
  const last = new Map(names.map((name, index) => [name, index]))
  return words.filter((_, index) => names[index] === undefined || last.get(names[index]) === index)
}

const nameOf = (word: string): string => /^--([^=]+)/.exec(word)?.[1] ?? ""

const flagOf = (word: string, { flags }: Completions.CommandDescriptor): Completions.FlagDescriptor | undefined => {
  const name = nameOf(word)
  return flags.find((flag) => flag.name === name || isNegation(name, flag))
}

/** Whether a flag is switched on. It need not be one of the command, which may be what is wrong. */
const isOn = (name: string, words: ReadonlyArray<string>): boolean => {
  const word = words.findLast((word) => [name, `no-${name}`].includes(nameOf(word)))
  return word === `--${name}` || (word?.startsWith(`--${name}=`) === true && yes.test(word.slice(name.length + 3)))
}

/** A flag that needs no value, and has none in the same word. */
const isBoolean = (word: string, { flags }: Completions.CommandDescriptor): boolean =>
  flags.some((flag) => flag.type._tag === "Boolean" && word === `--${flag.name}`)

/** What effect/cli takes for the value of a flag that needs none. */
const truth = /^(?:true|yes|on|1|y|false|no|off|0|n)$/
const yes = /^(?:true|yes|on|1|y)$/

/** What an empty value would mean is not what anybody means who gives one. */
const empty: Readonly<Record<string, string>> = {
  output: "write . for this directory",
  "base-url": "leave it out for the usual one",
  project: "leave it out for the usual one",
  "from-file": "give the name of a file, or - for stdin",
  manifest: "give the name of a file, or - for stdout",
  asset: "give an id",
  inference: "give an id",
  model: "give an id",
  job: "give an id"
}

/** `-` is a word, and so is a number. */
const isDashed = (word: string): boolean =>
  word.startsWith("-") && word !== "-" && !/^-(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(word)

interface Parsed {
  /** Those without a value. */
  readonly flags: ReadonlyArray<string>
  /** The last one, and its value where it stands in the same word. */
  readonly needsValue?: string
  readonly value?: string
  /** What is none. */
  readonly unknown?: string
}

/** A word that begins with a dash: `--flag`, `--flag=value`, or letters, of which the last may have a value behind it. */
const parse = (word: string, command: Completions.CommandDescriptor): Parsed => {
  if (word.startsWith("--")) {
    const end = word.indexOf("=")
    const name = word.slice(2, end === -1 ? undefined : end)
    const flag = command.flags.find((flag) => flag.name === name)
    if (flag === undefined)
      return everywhere.has(name) || isNegated(name, command) ? { flags: [name] } : { flags: [], unknown: name }
    if (flag.type._tag === "Boolean") return { flags: [name] }
    return { flags: [], needsValue: name, ...(end === -1 ? {} : { value: word.slice(end + 1) }) }
  }
  const flags: Array<string> = []
  const letters = Array.from(word.slice(1))
  for (const [index, letter] of letters.entries()) {
    const flag = command.flags.find(({ aliases }) => aliases.includes(letter))
    const name = flag?.name ?? letterOf.get(letter)
    if (name === undefined) return { flags, unknown: letter }
    if (flag !== undefined && flag.type._tag !== "Boolean") {
      const rest = letters.slice(index + 1).join("")
      // Who asks for help gives no value with it: this is a name, such as `-hot`.
      if (rest !== "" && flags.some((name) => everywhere.has(name))) return { flags, unknown: letter }
      return { flags, needsValue: name, ...(rest === "" ? {} : { value: rest.replace(/^=/, "") }) }
    }
    if (letters[index + 1] === "=") return { flags: [...flags, name + letters.slice(index + 1).join("")] }
    flags.push(name)
  }
  return { flags }
}

const isNegation = (name: string, flag: Completions.FlagDescriptor): boolean =>
  flag.type._tag === "Boolean" && name === `no-${flag.name}`

const isNegated = (name: string, { flags }: Completions.CommandDescriptor): boolean =>
  flags.some((flag) => isNegation(name, flag))

/** Whether a word would do as flags, so that a value before it was forgotten. */
const isFlag = (word: string, command: Completions.CommandDescriptor): boolean =>
  word === "--" || parse(word, command).unknown === undefined

/** The flags of all commands. */
const letterOf: ReadonlyMap<string, string> = new Map([
  ["h", "help"],
  ["v", "version"]
])
const everywhere: ReadonlySet<string> = new Set(letterOf.values())
