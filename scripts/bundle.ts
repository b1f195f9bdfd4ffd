/**
 * Bundles the command lines: a few JavaScript files without dependencies, so that they are installed and started quickly. What
 * each command does stays in files of its own, loaded when it runs. Beside them go the licences of what is bundled.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { type Plugin, rolldown } from "rolldown"

const root = fileURLToPath(new URL("..", import.meta.url))

if (import.meta.main) {
  await write(path.join(root, "packages/cli/dist"))
  await write(path.join(root, "packages/fleet/command"), "packages/fleet/src/command/bin.ts")
}

/** Writes the bundle of a program, by default of `scenario-assets`, to a directory. */
export async function write(directory: string, program = "packages/cli/src/bin.ts"): Promise<void> {
  const bundle = await rolldown({
    input: { bin: path.join(root, program) },
    platform: "node",
    plugins: [lazySegmenter()],
    // Whatever is not bundled would be missing where only this package is installed.
    onLog: (_level, log) => {
      throw new Error(log.message)
    }
  })
  const { output } = await bundle.write({
    dir: directory,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    comments: { legal: true, annotation: false, jsdoc: false }
  })
  await bundle.close()
  const modules = output.flatMap((file) => (file.type === "chunk" ? Object.keys(file.modules) : []))
  writeFileSync(path.join(directory, "THIRD-PARTY-LICENSES.txt"), licences(modules))
}

/**
 * effect/cli makes a segmenter of graphemes for help of its own, which is not shown here. To make one reads Unicode's tables,
 * 10 ms of every start; so it is made when it is used.
 */
function lazySegmenter(): Plugin {
  const eager = /= (?:\/\*#__PURE__\*\/)?new Intl\.Segmenter\(undefined, \{\s*granularity: "grapheme"\s*\}\);/
  const lazy = '= { segment: (text) => new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text) };'
  return {
    name: "lazy-segmenter",
    transform: {
      filter: { id: /\/effect\/dist\/cli\/CliOutput\.js$/ },
      handler: (code) => {
        if (!eager.test(code)) throw new Error("effect/cli/CliOutput has no segmenter any more: remove lazySegmenter")
        return code.replace(eager, lazy)
      }
    }
  }
}

/** The licence of each package that is not of this repository. */
function licences(modules: ReadonlyArray<string>): string {
  const directories = new Set(modules.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const packages = [...directories].map((directory) => {
    const { license, name, version } = JSON.parse(readFileSync(path.join(directory, "package.json"), "utf8"))
    const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name))
    const text = file === undefined ? undefined : readFileSync(path.join(directory, file), "utf8").trim()
    return { license, name: String(name), version, text, of: `${path.dirname(name)} ${license}` }
  })
  const texts = packages.map(({ license, name, of, text, version }) => {
    // Some packages of a scope leave it out, and others of the same have it.
    const found =
      text ?? (name.startsWith("@") ? packages.find((other) => other.of === of && other.text)?.text : undefined)
    if (found === undefined) throw new Error(`${name} has no licence file`)
    return `${name} ${version} (${license})\n\n${found}\n`
  })
  return ["The files of this directory hold parts of these packages.\n", ...texts.toSorted()].join(
    `\n${"-".repeat(80)}\n\n`
  )
}
