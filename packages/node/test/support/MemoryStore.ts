/** A store in memory that can be slow, full or broken. */
import { crc32 } from "node:zlib"
import { Destination } from "@scenario-assets/node"
import { Effect, Stream } from "effect"

export interface MemoryStore {
  /** By folder and path. */
  readonly files: Map<string, Uint8Array>
  /** By folder. */
  readonly manifests: Map<string, Destination.Manifest>
  /** What was opened, and what each question was about. */
  readonly opened: Array<string>
  readonly asked: Array<ReadonlyArray<string>>
  /** Each file that was put, once for each try. */
  readonly puts: Array<string>
  /** Puts that are under way, and the bytes that they hold. */
  underWay: number
  held: number
  most: number
  /** What happens before a file is taken, and with each piece of it. */
  before: (path: string) => Effect.Effect<void, Destination.DestinationError>
  piece: (path: string) => Effect.Effect<void>
  readonly destination: Destination.Destination
}

export const failure = (place: string, isFatal = false) =>
  Destination.DestinationError.of({ operation: "store", place, description: "the store is in a bad mood", isFatal })

export const make = (): MemoryStore => {
  const keyOf = (folder: string, path: string) => (folder === "" ? path : `${folder}/${path}`)
  const put = <E>(folder: string, { path }: Destination.Entry, content: Stream.Stream<Uint8Array, E>) =>
    Effect.gen(function* () {
      const key = keyOf(folder, path)
      store.puts.push(key)
      store.underWay++
      yield* store.before(key)
      const pieces: Array<Uint8Array> = []
      yield* Stream.runForEach(content, (bytes) => {
        pieces.push(bytes)
        store.held += bytes.length
        store.most = Math.max(store.most, store.held)
        return store.piece(key)
      }).pipe(Effect.ensuring(Effect.sync(() => (store.held -= pieces.reduce((sum, { length }) => sum + length, 0)))))
      store.files.set(key, Buffer.concat(pieces))
    }).pipe(Effect.ensuring(Effect.sync(() => store.underWay--)))

  const store: MemoryStore = {
    files: new Map(),
    manifests: new Map(),
    opened: [],
    asked: [],
    puts: [],
    underWay: 0,
    held: 0,
    most: 0,
    before: () => Effect.void,
    piece: () => Effect.void,
    destination: {
      open: (folder) =>
        Effect.sync(() => {
          store.opened.push(folder)
          return {
            missing: (entries) =>
              Effect.sync(() => {
                store.asked.push(entries.map(({ path }) => path))
                return entries.filter((entry) => {
                  const found = store.files.get(keyOf(folder, entry.path))
                  return found?.length !== entry.size || crc32(found) !== entry.crc32
                })
              }),
            put: (entry, content) => put(folder, entry, content),
            complete: (manifest) => Effect.sync(() => void store.manifests.set(folder, manifest))
          }
        })
    }
  }
  return store
}

/** A layer of all stores with this address. */
export const layer = (store: MemoryStore) =>
  Destination.Destinations.layer({ "memory:": () => Effect.succeed(store.destination) })
