/**
 * A directory of our own, beside a file or in a directory that a run writes to. All that a run needs for the time being is in it,
 * so that it takes one name, which no other program uses: `<target>.scenario-assets`. It is ours if a run has worked in it, or if
 * nothing is in it but locks and what systems leave anywhere, such as `.DS_Store`; anything else of that name is an error. What
 * is in it and has no name of ours is left as it is.
 *
 * - `lock` names the run that works there.
 * - `work-<token>` is where that run works. A later run takes it over by renaming it: whoever had it before, and comes back after
 *   it was suspended for so long that it was taken for gone, finds nothing under the paths it knows, and so can neither write
 *   to what is there nor give it a final name.
 *
 * Where something else than the lock keeps runs apart, there is none ({@link takeOver}).
 */
import { createHash, randomBytes } from "node:crypto"
import * as Fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { FileError } from "../FileError.ts"
import { NotOurs } from "./FileReason.ts"
import * as Files from "./Files.ts"
import * as Lock from "./Lock.ts"

export interface OwnDirectory {
  /** Where to work. What a run leaves there is found by the next one. */
  readonly path: string
  /** Whether nobody writes to a file that was found there: a run that was taken for gone may still have it open. */
  readonly isCertain: boolean
  /** Where the directory was taken over by another run, an error says so in place of what came of that. */
  readonly explain: (error: FileError) => Effect.Effect<never, FileError>
}

/** What the name of every such directory ends with. */
export const ending = ".scenario-assets"

const lockName = "lock"
const isWork = (name: string): boolean => /^work-[0-9a-f]{16}$/.test(name)
/** The lock, the lock to the next one, and locks in the making. */
const isLock = (name: string): boolean => /^lock(\.next)*(\.[0-9a-f]{16})?$/.test(name)

/** The shortest of all limits: that of eCryptfs. Others allow 255 bytes. */
const longestName = 143

/** The same name for a target each time, and another for each: what fits of it, and a digest of the whole. */
const shortened = (target: string): string => {
  const name = basename(target)
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 16)
  const room = longestName - Buffer.byteLength(`-${digest}${ending}`)
  let start = ""
  for (const character of name) {
    if (Buffer.byteLength(start + character) > room) break
    start += character
  }
  return join(dirname(target), `${start}-${digest}${ending}`)
}

/** Opens or makes the one beside a file. Where its name would be too long for the file system, it has a shorter one. */
export const openBeside = (target: string): Effect.Effect<OwnDirectory, FileError, Scope.Scope> =>
  Effect.catch(open(target + ending, target), (error) =>
    error.reason._tag === "System" && error.reason.code === "ENAMETOOLONG"
      ? open(shortened(target), target)
      : Effect.fail(error)
  )

/** Opens or makes it for as long as the scope is open; at the end it is removed, unless a run has left something. */
export const open = Effect.fnUntraced(function* (
  path: string,
  what: string
): Effect.fn.Return<OwnDirectory, FileError, Scope.Scope> {
  yield* Effect.addFinalizer(() => Effect.ignore(removeEmpty(path)))
  const lock = yield* enter(path, what)
  yield* look(path)
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.andThen(lock.check, removeLocks(path))))
  const work = join(path, `work-${lock.token}`)
  yield* Effect.acquireRelease(adopt(path, work), () => Effect.ignore(removeEmpty(work)))
  return {
    path: work,
    isCertain: lock.isCertain,
    explain: (error) =>
      error.reason._tag === "NotFound" ? Effect.andThen(lock.check, Effect.fail(error)) : Effect.fail(error)
  }
})

/**
 * Opens or makes it without a lock, for those whom a lease keeps apart: the last one to come has it. What others were working on is
 * removed, so that one that was taken for gone, and comes back, fails.
 */
export const takeOver = Effect.fnUntraced(function* (
  path: string,
  what: string
): Effect.fn.Return<OwnDirectory, FileError, Scope.Scope> {
  yield* Effect.addFinalizer(() => Effect.ignore(removeEmpty(path)))
  const work = join(path, `work-${randomBytes(8).toString("hex")}`)
  yield* makeWork(path, work)
  yield* Effect.addFinalizer(() => Effect.ignore(removeTree(work)))
  const others = (yield* namesIn(path)).filter((name) => isWork(name) && name !== basename(work))
  // Whoever works there finds nothing from one moment to the next, and not file by file.
  yield* Effect.forEach(
    others,
    (other) => {
      const old = join(work, other)
      const moved = Files.attempt("rename to", old, () => Fs.rename(join(path, other), old))
      return Effect.ignore(
        Effect.andThen(Effect.ignore(moved), Effect.andThen(removeTree(old), removeTree(join(path, other))))
      )
    },
    { discard: true }
  )
  const isTaken = Effect.map(Files.orMissing(Files.attempt("look at", work, () => Fs.lstat(work))), (stat) => !stat)
  return {
    path: work,
    isCertain: true,
    explain: (error) =>
      error.reason._tag === "NotFound"
        ? Effect.flatMap(isTaken, (taken) => Effect.fail(taken ? Lock.taken(what) : error))
        : Effect.fail(error)
  }
})

