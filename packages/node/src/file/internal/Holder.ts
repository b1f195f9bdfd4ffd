/** Who holds a lock, as it is written into it. */
import { randomBytes } from "node:crypto"
import { hostname } from "node:os"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Boot from "./Boot.ts"
import * as ProcessId from "./ProcessId.ts"

export const Holder = Schema.Struct({
  host: Schema.String,
  pid: Schema.Int,
  startTime: Schema.optionalKey(Schema.Int),
  namespace: Schema.optionalKey(Schema.String),
  /** Which start of the system it is of, where the system tells. */
  boot: Schema.optionalKey(Schema.String),
  /** Random: no other holder has it. */
  token: Schema.String
})
export type Holder = typeof Holder.Type

const Text = Schema.fromJsonString(Holder)
export const encode = Schema.encodeSync(Text)
const decodeText = Schema.decodeUnknownOption(Text)

/** None of what names nobody. */
export const decode = (text: string): Holder | undefined => Option.getOrUndefined(decodeText(text))

/** The tokens of all copies of this package on this thread, of whatever version. */
const held: Set<unknown> = (() => {
  const key = Symbol.for("@scenario-assets/node/file/Lock")
  const found: unknown = Reflect.get(globalThis, key)
  if (found instanceof Set) return found
  const made = new Set<unknown>()
  Reflect.set(globalThis, key, made)
  return made
})()

/** A new one, of this process, until it is forgotten. */
export const make = (): Holder => {
  const token = randomBytes(8).toString("hex")
  held.add(token)
  return { host: hostname(), ...ProcessId.own(), ...(Boot.system === undefined ? {} : { boot: Boot.system }), token }
}

export const forget = ({ token }: Holder): void => void held.delete(token)

/** Whether its process can be looked up. Two machines may have one name, and so may two containers. */
export const isOfThisSystem = ({ boot, host, namespace }: Holder): boolean =>
  host === hostname() && boot === Boot.system && ProcessId.isOwnNamespace(namespace)

/** Whether it is there. Of other systems, and of other threads, nothing is known. */
export const standing = (holder: Holder): "there" | "gone" | "unknown" => {
  if (held.has(holder.token)) return "there"
  if (!isOfThisSystem(holder)) return "unknown"
  if (!ProcessId.isAlive(holder)) return "gone"
  return holder.pid === process.pid || holder.startTime === undefined ? "unknown" : "there"
}
