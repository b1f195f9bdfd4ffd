import * as Fs from "node:fs/promises"
import { hostname } from "node:os"
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
  Effect.asVoid(Effect.acquireRelease(take(`${target}.part.lock`, what), (path) => Effect.ignore(Files.remove(path))))

const me = `${hostname()} ${process.pid}`

const take = (path: string, target: string): Effect.Effect<string, FileError> =>
  Files.attempt("lock", path, () => Fs.writeFile(path, me, { flag: "wx", mode: 0o600 })).pipe(
    Effect.as(path),
    Effect.catch((error) => (error.code === "EEXIST" ? takeOver(path, target) : Effect.fail(error)))
  )

const takeOver = Effect.fnUntraced(function* (path: string, target: string): Effect.fn.Return<string, FileError> {
  const holder = yield* Files.readText(path)
  if (holder !== undefined && isAlive(holder)) {
    return yield* new FileError({ operation: "download to", path: target, code: "ELOCKED" })
  }
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
