/** Which ids a command takes, and what it says of the others. */
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as CommandLines from "./support/CommandLines.ts"
import * as Emulated from "./support/Emulated.ts"

/** What must not be repeated, whatever it was given as. */
const secret = "hunter2hunter2"

const ids = {
  asset: "asset_a",
  inference: "inf_a",
  model: "model_a",
  job: "job_a",
  run: "run_261231_bakolu",
  project: "proj_a",
  unknown: "frog",
  assetPage: "https://app.scenario.com/assets?projectId=proj_a&openAssetId=asset_a",
  jobPage: "https://app.scenario.com/jobs/job_a",
  emptyPage: "https://app.scenario.com/assets",
  fullPage: "https://app.scenario.com/models/model_a?openAssetId=asset_a",
  otherPage: "https://example.com/asset_a",
  signedLink: `https://cdn.cloud.scenario.com/assets-transform/asset_a?format=png&Policy=x&Signature=${secret}`,
  amazonLink: `https://bucket.s3.amazonaws.com/job_a.zip?X-Amz-Signature=${secret}`,
  tokenLink: `https://app.scenario.com/models/model_a?token=${secret}`
} as const

/** The id is taken: what is missing are the credentials to ask for it. */
const taken = "taken"
/** It is looked for among the runs of this machine. */
const asRun = "as a run"

type Told = typeof taken | typeof asRun | RegExp

const noId = {
  emptyPage: /: the address "app\.scenario\.com\/assets" has no id in it; pass an id such as asset_…\n/,
  fullPage:
    /: the address "app\.scenario\.com\/models\/model_a" has several ids in it: model_a, asset_a; pass the one you mean\n/,
  otherPage: /: "example\.com\/asset_a" is not the address of a Scenario page; pass an id\n/,
  signedLink: /: a signed link is not an id, and grants access to whoever reads it; pass the id instead\n/,
  amazonLink: /: a signed link is not an id, /,
  tokenLink: /: a signed link is not an id, /,
  project: /: "proj_a" is the id of a project; pass it with --project\n/
}

const ofJobs = {
  ...noId,
  asset: /: "asset_a" is the id of an asset; try: scenario-assets download asset_a\n/,
  inference: /: "inf_a" is the id of an inference; try: scenario-assets download inf_a\n/,
  model: /: "model_a" is the id of a model; try: scenario-assets download model_a\n/,
  job: taken,
  run: asRun,
  unknown: taken,
  assetPage: /: "asset_a" is the id of an asset; try: /,
  jobPage: taken
} as const

const table: ReadonlyArray<readonly [command: string, { readonly [Kind in keyof typeof ids]: Told }]> = [
  [
    "download",
    {
      ...noId,
      asset: taken,
      inference: taken,
      model: taken,
      job: taken,
      run: asRun,
      unknown:
        /: "frog" does not begin with asset_, inf_, model_, job_ or run_; pass it with --asset, --inference, --model or --job, /,
      assetPage: taken,
      jobPage: taken
    }
  ],
  [
    "asset",
    {
      ...noId,
      asset: taken,
      inference: /: "inf_a" is the id of an inference; try: scenario-assets download inf_a\n/,
      model: /: "model_a" is the id of a model; try: scenario-assets download model_a\n/,
      job: /: "job_a" is the id of a job; try: scenario-assets download job_a\n/,
      run: /: "run_261231_bakolu" is the id of a run; try: scenario-assets download run_261231_bakolu\n/,
      unknown: taken,
      assetPage: taken,
      jobPage: /: "job_a" is the id of a job; try: /
    }
  ],
  ["list", ofJobs],
  ["status", ofJobs],
  ["wait", ofJobs]
]

const combinations: ReadonlyArray<readonly [words: ReadonlyArray<string>, says: RegExp]> = [
  [
    ["download", "job_a", "model_a"],
    /: jobs and other ids cannot be downloaded together; run a separate command for job_a\n/
  ],
  [
    ["download", "run_a", "model_a"],
    /: a run is given by itself, without other ids; run a separate command for run_a\n/
  ],
  [["download", "run_a", "run_b"], /: a run is given by itself/],
  [["status", "job_a", "run_a"], /: a run is given by itself/],
  [["download", "--model", ids.assetPage], /--model: this is the address of an asset \(asset_a\), not of a model\n/],
  [["download", "--job", ids.amazonLink], /--job: a signed link is not an id/],
  [
    ["download", "run_a", "-o", "x", "--force"],
    /: run_a keeps the settings it was started with; leave out --output and --force\n/
  ],
  [["download", "job_a", "--template", "<seed>"], /: --template is for new jobs, and job_a was started before; /],
  [["download", "job_a", "--detach"], /: --detach is for new jobs, and job_a was started before; /],
  [
    ["download", "model_a", "--detach", "--manifest", "-"],
    /: --detach ends before there are files to list on stdout; /
  ],
  [
    ["status", "run_a", "--base-url", "http://127.0.0.1:1"],
    /: run_a keeps the settings [^\n]*; leave out --base-url\n/
  ],
  [["wait", "run_a", "--project", "proj_a"], /: run_a keeps the settings [^\n]*; leave out --project\n/],
  [["list", "run_a", "--project", "proj_a"], /: run_a keeps the settings [^\n]*; leave out --project\n/]
]

