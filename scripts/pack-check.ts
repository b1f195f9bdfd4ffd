/**
 * Packs the packages as they would be published, examines each tarball, then installs them into empty projects, the
 * libraries into one and the command line into another, and uses them from there. Run by `pnpm pack:check`, after a build.
 */
import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { createInterface } from "node:readline"
import { crc32 } from "node:zlib"

const directory = mkdtempSync(path.join(tmpdir(), "scenario-assets-pack-"))
try {
  const [core, node, s3, cli, fleet] = ["core", "node", "s3", "cli", "fleet"].map((owner) => {
    const tarball = pack(owner)
    examine(owner, tarball)
    return tarball
  })
  consumeLibraries([core, node, s3, fleet].map(String))
  await consumeCommand(String(cli))
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Runs a tool and gives what it prints; a failure shows all of its output. */
function run(command: string, args: ReadonlyArray<string>, cwd = process.cwd(), env = {}): string {
  try {
    return execFileSync(command, args, { cwd, env: { ...process.env, ...env }, encoding: "utf8", stdio: "pipe" })
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error([`${command} ${args.join(" ")} failed`, stdout, stderr].join("\n"), { cause: error })
  }
}

function pack(owner: string): string {
  const printed = run("pnpm", ["pack", "--json", "--pack-destination", directory], path.resolve("packages", owner))
  const { filename }: { readonly filename: string } = JSON.parse(printed)
  return filename
}

function examine(owner: string, tarball: string): void {
  const source = JSON.parse(readFileSync(`packages/${owner}/package.json`, "utf8"))
  const text = run("tar", ["-xOzf", tarball, "package/package.json"])
  const packed = JSON.parse(text)
  const files = run("tar", ["-tzf", tarball])
    .trim()
    .split("\n")
    .map((file) => file.replace("package/", "./"))

  assert.doesNotMatch(text, /"(workspace|catalog):/, `${owner}: a workspace or catalog reference was packed`)
  assert.deepEqual(packed.exports, source.publishConfig.exports, `${owner}: publishConfig.exports had no effect`)
  assert.deepEqual(packed.bin, source.publishConfig.bin, `${owner}: publishConfig.bin had no effect`)
  if (owner === "cli") assert.equal(packed.dependencies, undefined, "cli: what it depends on is not bundled")
  for (const [name, range] of Object.entries({ ...packed.dependencies, ...packed.peerDependencies })) {
    assert.match(String(range), /^\^\d/, `${owner}: ${name} is not a range`)
  }
  const programs = Object.values<string>(packed.bin ?? {})
  const modules = Object.values<string | null>(packed.exports)
    .filter((target) => target !== null)
    .filter((target) => target.endsWith(".js") && !target.includes("*"))
  const beside = [
    ...programs.map((program) => `./${path.posix.join(path.dirname(program), "THIRD-PARTY-LICENSES.txt")}`),
    ...modules.map((module) => module.replace(/\.js$/, ".d.ts"))
  ]
  for (const file of ["./LICENSE", "./README.md", ...programs, ...modules, ...beside]) {
    assert.ok(files.includes(file), `${owner}: ${file} is not packed`)
  }
  const always = /^\.\/(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/
  const code = owner === "cli" ? /^\.\/dist\/[^/]+\.(js|txt)$/ : /^\.\/(dist|src|command)\//
  const stray = files.filter((file) => !always.test(file) && !code.test(file))
  assert.deepEqual(stray, [], `${owner}: stray files are packed`)

  run("publint", [tarball, "--strict"])
  if (packed.exports["."] !== undefined) run("attw", [tarball, "--profile", "esm-only"])
  console.log(`pack:check: ${path.basename(tarball)} holds ${files.length} files and is well-formed`)
}

/** The project of somebody who has installed some packages, and nothing else of this repository. */
function install(name: string, tarballs: ReadonlyArray<string>): string {
  const project = path.join(directory, name)
  mkdirSync(project)
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ private: true, type: "module" }))
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs], project)
  return project
}

function consumeLibraries(tarballs: ReadonlyArray<string>): void {
  const project = install("libraries", tarballs)
  const program = [
    'import * as core from "@scenario-assets/core"',
    'import * as asset from "@scenario-assets/core/Asset"',
    'import * as testing from "@scenario-assets/core/testing"',
    'import * as transfer from "@scenario-assets/core/transfer/Transfer"',
    'import * as node from "@scenario-assets/node"',
    'import * as extraction from "@scenario-assets/node/extraction/Extraction"',
    'import * as nodeTesting from "@scenario-assets/node/testing"',
    'import * as s3 from "@scenario-assets/s3"',
    'import * as fleet from "@scenario-assets/fleet"',
    "for (const module of [core, asset, testing, transfer, node, extraction, nodeTesting, s3, fleet]) if (Object.keys(module).length === 0) throw new Error('empty module')"
  ]
  writeFileSync(path.join(project, "program.ts"), program.join("\n"))
  run(process.execPath, ["program.ts"], project)
  const strict = ["--noEmit", "--strict", "--module", "NodeNext", "--target", "ES2023", "--types", "", "program.ts"]
  run("tsc", strict, project)
  const workers = path.join(project, "node_modules/.bin/scenario-assets-fleet")
  assert.match(run(workers, ["--version"], project), /^\d+\.\d+\.\d+\n$/)
  assert.match(run(workers, ["work", "--help"], project), /--slots/)
  // It is looked for when everything is loaded.
  assert.throws(
    () => run(workers, ["work", "--database", "postgres://nobody@127.0.0.1:1/none"], project),
    /No credentials/
  )
  console.log("pack:check: the libraries are installed, imported and type-checked, and workers can be started")
}

/** The command alone, with a download that is large enough for threads. */
async function consumeCommand(tarball: string): Promise<void> {
  const project = install("command", [tarball])
  const command = path.join(project, "node_modules/.bin/scenario-assets")
  const version = run(command, ["--version"], project).trim()
  const expected = JSON.parse(readFileSync("packages/cli/package.json", "utf8")).version
  assert.equal(version, expected, "scenario-assets --version")
  assert.match(run(command, ["--help"], project), /\nCommands:\n/)
  assert.match(run(command, ["completions", "bash"], project), /\ncomplete -F /)

  const entries = 600
  const made = ["--port", "0", "--pace", "10ms", "--archive-size", "40MiB", "--archive-entries", String(entries)]
  const emulator = spawn(command, ["emulate", "--json", "--quiet", ...made], { stdio: ["ignore", "pipe", "inherit"] })
  try {
    const { value } = await createInterface(emulator.stdout)[Symbol.asyncIterator]().next()
    const { apiKey, apiSecret, apiUrl, models } = JSON.parse(String(value))
    const env = {
      SCENARIO_BASE_URL: apiUrl,
      SCENARIO_API_KEY: apiKey,
      SCENARIO_API_SECRET: apiSecret,
      // Its runs are not those of the person.
      XDG_STATE_HOME: path.join(project, "state")
    }
    const files = run(command, ["download", models[0], "--output", "files", "--manifest", "-"], project, env)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    assert.equal(files.length, entries)
    for (const file of files) {
      const content = readFileSync(path.join(project, "files", file.path))
      assert.deepEqual([content.length, crc32(content)], [file.size, Number.parseInt(file.crc32, 16)], file.path)
    }
  } finally {
    emulator.kill()
  }
  console.log(`pack:check: the command is installed, says "${version}", and has extracted ${entries} files on threads`)
}
