/**
 * Packs the three packages as they would be published, examines each tarball, then installs all three into an empty
 * project and uses them from there. Run by `pnpm pack:check`, after a build.
 */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

const directory = mkdtempSync(path.join(tmpdir(), "scenario-assets-pack-"))
try {
  const tarballs = ["core", "node", "cli"].map((owner) => {
    const tarball = pack(owner)
    examine(owner, tarball)
    return tarball
  })
  consume(tarballs)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Runs a tool and gives what it prints; a failure shows all of its output. */
function run(command: string, args: ReadonlyArray<string>, cwd = process.cwd()): string {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" })
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
  for (const [name, range] of Object.entries({ ...packed.dependencies, ...packed.peerDependencies })) {
    assert.match(String(range), /^\^\d/, `${owner}: ${name} is not a range`)
  }
  const targets = Object.values<string | null>({ ...packed.exports, ...packed.bin })
    .filter((target) => target !== null)
    .filter((target) => target.endsWith(".js") && !target.includes("*"))
  const types = targets.map((target) => target.replace(/\.js$/, ".d.ts"))
  for (const file of ["./LICENSE", "./README.md", ...targets, ...types]) {
    assert.ok(files.includes(file), `${owner}: ${file} is not packed`)
  }
  const stray = files.filter(
    (file) => !/^\.\/(LICENSE|README\.md|CHANGELOG\.md|package\.json|(dist|src)\/.*)$/.test(file)
  )
  assert.deepEqual(stray, [], `${owner}: stray files are packed`)

  run("publint", [tarball, "--strict"])
  if (packed.exports["."] !== undefined) run("attw", [tarball, "--profile", "esm-only"])
  console.log(`pack:check: ${path.basename(tarball)} holds ${files.length} files and is well-formed`)
}

/** The project of somebody who has installed the packages, and nothing else of this repository. */
function consume(tarballs: ReadonlyArray<string>): void {
  const project = path.join(directory, "project")
  mkdirSync(project)
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ private: true, type: "module" }))
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs], project)

  const program = [
    'import * as core from "@scenario-assets/core"',
    'import * as asset from "@scenario-assets/core/Asset"',
    'import * as testing from "@scenario-assets/core/testing"',
    'import * as node from "@scenario-assets/node"',
    "for (const module of [core, asset, testing, node]) if (Object.keys(module).length === 0) throw new Error('empty module')"
  ]
  writeFileSync(path.join(project, "program.ts"), program.join("\n"))
  run(process.execPath, ["program.ts"], project)
  const strict = ["--noEmit", "--strict", "--module", "NodeNext", "--target", "ES2023", "--types", "", "program.ts"]
  run("tsc", strict, project)

  const version = run(path.join(project, "node_modules/.bin/scenario-assets"), ["--version"], project).trim()
  const expected = JSON.parse(readFileSync("packages/cli/package.json", "utf8")).version
  assert.ok(version.endsWith(expected), `scenario-assets --version says "${version}", not ${expected}`)
  console.log(`pack:check: installed, imported and type-checked; the command says "${version}"`)
}
