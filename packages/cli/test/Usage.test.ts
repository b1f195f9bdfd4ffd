import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { CliError } from "effect/cli"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as UsageMessage from "../src/report/UsageMessage.ts"
import * as Binary from "./support/Binary.ts"
import * as CommandLines from "./support/CommandLines.ts"
import * as Emulated from "./support/Emulated.ts"

/** Words that are wrong, what is said of them, and the command whose help is named. */
const mistakes: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: RegExp, help: string]> = [
  [["--nope"], /: there is no flag --nope\n/, ""],
  [["downlod", "model_a"], /: there is no command "downlod"; did you mean download\?\n/, ""],
  [["download", "model_a", "--output"], /: --output has no value\n/, "download"],
  [
    ["wait", "job_a", "--deadline", "soon"],
    /: --deadline: "soon" is not a duration: it takes a number above 0 with a unit \(d, h, m, s or ms\), for example 30s/,
    "wait"
  ],
  [
    ["download", "model_a", "--limit-rate", "fast"],
    /: --limit-rate: "fast" is not a size; it takes no unit \(bytes\), kB MB [^\n]* and K M G T \(steps of 1024\), for example 100MB/,
    "download"
  ],
  [["wait", "job_a", "--deadline", "2s", "--deadline", "soon"], /: --deadline: "soon" is not a duration: /, "wait"],
  [
    ["download"],
    /The selection is empty: [^]*Pass ids such as model_… or job_…, a file of ids with --from-file/,
    "download"
  ],
  [
    ["download", "model_a/b"],
    /: "model_a\/b" is not an id: an id is not empty, and has no spaces or any of /,
    "download"
  ],
  [
    ["download", "model_a", "--job", "job_a"],
    /: jobs and other ids cannot be downloaded together; run a separate command for job_a\n/,
    "download"
  ],
  [
    ["download", "--job", "job_a", "--detach"],
    /: --detach is for new jobs, and job_a was started before; leave out --detach\n/,
    "download"
  ],
  [["download", "model_a", "--template", " "], /: --template: Expected a file name template: not empty/, "download"],
  [
    ["download", "--from-file", "missing.txt"],
    /: the file missing.txt cannot be read: there is no such file\n/,
    "download"
  ],
  [
    ["download", "model_a", "--base-url", "ftp://x"],
    /base URL is not an absolute http or https URL[^]*--base-url/,
    "download"
  ],
  [["download", "model_a", "--include", ""], /: --include: "" is not a glob pattern: /, "download"],
  [
    ["download", "model_a", "--exclude", "a["],
    /: --exclude: "a\[" is not a glob pattern: [^]*closing: "\]"/,
    "download"
  ],
  [
    ["download", "model_a", "--archive", "-"],
    /: --archive: an archive cannot be written to stdout; pass the name of a/,
    "download"
  ],
  [
    ["download", "model_a", "--archive", ".."],
    /: --archive: "\.\." is a directory; pass the name of a file/,
    "download"
  ],
  [["download", "model_a", "--archive", "a/"], /: --archive: "a\/" is a directory; /, "download"],
  [
    ["download", "model_a", "--archive", "a.zip", "--include", "*"],
    /: --archive does not extract the archive; leave out --include\n/,
    "download"
  ],
  [["extract"], /: <file> is missing\n/, "extract"],
  [["extract", "missing.zip"], /: the file missing.zip cannot be read: there is no such file\n/, "extract"],
  [["extract", "-"], /: an archive cannot be read from stdin; pass the name of a file\n/, "extract"],
  [["list", "missing.zip"], /: the file missing.zip cannot be read: there is no such file\n/, "list"],
  [["list", "a?b"], /: "a\?b" is not an id: /, "list"],
  [["emulate", "--port", "70000"], /: --port: "70000" is not a whole number from 0 to 65535\n/, "emulate"],
  [["auth", "login", "extra"], /: too many words: "extra"\n/, "auth login"],
  [["runs", "resume", "run_a", "run_b"], /: too many words: "run_b"\n/, "runs resume"],
  [["emulate", "--fault", "storage:nonsense"], /: "storage:nonsense" is not a fault: [^]*reset@<bytes>/, "emulate"]
]

const credentials = { SCENARIO_API_KEY: "key", SCENARIO_API_SECRET: "secret" }

