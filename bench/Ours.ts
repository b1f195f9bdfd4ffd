/**
 * How our own programs are run: as they are published, that is, built to JavaScript. To strip the types of the sources
 * would cost each start some 200 ms that nobody pays who has installed the packages.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { BenchError } from "./BenchError.ts"
import * as Process from "./Process.ts"

export interface Ours {
  readonly how: string
  /** A script of `workers/`. */
  readonly worker: (name: string, args: ReadonlyArray<string>) => Process.Command
  /** The command line. */
  readonly binary: (args: ReadonlyArray<string>) => Process.Command
  /** That of a fleet. */
  readonly fleet: (args: ReadonlyArray<string>) => Process.Command
}

const root = fileURLToPath(new URL("..", import.meta.url))
const workerFile = (name: string) => path.join(root, "bench/workers", `${name}.ts`)

/** Straight from the sources. */
export const fromSources: Ours = {
  how: "from the sources, with their types stripped at each start",
  worker: (name, args) => ({ file: process.execPath, args: [workerFile(name), ...args] }),
  binary: (args) => ({ file: process.execPath, args: [path.join(root, "packages/cli/src/bin.ts"), ...args] }),
  fleet: (args) => ({ file: process.execPath, args: [path.join(root, "packages/fleet/src/command/bin.ts"), ...args] })
}

/**
 * Builds the packages as a release does. The command line is a bundle; the libraries resolve to sources in this repository:
 * a hook leads to the build.
 */
export const built = Effect.fnUntraced(function* (directory: string): Effect.fn.Return<Ours, BenchError> {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc")
  const bundle = path.join(root, "scripts/bundle.ts")
  yield* Process.run({ file: process.execPath, args: [tsc, "-b", path.join(root, "packages/cli")] }).pipe(
    Effect.andThen(Process.run({ file: process.execPath, args: [bundle] })),
    Effect.mapError(
      ({ message }) => new BenchError({ message: `${message}\n\nThe build failed. --sources measures without it.` })
    )
  )
  const hook = path.join(directory, "built.mjs")
  yield* Effect.sync(() => writeFileSync(hook, hookSource()))
  const node = (args: ReadonlyArray<string>) => ({ file: process.execPath, args })
  return {
    how: "as published (built to JavaScript)",
    worker: (name, args) => node([`--import=${pathToFileURL(hook).href}`, workerFile(name), ...args]),
    binary: (args) => node([path.join(root, "packages/cli/dist/bin.js"), ...args]),
    fleet: (args) => node([path.join(root, "packages/fleet/command/bin.js"), ...args])
  }
})

/** Leads from `src/*.ts` to `dist/*.js`, and gives the workers without their types. */
const hookSource = (): string => {
  const files = ["download", "extract", "getStatus", "undici"]
    .map(workerFile)
    .concat(path.join(root, "bench/Server.ts"))
  const sources = files.map((file) => [pathToFileURL(file).href, stripTypeScriptTypes(readFileSync(file, "utf8"))])
  return `
import { registerHooks } from "node:module"
const sources = new Map(${JSON.stringify(sources)})
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    const url = found.url.replace(/\\/packages\\/(core|node)\\/src\\/(.+)\\.ts$/, "/packages/$1/dist/$2.js")
    return url === found.url ? found : { ...found, url, format: "module" }
  },
  load(url, context, next) {
    const source = sources.get(url)
    return source === undefined ? next(url, context) : { source, format: "module", shortCircuit: true }
  }
})
`
}
