/**
 * One run at a time uses something: a lock file names the run that does, the *holder*.
 *
 * A holder is known by a random token, never by the number of its process alone: another thread, or another copy of this package,
 * has the same number. Whether it is still there is told in this order:
 *
 * 1. Copies of this package on one thread share a list of the tokens they hold.
 * 2. A process of this system and this PID namespace is looked up, by its number and when it began. If it is gone, its lock
 *    is taken over.
 * 3. Of all others nothing is known by that: those in another container or on another machine, of an earlier start of the
 *    system, on another thread of this process, and, where the system tells no start times, those whose number some process
 *    has. But a holder touches its lock every few seconds. One that was not touched for a minute, by the clock of the file
 *    system, is taken over. The holder may have been suspended and may come back: {@link Lock.isCertain} is false then, and
 *    whoever has taken over leaves no file where the other would write it (see `OwnDirectory`).
 */
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { FileError } from "../FileError.ts"
import { Locked } from "./FileReason.ts"
import * as Files from "./Files.ts"
import * as Holder from "./Holder.ts"

/** A lock that is held. */
export interface Lock {
  readonly token: string
  /** Whether a holder before this one is gone for certain, or has let go. */
  readonly isCertain: boolean
  /** Fails where somebody has taken over. */
  readonly check: Effect.Effect<void, FileError>
}

/** How often a holder touches its lock. */
const interval = Duration.seconds(5)
/** A lock that was not touched for so long is that of nobody, unless its process is known to be there. In milliseconds. */
const limit = 60_000

/** Takes the lock for as long as the scope is open. One that is held is an error, which names `what` is locked. */
export const acquire = Effect.fnUntraced(function* (
  path: string,
  what: string
): Effect.fn.Return<Lock, FileError, Scope.Scope> {
  const holder = yield* Effect.acquireRelease(Effect.sync(Holder.make), (self) =>
    Effect.sync(() => Holder.forget(self))
  )
  const text = Holder.encode(holder)
  const isOwn = Effect.map(read(path), (found) => found === text)
  const isCertain = yield* Effect.acquireRelease(take(path, what, text), () =>
    Effect.ignore(Effect.flatMap(isOwn, (own) => (own ? Files.remove(path) : Effect.void)))
  )
  yield* beat(path, text)
  return {
    token: holder.token,
    isCertain,
    check: Effect.flatMap(read(path), (found) =>
      found === text ? Effect.void : Effect.fail(locked(path, what, Holder.decode(found ?? "")))
    )
  }
})

/**
 * Touches the lock as long as the scope is open. Its content is written once more, so that the file system tells the time, by
 * its own clock; a lock of whoever has taken over is left alone.
 */
const beat = (path: string, text: string) => {
  const touch = Effect.flatMap(Files.open(path, "r+"), (handle) =>
    Files.attempt("touch", path, async () => {
      if ((await handle.readFile({ encoding: "utf8" })) === text) await handle.write(text, 0)
    })
  ).pipe(Effect.scoped, Effect.ignore)
  return Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(interval), touch)))
}

const locked = (file: string, what: string, holder: Holder.Holder | undefined): FileError =>
  new FileError({
    operation: "download to",
    path: what,
    reason: new Locked(
      holder === undefined
        ? {}
        : { holder: { file, pid: holder.pid, ...(Holder.isOfThisSystem(holder) ? {} : { host: holder.host }) } }
    )
  })

/** What is told to whoever had something that somebody else has by now. */
export const taken = (what: string): FileError =>
  new FileError({ operation: "download to", path: what, reason: new Locked({}) })

/**
 * Several may find at once that a holder is gone. Only who has the lock to the next lock may look once more, and put it in
 * the place of the old one, which is there until then. That one may be of a holder that is gone as well: it is a lock like
 * any other, and nobody ever removes what may be somebody else's by now.
 */