/** Everywhere a word of the command line is repeated, something that must not be. */
const canaries: ReadonlyArray<ReadonlyArray<string>> = [
  ...["download", "asset", "list", "status", "wait"].flatMap((command) => [
    [command, `SCENARIO_API_SECRET=${secret}`],
    [command, `export SCENARIO_API_SECRET="${secret}"`],
    [command, `api_secret: ${secret}`],
    [command, `model_a?Signature=${secret}`],
    [command, `https://user:${secret}@app.scenario.com/model_a`],
    [command, "model_a", `--json=API_SECRET=${secret}`],
    [command, "model_a", `--api-secret=${secret}`],
    [command, "model_a", `-xSECRET=${secret}`]
  ]),
  ...["asset", "inference", "model", "job"].map((kind) => ["download", `--${kind}`, `API_SECRET=${secret}`]),
  ...["deadline", "limit-rate", "concurrency", "time-limit", "base-url", "project", "max-size", "retries"].flatMap(
    (flag) => [
      ["download", "model_a", `--${flag}`, `API_SECRET=${secret}`],
      ["download", "model_a", `--${flag}=https://host.test/a?token=${secret}`]
    ]
  ),
  ["download", "model_a", "--include", `a[ API_SECRET=${secret}`],
  ["download", "model_a", "--archive", `https://host.test/?Signature=${secret}/`],
  ["download", "--from-file", `API_SECRET=${secret}`],
  ["download", "--from-file", "env.txt"],
  ["asset", "--from-file", "env.txt"],
  ["extract", `API_SECRET=${secret}`],
  ["list", `./API_SECRET=${secret}`],
  ["asset", "asset_a", "--format", `API_SECRET=${secret}`],
  [`API_SECRET=${secret}`],
  ["runs", "resume", "run_a", `API_SECRET=${secret}`],
  ["runs", "resume", `API_SECRET=${secret}`],
  ["completions", `API_SECRET=${secret}`],
  ["emulate", "--fault", `API_SECRET=${secret}`],
  ["emulate", "--fault", `storage:API_SECRET=${secret}`],
  ["emulate", "--port", `API_SECRET=${secret}`],
  ["emulate", "--pace", `https://host.test/?sig=${secret}`]
]

describe.concurrent("what is not understood", () => {
  it.live("is repeated without what may be a secret in it", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      writeFileSync(path.join(cwd, "env.txt"), `SCENARIO_API_SECRET=${secret}\n`)
      const ended = yield* CommandLines.run(canaries, { cwd })
      for (const [index, words] of canaries.entries()) {
        const { code = 0, text = "" } = ended[index] ?? {}
        assert.notInclude(text, secret, words.join(" "))
        assert.oneOf(code, [2, 4, 6], `${words.join(" ")}: ${text}`)
      }
    })
  )
})

describe.concurrent("an id", () => {
  it.live("of each kind is taken by each command, or refused with the command that takes it", () =>
    Effect.gen(function* () {
      const all = table.flatMap(([command, row]) =>
        Object.entries(row).map(([kind, told]) => ({ command, told, words: [command, ids[kind as keyof typeof ids]] }))
      )
      const ended = yield* CommandLines.run(all.map(({ words }) => words))
      for (const [index, { command, told, words }] of all.entries()) {
        const { code = -1, text = "" } = ended[index] ?? {}
        const what = `${words.join(" ")}: ${code} ${text}`
        assert.notInclude(text, secret, what)
        if (told === taken) assert.match(what, /: 4 scenario-assets: No credentials/)
        else if (told === asRun) assert.match(what, /: 6 scenario-assets: There is no run "run_261231_bakolu"/)
        else {
          assert.strictEqual(code, 2, what)
          assert.match(text, told, what)
          assert.isTrue(text.endsWith(`\nSee 'scenario-assets ${command} --help'.\n`), what)
        }
      }
    })
  )

  it.live("does not go with everything", () =>
    Effect.gen(function* () {
      const ended = yield* CommandLines.run(combinations.map(([words]) => words))
      for (const [index, [words, says]] of combinations.entries()) {
        const { code, text = "" } = ended[index] ?? {}
        assert.strictEqual(code, 2, `${words.join(" ")}: ${text}`)
        assert.match(text, says)
        assert.notInclude(text, secret)
      }
    })
  )

  it.live("of a job or a run names it in list, also where a file has that name, unless it is written as a path", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const file = path.join(emulated.directory, jobId)
      writeFileSync(file, yield* emulated.archive(jobId))
      const job = yield* emulated.run(["list", jobId, "--json"])
      assert.strictEqual(Binary.lastLine(job.stdout)["jobId"], jobId, job.stderr)
      const asPath = yield* emulated.run(["list", `./${jobId}`, "--json"])
      assert.strictEqual(Binary.lastLine(asPath.stdout)["file"], `./${jobId}`, asPath.stderr)
    })
  )
})

