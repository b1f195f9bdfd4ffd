/**
 * The credentials that `auth login` has stored, each for one API alone. The file is its owner's: others may neither read nor
 * write it.
 */
import { join } from "node:path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Places from "../files/Places.ts"
import * as SystemCode from "../files/SystemCode.ts"
import * as WholeFile from "../files/WholeFile.ts"

/** The file is not as this command has left it. */
export class CredentialsFileError extends Schema.TaggedError<CredentialsFileError>()("CredentialsFileError", {
  path: Schema.String,
  /** What is the matter, and what to do. */
  problem: Schema.String
}) {
  override get message(): string {
    return `The credentials file ${this.path} ${this.problem}.`
  }
}

const secret = Schema.RedactedFromValue(Schema.NonEmptyString)
const Stored = Schema.Union([
  Schema.Struct({ apiKey: secret, apiSecret: secret }),
  Schema.Struct({ bearerToken: secret })
])
const Content = Schema.fromJsonString(Schema.Record(Schema.String, Stored))
const decode = Schema.decodeUnknownOption(Content)
const encode = Schema.encodeEffect(Content)

/** A key with its secret, or a bearer token. */
export type Stored = typeof Stored.Type

export const path: Config.Config<string> = Config.map(Places.configDirectory, (directory) =>
  join(directory, "credentials.json")
)

/** Those of one API, which is known by its base URL. */
export const find = Effect.fnUntraced(function* (path: string, baseUrl: string) {
  return Option.fromUndefinedOr((yield* read(path))[baseUrl])
})

/** Those of all APIs. */
export const secrets = Effect.fnUntraced(function* (path: string) {
  return Object.values(yield* read(path)).flatMap((stored) => Object.values(stored))
})

/** Stores those of one API, in place of what it had. */
export const store = Effect.fnUntraced(function* (path: string, baseUrl: string, stored: Stored) {
  yield* write(path, { ...(yield* read(path)), [baseUrl]: stored })
})

/** Removes those of one API; says whether there were any. A file without any is removed too. */
export const remove = Effect.fnUntraced(function* (path: string, baseUrl: string) {
  const { [baseUrl]: removed, ...others } = yield* read(path)
  if (removed === undefined) return false
  const fs = yield* FileSystem.FileSystem
  yield* Object.keys(others).length === 0
    ? Effect.mapError(fs.remove(path), SystemCode.fileError("remove", path))
    : write(path, others)
  return true
})

const read = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const refuse = (problem: string) => Effect.fail(new CredentialsFileError({ path, problem }))
  const found = yield* Effect.all({ info: fs.stat(path), text: fs.readFileString(path) }).pipe(
    Effect.map(Option.some),
    Effect.catch((error) =>
      error.reason._tag === "NotFound" ? Effect.succeedNone : refuse(`cannot be read ${SystemCode.unreadable(error)}`)
    )
  )
  if (Option.isNone(found)) return {}
  const { info, text } = found.value
  // Windows has no such bits.
  if (process.platform !== "win32" && (info.mode & 0o077) !== 0) {
    const mode = (info.mode & 0o777).toString(8).padStart(4, "0")
    return yield* refuse(
      `can be read by other users (mode ${mode}); run chmod 600 ${path}, and replace the key if others use this machine`
    )
  }
  const content = decode(text)
  return Option.isSome(content)
    ? content.value
    : yield* refuse("is damaged; remove it, and run scenario-assets auth login again")
})

/** Never to be read by anybody else, not even for a moment. */
const write = Effect.fnUntraced(function* (path: string, content: typeof Content.Type) {
  const text = yield* Effect.orDie(encode(content))
  yield* Effect.mapError(
    WholeFile.writePrivate(path, `${text}\n`),
    SystemCode.fileError("store the credentials in", path)
  )
})