const take: (path: string, what: string, text: string) => Effect.Effect<boolean, FileError> = Effect.fnUntraced(
  function* (path, what, text) {
    let isCertain = true
    while (!(yield* create(path, text))) {
      if ((yield* lookAt(path, what)) === "free") continue
      const next = `${path}.next`
      yield* take(next, what, text)
      const found = yield* Effect.onError(put(next, path, what), () => Effect.ignore(Files.remove(next)))
      if (found !== "free") isCertain &&= found === "gone"
      // Where there are no hard links, one that is slow to write its name may have been passed over.
      if (found !== "free" && (yield* read(path)) === text) return isCertain
    }
    return isCertain
  }
)

/** Puts the next lock in the place of one whose holder is gone; where that one is not there any more, it is not needed. */
const put = Effect.fnUntraced(function* (
  next: string,
  path: string,
  what: string
): Effect.fn.Return<"free" | "gone" | "silent", FileError> {
  const found = yield* lookAt(path, what)
  yield* found === "free"
    ? Files.remove(next)
    : Files.orMissing(Files.attempt("lock", path, () => Fs.rename(next, path)))
  return found
})

/** Makes a file that names this holder, and says whether there was none. */
const create = (path: string, text: string): Effect.Effect<boolean, FileError> =>
  Files.attempt("lock", path, () => make(path, text)).pipe(
    Effect.as(true),
    Effect.catch((error) => (error.reason._tag === "Exists" ? Effect.succeed(false) : Effect.fail(error)))
  )

/** A name beside a lock that nobody else has. */
const beside = (path: string): string => `${path}.${randomBytes(8).toString("hex")}`

/** It has its content from its first moment on: one that a killed run has left empty would name nobody. */
const make = async (path: string, text: string): Promise<void> => {
  const own = beside(path)
  try {
    await Fs.writeFile(own, text, { flag: "wx" })
    await Fs.link(own, path)
  } catch (cause) {
    if (Files.code(cause) === "EEXIST") throw cause
    await makeInPlace(path, text)
  } finally {
    await Fs.rm(own, { force: true }).catch(() => undefined)
  }
}

/** Some file systems have no hard links, such as FAT and exFAT. */
const makeInPlace = async (path: string, text: string): Promise<void> => {
  const handle = await Fs.open(path, "wx")
  try {
    await handle.writeFile(text)
  } catch (cause) {
    await Fs.rm(path, { force: true })
    throw cause
  } finally {
    await handle.close()
  }
}

/** How long an empty one may be in the making, where there are no hard links. */
const making = Duration.millis(100)

/** What a lock says. */
const read = Effect.fnUntraced(function* (path: string): Effect.fn.Return<string | undefined, FileError> {
  const text = yield* Files.readText(path)
  return text === "" ? yield* Effect.delay(Files.readText(path), making) : text
})

/**
 * `free`: there is no lock any more. `gone`: its holder is gone for certain; what names nobody is nobody's. `silent`: nothing is
 * known of its holder, which has not touched it for too long. An error where the holder is there, or may be.
 */
const lookAt = Effect.fnUntraced(function* (
  path: string,
  what: string
): Effect.fn.Return<"free" | "gone" | "silent", FileError> {
  const text = yield* read(path)
  if (text === undefined) return "free"
  const holder = Holder.decode(text)
  if (holder === undefined) return "gone"
  const standing = Holder.standing(holder)
  if (standing === "gone") return "gone"
  if (standing === "unknown" && (yield* silence(path)) > limit) return "silent"
  return yield* locked(path, what, holder)
})

/** For how many milliseconds a lock was not touched, by the clock of the file system; none where that cannot be told. */
const silence = (path: string): Effect.Effect<number, FileError> =>
  Files.attempt("look at", path, async () => {
    const own = beside(path)
    try {
      await Fs.writeFile(own, "", { flag: "wx" })
      const { mtimeMs: now } = await Fs.stat(own)
      // A network file system tells the truth of a file that is opened.
      const handle = await Fs.open(path, "r")
      try {
        return now - (await handle.stat()).mtimeMs
      } finally {
        await handle.close()
      }
    } finally {
      await Fs.rm(own, { force: true }).catch(() => undefined)
    }
  }).pipe(
    Effect.uninterruptible,
    Effect.orElseSucceed(() => 0)
  )
