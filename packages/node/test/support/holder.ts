/**
 * A program that takes a lock, says so, and holds it until it is killed: as a process, or as a thread of one. With `copy`, it
 * then asks a second copy of the module for the same lock, and says how that ends.
 */
import { registerHooks } from "node:module"
import { isMainThread, parentPort, workerData } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as Lock from "../../src/file/internal/Lock.ts"

const words: ReadonlyArray<string> = isMainThread ? process.argv.slice(2) : workerData
const [path = "", what] = words
const say = (word: string): void => (isMainThread ? console.log(word) : parentPort?.postMessage(word))

/** A copy is one of all modules that it needs. */
const mark = "?copy"
registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    const isOfCopy = specifier.startsWith(".") && context.parentURL?.endsWith(mark) === true
    return isOfCopy ? { ...found, url: found.url + mark } : found
  }
})

const attempt = (lock: typeof Lock) =>
  lock
    .acquire(path, path)
    .pipe(Effect.scoped, Effect.match({ onFailure: ({ reason }) => reason._tag, onSuccess: () => "taken" }))

await Effect.runPromise(
  Effect.gen(function* () {
    if (what === "try") return say(yield* attempt(Lock))
    yield* Lock.acquire(path, path)
    if (what === "copy") {
      const name = `../../src/file/internal/Lock.ts${mark}`
      const copy: typeof Lock = yield* Effect.promise(() => import(name))
      return say(copy === Lock ? "the same" : yield* attempt(copy))
    }
    say("held")
    return yield* Effect.never
  }).pipe(Effect.scoped)
)
