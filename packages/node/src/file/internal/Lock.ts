/** One run at a time writes to a target: `<target>.part.lock` names the process that does. */
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs/promises"
import { hostname } from "node:os"
import { resolve } from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { FileError } from "../FileError.ts"
import * as Files from "./Files.ts"
import * as ProcessId from "./ProcessId.ts"

/**
 * Takes the lock for as long as the scope is open. One whose process is gone is taken over; a living one is an error, which
 * names `what` is locked.
 */
export const acquire = (target: string, what = target): Effect.Effect<void, FileError, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(enter(fileOf(target), what), release))

/** The file that is there meanwhile. */
export const fileOf = (target: string): string => `${target}.part.lock`

/** Its name, as one word. */
const machine = (): string => hostname().replace(/[\s\p{C}]/gu, "_") || "_"
/** The machine, the number of the process, and when it began, where the system tells. */
const me = (): string => {
  const { pid, startTime } = ProcessId.own()
  return [machine(), pid, ...(startTime === undefined ? [] : [startTime])].join(" ")
}
/** Those of this process. In a container every run may have the same number, so that says nothing. */
const held = new Set<string>()

const enter = (path: string, target: string): Effect.Effect<string, FileError> =>
  Effect.suspend(() => {
    if (held.has(resolve(path))) return Effect.fail(locked(target, { file: path, pid: process.pid }))
    held.add(resolve(path))
    return Effect.onError(Effect.as(take(path, target), path), () => Effect.sync(() => held.delete(resolve(path))))
  })

const release = (path: string): Effect.Effect<void> =>
  Effect.ensuring(
    Effect.ignore(Files.remove(path)),
    Effect.sync(() => held.delete(resolve(path)))
  )

const locked = (target: string, holder: FileError["holder"] & {}) =>
  new FileError({ operation: "download to", path: target, code: "ELOCKED", holder })

/**
 * Several may find at once that a process is gone. Only who has the lock to the next lock may look once more, and put it in
 * the place of the old one, which is there until then. That one may be of a process that is gone as well: it is a lock like
 * any other, and nobody ever removes what may be somebody else's by now.
 */
const take: (path: string, target: string) => Effect.Effect<void, FileError> = Effect.fnUntraced(
  function* (path, target) {
    while (!(yield* create(path))) {
      if (!(yield* isAbandoned(path, target))) continue
      const next = `${path}.next`
      yield* take(next, target)
      const isPut = yield* Effect.onError(put(next, path, target), () => Effect.ignore(Files.remove(next)))
      // Where there are no hard links, one that is slow to write its name may have been passed over.
      if (isPut && (yield* read(path)) === me()) return
    }
  }
)

/** Puts the next lock in the place of one whose process is gone; where that one is not there any more, it is not needed. */
const put = Effect.fnUntraced(function* (
  next: string,
  path: string,
  target: string
): Effect.fn.Return<boolean, FileError> {
  const isNeeded = yield* isAbandoned(path, target)
  yield* isNeeded ? Files.orMissing(Files.attempt("lock", path, () => Fs.rename(next, path))) : Files.remove(next)
  return isNeeded
})

/** Makes a file that names this process, and says whether there was none. */
const create = (path: string): Effect.Effect<boolean, FileError> =>
  Files.attempt("lock", path, () => make(path)).pipe(
    Effect.as(true),
    Effect.catch((error) => (error.code === "EEXIST" ? Effect.succeed(false) : Effect.fail(error)))
  )

/** It has its content from its first moment on: one that a killed run has left empty would name nobody. */
const make = async (path: string): Promise<void> => {
  const own = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`
  try {
    await Fs.writeFile(own, me(), { flag: "wx", mode: 0o600 })
    await Fs.link(own, path)
  } catch (cause) {
    if (Files.code(cause) === "EEXIST") throw cause
    await makeInPlace(path)
  } finally {
    await Fs.rm(own, { force: true }).catch(() => undefined)
  }
}

/** Some file systems have no hard links, such as FAT and exFAT. */
const makeInPlace = async (path: string): Promise<void> => {
  const handle = await Fs.open(path, "wx", 0o600)
  try {
    await handle.writeFile(me())
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
 * Whether it is there though its process is gone; an error where that one is alive. Of another machine nothing is known: its
 * lock is left alone. What names no process is nobody's.
 */
const isAbandoned = Effect.fnUntraced(function* (file: string, target: string): Effect.fn.Return<boolean, FileError> {
  const text = yield* read(file)
  if (text === undefined) return false
  const [, host, number, startTime] = /^([^\s\p{C}]+) (\d+)(?: (\d+))?$/u.exec(text) ?? []
  if (host === undefined) return true
  const pid = Number(number)
  if (host !== machine()) return yield* locked(target, { file, pid, host })
  const isAlive = ProcessId.isAlive({ pid, ...(startTime === undefined ? {} : { startTime: Number(startTime) }) })
  return isAlive ? yield* locked(target, { file, pid }) : true
})
