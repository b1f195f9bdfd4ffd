/**
 * Where the files of archives go besides a directory: a store that a program brings, such as an object store or a database.
 *
 * @since 0.1.0
 */
import { JobId } from "@scenario-assets/core/Asset"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

/**
 * A file of an archive, as a store gets it.
 *
 * @category models
 * @since 0.1.0
 */
export const Entry = Schema.Struct({
  /** Relative to the folder, with `/`. Safe on every system, and no two of a folder are the same, in whatever letter case. */
  path: Schema.String,
  /** In bytes. */
  size: Schema.Natural,
  /** The CRC-32 of the content, not negative. */
  crc32: Schema.Natural
})
/** @category models @since 0.1.0 */
export type Entry = typeof Entry.Type

/**
 * What a folder holds once all of it is there: plain data. No link and no credential is in it.
 *
 * @category models
 * @since 0.1.0
 */
export const Manifest = Schema.Struct({
  version: Schema.Literal(1),
  /** The job that has made the archive. */
  jobId: JobId,
  fileCount: Schema.Natural,
  byteCount: Schema.Natural,
  files: Schema.Array(Entry)
})
/** @category models @since 0.1.0 */
export type Manifest = typeof Manifest.Type

/**
 * A name for the manifest that no file of an archive gets in its folder.
 *
 * @category constants
 * @since 0.1.0
 */
export const manifestName = "scenario-manifest.json"

/**
 * A folder of a store that is being written to. Each of its calls may be interrupted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Folder {
  /** Which of these files are not there yet, whole. Asked once for all files of an archive, so look in bulk. */
  readonly missing: (entries: ReadonlyArray<Entry>) => Effect.Effect<ReadonlyArray<Entry>, DestinationError>
  /**
   * Stores a file, several at once. It appears whole or not at all, also where the content fails or the call is interrupted; a
   * file that is there is replaced. The content may be run again. Its own error must be passed on as it is: it says that the
   * archive is damaged. A small content comes as one array.
   */
  readonly put: <E>(entry: Entry, content: Stream.Stream<Uint8Array, E>) => Effect.Effect<void, DestinationError | E>
  /** Called last, when all files of the manifest are there; again where they are found there by a later run. */
  readonly complete: (manifest: Manifest) => Effect.Effect<void, DestinationError>
}

/**
 * A store.
 *
 * @category models
 * @since 0.1.0
 */
export interface Destination {
  /**
   * Opens a folder for as long as the scope is open; `""` is the root, which is opened before any job is begun. Fails where
   * nothing can be stored, as far as that can be told.
   */
  readonly open: (folder: string) => Effect.Effect<Folder, DestinationError, Scope.Scope>
}

const Fields = {
  /** What could not be done, such as "store". */
  operation: Schema.String,
  /** Where. */
  place: Schema.String,
  /** Why, and what to do about it, as a part of a sentence. */
  description: Schema.String,
  /** What the store calls it. */
  code: Schema.optionalKey(Schema.String),
  /** Whether it ends the whole download, as a missing bucket does, or concerns one file alone. */
  isFatal: Schema.Boolean
}

/**
 * A store that does not take what it is given. One that is not fatal is tried again, and then costs one file.
 *
 * **Gotchas**
 *
 * Make it by `DestinationError.of`, which takes credentials and queries out of the words: an error is shown and recorded.
 *
 * @category errors
 * @since 0.1.0
 */
export class DestinationError extends Schema.TaggedError<DestinationError>()("DestinationError", Fields) {
  static of(given: Schema.Struct.Type<typeof Fields>): DestinationError {
    const { description, place, ...others } = given
    return new DestinationError({
      ...others,
      place: Redaction.wordOf(place.replace(/\?.*$/s, ""), longest),
      description: Redaction.wordOf(description, longest)
    })
  }

  override get message(): string {
    return `${this.problem}.`
  }

  /** The message as a part of another. */
  get problem(): string {
    return `Cannot ${this.operation} ${this.place}: ${this.description}`
  }
}

/** Words of others may be long. */
const longest = 500

/**
 * Finds the store for an address, whose protocol is one it was registered for.
 *
 * @category models
 * @since 0.1.0
 */
export type Finder = (url: URL) => Effect.Effect<Destination, DestinationError>

/**
 * The stores that requests can name. A request is plain data, so it holds an address, such as `s3://bucket/renders`, and this
 * service finds who stores there.
 *
 * **Example** (A store of one's own)
 *
 * ```ts
 * import { Destination, NodeScenario } from "@scenario-assets/node"
 * import { Effect } from "effect"
 *
 * const discard: Destination.Destination = {
 *   open: () =>
 *     Effect.succeed({
 *       missing: (entries) => Effect.succeed(entries),
 *       put: () => Effect.void,
 *       complete: () => Effect.void
 *     })
 * }
 * const layer = NodeScenario.layerServices({
 *   destinations: Destination.Destinations.layer({ "discard:": () => Effect.succeed(discard) })
 * })
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Destinations extends Context.Service<
  Destinations,
  {
    readonly find: (url: string) => Effect.Effect<Destination, DestinationError>
  }
>()("@scenario-assets/node/download/Destination/Destinations") {
  /** Finds them by the protocol of the address, such as `s3:`. */
  static readonly layer = (finders: { readonly [protocol: string]: Finder }): Layer.Layer<Destinations> =>
    Layer.succeed(Destinations, Destinations.of({ find: (url) => find(finders, url) }))

  /** Knows none. */
  static readonly layerNone: Layer.Layer<Destinations> = Destinations.layer({})
}

const find = (finders: { readonly [protocol: string]: Finder }, address: string) => {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const protocol = url?.protocol ?? ""
  const finder = Object.hasOwn(finders, protocol) ? finders[protocol] : undefined
  if (url !== undefined && finder !== undefined) return finder(url)
  const advice =
    protocol === "s3:"
      ? "install @scenario-assets/s3, and provide S3Destination.layer to NodeScenario.layerServices as destinations"
      : `provide Destinations.layer({ ${JSON.stringify(protocol)}: … }) to NodeScenario.layerServices as destinations`
  return Effect.fail(
    DestinationError.of({
      operation: "store files in",
      place: address,
      description:
        url === undefined
          ? "it is no address; one looks like s3://bucket/folder"
          : `no destination for ${protocol} is known; ${advice}`,
      isFatal: true
    })
  )
}
