/** The names of the system's errors. libuv knows only some of them, and calls the others `Unknown system error -122`. */
import { constants } from "node:os"
import * as Predicate from "effect/Predicate"

/** Those of Linux that Node has no name for either. */
const ofLinux: Readonly<Record<string, number>> = {
  EUCLEAN: 117,
  EREMOTEIO: 121,
  ENOMEDIUM: 123,
  EMEDIUMTYPE: 124,
  ENOKEY: 126,
  EHOSTDOWN: 112
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries({ ...(process.platform === "linux" ? ofLinux : {}), ...constants.errno })
    .toReversed()
    .map(([name, number]) => [number, name])
)

/** `ENOTSUP` on some systems, `EOPNOTSUPP` on others, for the same number. */
const aliases: Readonly<Record<string, string>> = { EOPNOTSUPP: "ENOTSUP", EWOULDBLOCK: "EAGAIN" }

/** The name of a code, also of one that libuv does not know. */
export const named = (code: string): string => {
  const number = /^Unknown system error -?(\d+)$/.exec(code)?.[1]
  const name = number === undefined ? code : (names.get(Number(number)) ?? code)
  return aliases[name] ?? name
}

/** The name of what the system, or `node:fs`, has said. */
export const of = (cause: unknown): string | undefined => {
  if (!Predicate.hasProperty(cause, "code") || typeof cause.code !== "string") return undefined
  return Predicate.hasProperty(cause, "errno") && cause.code === "UNKNOWN"
    ? named(`Unknown system error ${String(cause.errno)}`)
    : named(cause.code)
}

/** What a file system says that cannot sync: network shares on macOS, and some of FUSE. */
const unsyncable: ReadonlySet<string> = new Set(["ENOTSUP", "EINVAL", "ENOSYS", "ENOTTY", "EBADF"])

/** Whether a failed sync says only that there is no such thing here. */
export const isUnsyncable = (code: string): boolean => unsyncable.has(code)