describe.concurrent("a command line that is wrong", () => {
  it.live("is told what is wrong, and which help to read", () =>
    Effect.gen(function* () {
      const lines = mistakes.map(([args]) => args)
      const ended = yield* CommandLines.run(lines, { env: credentials })
      assert.lengthOf(ended, mistakes.length)
      for (const [index, [args, says, help]] of mistakes.entries()) {
        const { code, stderr = "", stdout } = ended[index] ?? {}
        assert.deepStrictEqual([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`)
        assert.match(stderr, /^scenario-assets: /)
        assert.match(stderr, says)
        assert.isTrue(stderr.endsWith(`\nSee '${["scenario-assets", help].join(" ").trim()} --help'.\n`), stderr)
        assert.notMatch(stderr, /Usage:|\n\s+at /)
        assert.notInclude(stderr, "\u001b")
      }
    })
  )

  it.live("is an object with --json", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Binary.run(["download", "--json", "--nope", "--output"])
      assert.strictEqual(code, 2)
      assert.deepStrictEqual(Binary.lastLine(stdout), {
        type: "error",
        error: "UsageError",
        exitCode: 2,
        messages: ["there is no flag --nope", "--output has no value"],
        hints: ["If it begins with a dash and is no flag, write it after --.", "See 'scenario-assets download --help'."]
      })
      assert.strictEqual(stderr.split("\n").length, 5, "one line for each mistake")
    })
  )

  it.live("names the line of a file", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      writeFileSync(path.join(cwd, "ids.txt"), "# two\nmodel_a\nfrog\n")
      const { code, stderr } = yield* Binary.run(["download", "--from-file", "ids.txt"], { cwd })
      assert.strictEqual(code, 2)
      assert.match(
        stderr,
        /: ids.txt, line 3: "frog" does not begin with asset_, inf_, model_, job_ or run_; pass it with --asset, /
      )
    })
  )
})

describe.concurrent("help and version", () => {
  it.live("help that was asked for is on stdout: examples first, then flags with their defaults", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Binary.run(["download", "--help"])
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(
        stdout,
        /^Download assets in bulk[^]+\nUsage: scenario-assets download [^]+\nExamples:\n[^]+\nDestination:\n/
      )
      assert.match(stdout, /\n {2}--concurrency N +How many to download at once \[default: 4\]\n/)
      assert.match(stdout, /\n {2}-o, --output DIR +Directory to write the files to \[default: .\]\n/)
      assert.isBelow(Math.max(...stdout.split("\n").map((line) => line.length)), 81)
    })
  )

  it.live("the root's help lists the commands and the exit codes, as the guide does", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Binary.run(["-h"])
      assert.deepStrictEqual([code, stderr], [0, ""])
      for (const command of ["download", "list", "extract", "status", "wait", "runs", "asset", "emulate"]) {
        assert.match(stdout, new RegExp(`\\n {2}${command} +[A-Z]`))
      }
      const guide = readFileSync(new URL("../../../docs/guide.md", import.meta.url), "utf8").replace(
        "| 129, 130, 143 | the terminal was closed (SIGHUP), interrupted (SIGINT), terminated (SIGTERM) |",
        "| 129 | the terminal was closed (SIGHUP) |\n| 130 | interrupted (SIGINT) |\n| 143 | terminated (SIGTERM) |"
      )
      const codes = [...(stdout.split("Exit codes:\n")[1] ?? "").matchAll(/^ {2}(\d+) +(.+)$/gm)]
      assert.strictEqual(codes.length, 14)
      for (const [, exitCode, meaning] of codes) assert.include(guide, `| ${exitCode} | ${meaning} |`)
    })
  )

  it.live("without a command, help is on stderr, and that is a mistake", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Binary.run([])
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, /\nUsage: scenario-assets [^]+\nscenario-assets: no command is given\n/)
    })
  )

  it.live("colours are for terminals, or on request", () =>
    Effect.gen(function* () {
      const colored = yield* Binary.run(["--help"], { env: { FORCE_COLOR: "1" } })
      const plain = yield* Binary.run(["--help"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })
      assert.include(colored.stdout, "\u001b[1mUsage:\u001b[0m")
      assert.notInclude(plain.stdout, "\u001b")
    })
  )

  it.live("the version, alone and after a command", () =>
    Effect.gen(function* () {
      const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
      for (const args of [["-v"], ["download", "--version"]]) {
        const { code, stderr, stdout } = yield* Binary.run(args)
        assert.deepStrictEqual([code, stdout, stderr], [0, `${version}\n`, ""])
      }
    })
  )
})

/** Says what would be requested; without credentials, and with an API that nobody could reach. */
const plan = (args: ReadonlyArray<string>, options: Binary.Options = {}) =>
  Effect.map(
    Binary.run(["download", "--dry-run", "--json", ...args], {
      env: { SCENARIO_BASE_URL: "http://127.0.0.1:1" },
      ...options
    }),
    ({ code, stderr, stdout }) => {
      assert.strictEqual(code, 0)
      return { stderr, result: Binary.lastLine(stdout) }
    }
  )

describe.concurrent("ids", () => {
  it.live("come from arguments by their prefix, and from flags whatever they look like", () =>
    Effect.gen(function* () {
      const words = ["asset_a", "model_m", "inf_i", "inference_j", "asset_a"]
      const flags = ["--asset", "plain", "--asset", "asset_a", "--inference", "asset_looks_like_one", "--model=m"]
      const { result, stderr } = yield* plan([...words, ...flags])
      assert.strictEqual(stderr, "warning: 2 ids are given more than once, and requested once\n")
      assert.deepInclude(result, {
        dryRun: true,
        ids: 7,
        flat: false,
        fileNameTemplate: "<generator>-<prompt>-<num>-<seed>",
        batches: [
          {
            assetIds: ["asset_a", "plain"],
            inferenceIds: ["asset_looks_like_one", "inf_i", "inference_j"],
            modelIds: ["m", "model_m"]
          }
        ]
      })
    })
  )

  it.live("come from files and stdin: comments, blank lines, CRLF, a byte order mark, duplicates, named kinds", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      writeFileSync(path.join(cwd, "a.txt"), "\uFEFFasset_a\r\n\r\n# a comment\r\n  asset_b  # and another\r\n")
      writeFileSync(path.join(cwd, "b.txt"), "model plain\ninference\tother\nasset_a")
      const { result } = yield* plan(["--from-file", "a.txt", "-", "--from-file", "b.txt", "--from-file", "-"], {
        cwd,
        stdin: "asset_c\n\nasset_b\n"
      })
      assert.deepStrictEqual(result["batches"], [
        { assetIds: ["asset_a", "asset_b", "asset_c"], inferenceIds: ["other"], modelIds: ["plain"] }
      ])
    })
  )

  it.live("a dry run says the batches, and where their archives would go", () =>
    Effect.gen(function* () {
      const stdin = Array.from({ length: 1001 }, (_, index) => `asset_${index}`).join("\n")
      const selection = yield* Binary.run(["download", "-", "--dry-run", "-q", "--template", "<assetId>"], { stdin })
      assert.deepStrictEqual([selection.code, selection.stdout], [0, "batch 1: 1000 ids\nbatch 2: 1 id\n"])
      assert.match(selection.stderr, /^warning: The placeholder <assetId> is not documented[^]*\nwarning: The template/)

      const named = yield* Binary.run(["download", "asset_a", "--dry-run", "-o", "out", "--archive", "all.zip"])
      assert.deepStrictEqual([named.code, named.stdout], [0, "batch 1: 1 id: out/all.zip\n"])
    })
  )

  it.live("thousands of them are several batches, and several archives", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 40_000 } })
      const stdin = Array.from({ length: 2500 }, (_, index) => `asset_${index}`).join("\n")
      const { code, stderr, stdout } = yield* emulated.run(["download", "-", "-o", "out", "--archive", "all.zip"], {
        stdin
      })
      assert.strictEqual(code, 0, stderr)
      assert.match(stderr, /^Requesting 2500 ids from Scenario in 3 batches…\n/)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 3)
      const saved = stdout.trim().split("\n")
      assert.strictEqual(saved.length, 3)
      assert.deepStrictEqual(
        readdirSync(path.join(emulated.directory, "out")).toSorted(),
        saved.map((file) => path.basename(file)).toSorted()
      )
    })
  )
})

const invalid = (option: string, value: string, expected: string, kind: "flag" | "argument" = "flag") =>
  UsageMessage.of(new CliError.InvalidValue({ option, value, expected, kind }))

describe("UsageMessage", () => {
  it("says in one line what is wrong", () => {
    const messages = [
      UsageMessage.of(new CliError.UnrecognizedOption({ option: "--forse", suggestions: ["--force", "-f"] })),
      UsageMessage.of(new CliError.UnknownSubcommand({ subcommand: "wiat", suggestions: ["wait", "wart"] })),
      UsageMessage.of(new CliError.MissingOption({ option: "port" })),
      UsageMessage.of(new CliError.MissingArgument({ argument: "asset" })),
      UsageMessage.of(new CliError.UnexpectedArgument({ arguments: ["a", "b c"] })),
      invalid("deadline", "3 occurrences", "at most 1 value"),
      invalid("output", "", "DIR"),
      invalid("format", "", "gif | png"),
      invalid("format", "bmp", '"gif" | "png"'),
      invalid("json", "maybe", "Expected true | false"),
      invalid("deadline", "soon", '"soon" is not a duration'),
      invalid("job", "a/b", "Schema validation failed: Expected a JobId", "argument")
    ]
    assert.deepStrictEqual(messages, [
      "there is no flag --forse; did you mean --force?",
      'there is no command "wiat"; did you mean wait or wart?',
      "--port is missing",
      "<asset> is missing",
      'too many words: "a" "b c"',
      "--deadline is given 3 times; give it once",
      "--output has no value",
      "--format has no value; it takes gif, png",
      '--format: "bmp" is not one of gif, png',
      '--json: "maybe" is not one of true, false',
      '--deadline: "soon" is not a duration',
      '<job>: "a/b" is not accepted, expected a JobId'
    ])
  })
})
