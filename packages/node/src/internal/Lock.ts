import * as Fs from "node:fs/promises"
import { hostname } from "node:os"
import { basename, dirname, join } from "node:path"
/** One run at a time writes to a target: `<target>.part.lock` names the process that does. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { FileError } from "../FileError.ts"
import * as Files from "./Files.ts"

/**
 * Takes the lock for as long as the scope is open. One whose process is gone is taken over; a living one is an error, which
 * names `what` is locked.
 */
export const acquire = (target: string, what = target): Effect.Effect<void, FileError, Scope.Scope> =>
  Effect.gen(function* () {
    const path = `${target}.part.lock`
    const own = yield* key(path)
    yield* Effect.acquireRelease(hold(own, what), () => Effect.sync(() => held.delete(own)))
    yield* Effect.acquireRelease(take(path, what), () => Effect.ignore(Files.remove(path)))
  })

/** Those of this process. The file of one that is not among them, and names it, is of a killed one that had its number. */
const held = new Set<string>()

const hold = (own: string, target: string): Effect.Effect<void, FileError> =>
  Effect.suspend(() => {
    if (held.has(own)) return locked(target)
    held.add(own)
    return Effect.void
  })

/** The same for all paths that lead to a lock. */
const key = (path: string): Effect.Effect<string, FileError> =>
  Files.attempt("lock", path, async () => join(await Fs.realpath(dirname(path)), basename(path)))

const locked = (path: string) => Effect.fail(new FileError({ operation: "download to", path, code: "ELOCKED" }))

const me = `${hostname()} ${process.pid}`

const take = (path: string, target: string): Effect.Effect<void, FileError> =>
  Files.attempt("lock", path, () => Fs.writeFile(path, me, { flag: "wx", mode: 0o600 })).pipe(
    Effect.catch((error) => (error.code === "EEXIST" ? takeOver(path, target) : Effect.fail(error)))
  )

const takeOver = Effect.fnUntraced(function* (path: string, target: string): Effect.fn.Return<void, FileError> {
  const holder = yield* Files.readText(path)
  if (holder !== undefined && holder !== me && isAlive(holder)) return yield* locked(target)
  // Of several that find it at once only one can move it away.
  const moved = `${path}.${process.pid}`
  yield* Files.orMissing(Files.attempt("unlock", path, () => Fs.rename(path, moved)))
  yield* Files.remove(moved)
  return yield* take(path, target)
})

/** Of another machine nothing is known: its lock is left alone. */
const isAlive = (holder: string): boolean => {
  const [host, pid] = holder.split(" ")
  if (host !== hostname()) return true
  try {
    return process.kill(Number(pid), 0)
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}