describe.concurrent("jobs and runs", () => {
  const begin = Effect.fnUntraced(function* (emulated: Emulated.Emulated) {
    const jobs = [yield* emulated.begin("model_a"), yield* emulated.begin("model_b")]
    const [first = "", second = ""] = jobs.toSorted()
    return [first, second] as const
  })
  const make = Emulated.make({ catalogue: { anyId: true } })

  it.live("several jobs are looked at together, in the same order whatever the order they are given in", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const [first, second] = yield* begin(emulated)
      const status = yield* emulated.run(["status", second, first])
      assert.strictEqual(status.stdout.trim().split("\n").toSorted().join(), `${first}: success,${second}: success`)
      const list = yield* emulated.run(["list", second, first])
      assert.match(list.stdout, new RegExp(`^job ${first}:\n *\\d+  [^]+\njob ${second}:\n`))
    })
  )

  it.live("several jobs are downloaded together", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const { code, stderr } = yield* emulated.run(["download", ...(yield* begin(emulated)), "-o", "jobs"])
      assert.strictEqual(code, 0, stderr)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 2, "none is started")
    })
  )

  it.live.each([["status"], ["wait"], ["list"]])("%s of a run is that of its jobs, from any directory", ([command]) =>
    Effect.gen(function* () {
      const emulated = yield* make
      const runId = (yield* emulated.run(["download", "model_a", "--detach"])).stdout.trim()
      const { code, stderr, stdout } = yield* emulated.run([command ?? "", runId, "--json"], {
        cwd: TestDirectory.make()
      })
      assert.strictEqual(code, 0, stderr)
      const { archives, jobs = archives, runId: named } = Binary.lastLine(stdout)
      assert.strictEqual(named, runId)
      assert.lengthOf(jobs as ReadonlyArray<unknown>, 1)
    })
  )

  it.live("download of a run resumes it, from any directory", () =>
    Effect.gen(function* () {
      const emulated = yield* make
      const runId = (yield* emulated.run(["download", "model_a", "-o", "out", "--detach"])).stdout.trim()
      const resumed = yield* emulated.run(["download", runId, "--connections", "2"], { cwd: TestDirectory.make() })
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.include(resumed.stdout, path.join(emulated.directory, "out"))
      assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
    })
  )
})

describe.concurrent("a file that is read", () => {
  it.live("is not replaced by the manifest, or by an archive, whatever it is called", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      const list = "asset_a\n"
      writeFileSync(path.join(cwd, "ids.txt"), list)
      symlinkSync("ids.txt", path.join(cwd, "link.txt"))
      linkSync(path.join(cwd, "ids.txt"), path.join(cwd, "hard.txt"))
      mkdirSync(path.join(cwd, "dir"))
      const outputs = [
        ["--manifest", "ids.txt"],
        ["--manifest", "dir/../ids.txt"],
        ["--manifest", "link.txt"],
        ["--manifest", "hard.txt"],
        ["--archive", "ids.txt", "--force"]
      ]
      const lines = [
        ...outputs.map((output) => ["download", "--from-file", "ids.txt", ...output, "--dry-run"]),
        ["extract", "ids.txt", "--manifest", "link.txt"]
      ]
      const ended = yield* CommandLines.run(lines, { cwd })
      assert.lengthOf(ended, lines.length)
      for (const { code, text } of ended) {
        assert.strictEqual(code, 2, text)
        assert.match(
          text,
          /: --(?:manifest|archive) would replace "[^"]+", which this command reads; pass another name\n/
        )
      }
      assert.strictEqual(readFileSync(path.join(cwd, "ids.txt"), "utf8"), list)
    })
  )
})