/** Whoever ends removes the directory around it, if it is empty at that moment. */
const makeWork: (path: string, work: string) => Effect.Effect<void, FileError> = Effect.fnUntraced(
  function* (path, work) {
    yield* make(path)
    yield* look(path)
    yield* Effect.catch(
      Files.attempt("make the directory", work, () => Fs.mkdir(work)),
      (error) => (error.reason._tag === "NotFound" ? makeWork(path, work) : Effect.fail(error))
    )
  }
)

const removeTree = (path: string): Effect.Effect<void, FileError> =>
  Files.attempt("remove", path, () => Fs.rm(path, { recursive: true, force: true }))

/** Another run may end, and remove it, before it is locked. */
const enter: (path: string, what: string) => Effect.Effect<Lock.Lock, FileError, Scope.Scope> = Effect.fnUntraced(
  function* (path, what) {
    yield* make(path)
    yield* look(path)
    return yield* Effect.catch(Lock.acquire(join(path, lockName), what), (error) =>
      error.reason._tag === "NotFound" ? enter(path, what) : Effect.fail(error)
    )
  }
)

const make = (path: string): Effect.Effect<void, FileError> =>
  Files.attempt("make the directory", path, () => Fs.mkdir(path)).pipe(
    Effect.catch((error) => (error.reason._tag === "Exists" ? Effect.void : Effect.fail(error))),
    Effect.uninterruptible
  )

/** Fails where it is not ours. A link is not: nobody knows what is where it leads. */
const look = Effect.fnUntraced(function* (path: string): Effect.fn.Return<void, FileError> {
  const stat = yield* Files.orMissing(Files.attempt("look at", path, () => Fs.lstat(path)))
  if (stat?.isDirectory() === false) return yield* notOurs(path)
  const names = yield* namesIn(path)
  const isOurs = names.some(isWork) || names.every((name) => isLock(name) || name.startsWith("."))
  if (!isOurs) return yield* notOurs(path)
})

const notOurs = (path: string) => new FileError({ operation: "work in", path, reason: new NotOurs() })

const namesIn = (path: string): Effect.Effect<ReadonlyArray<string>, FileError> =>
  Effect.map(Files.orMissing(Files.attempt("look at", path, () => Fs.readdir(path))), (names) => names ?? [])

/** Goes on where the last run has worked. */
const adopt = Effect.fnUntraced(function* (path: string, work: string): Effect.fn.Return<void, FileError> {
  const [found, ...others] = (yield* namesIn(path)).filter(isWork)
  for (const other of others) yield* removeTree(join(path, other))
  yield* found === undefined
    ? Files.attempt("make the directory", work, () => Fs.mkdir(work))
    : Effect.catch(
        Files.attempt("rename to", work, () => Fs.rename(join(path, found), work)),
        (error) =>
          error.reason._tag === "NotFound"
            ? Effect.fail(error)
            : Effect.mapError(moveAll(join(path, found), work), () => error)
      )
})

/** An overlay renames no directory of a layer below, but files it does. */
const moveAll = (from: string, to: string): Effect.Effect<void, FileError> =>
  Files.attempt("rename to", to, async () => {
    await Fs.mkdir(to)
    for (const name of await Fs.readdir(from)) await Fs.rename(join(from, name), join(to, name))
    await Fs.rmdir(from)
  })

/** What runs have left that were killed while they looked at the lock. */
const removeLocks = (path: string): Effect.Effect<void, FileError> =>
  Effect.flatMap(namesIn(path), (names) =>
    Effect.forEach(
      names.filter((name) => isLock(name) && name !== lockName),
      (name) => Files.remove(join(path, name)),
      { discard: true }
    )
  )

const removeEmpty = (path: string): Effect.Effect<void, FileError> =>
  Files.attempt("remove", path, () => Fs.rmdir(path))
