/** A directory that archives are extracted into, for as long as the scope is open: no other run uses it meanwhile. */
import { availableParallelism } from "node:os"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import type * as OpenArchive from "../../archive/internal/OpenArchive.ts"
import type { ZipEntry } from "../../archive/ZipEntry.ts"
import type { FileError } from "../../file/FileError.ts"
import * as Existing from "./Existing.ts"
import * as NameLength from "./NameLength.ts"
import * as Names from "./Names.ts"
import * as Unpackers from "./Unpackers.ts"
import * as Workspace from "./Workspace.ts"

/**
 * How to extract.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Omit<OpenArchive.Options, "spool"> {
  /** Which files are wanted. Default: all. */
  readonly select?: ((entry: ZipEntry) => boolean) | undefined
  /**
   * What to do where another file has the path: keep it and call the new one `name (2).png`, or replace it. Default `keep`. The
   * same goes for a file that comes while the archive is extracted.
   */
  readonly ifDiffers?: "keep" | "replace" | undefined
  /**
   * How many threads unpack archives that are worth it. Extractions of one service that run at the same time and ask for as many
   * share them. Default: as many as there are cores, at most 4.
   */
  readonly threads?: number | undefined
  /**
   * For those whom something else keeps apart, such as the lease of a queue: takes the directory over from whoever works there,
   * who then fails with `Locked`. Default `false`: a run that works there is an error.
   */
  readonly takeOver?: boolean | undefined
}

/** What all archives share that go there. */
export interface Destination {
  readonly directory: string
  readonly workspace: Workspace.Workspace
  readonly names: Names.Names
  /** Those who are to unpack these entries. */
  readonly unpackersFor: UnpackersFor
}

export type UnpackersFor = (entries: ReadonlyArray<ZipEntry>) => Unpackers.Unpackers

/** Those who unpack, by how many threads they have: the same for all who extract at the same time. They end with the last of them. */
export type Pool = RcMap.RcMap<number, Unpackers.Unpackers>

export const makePool = (): Pool =>
  Effect.runSync(Scope.provide(RcMap.make({ lookup: Unpackers.make }), Scope.makeUnsafe()))

export const open = Effect.fnUntraced(function* (
  pool: Pool,
  directory: string,
  options: Options
): Effect.fn.Return<Destination, FileError, Scope.Scope> {
  const workspace = yield* Workspace.open(directory, options.takeOver ?? false)
  const longest = yield* Effect.zipWith(
    NameLength.longestIn(directory),
    NameLength.longestMadeIn(dirname(workspace.temporary())),
    Math.min
  )
  return { directory, workspace, names: namesOf(directory, longest), unpackersFor: yield* unpackers(pool, options) }
})

const namesOf = (directory: string, longest: number): Names.Names =>
  Names.make(directory, Existing.make(directory, longest), Workspace.isReserved, longest)

/** Names for a directory in which nothing has been named yet, and nothing is made. */
export const namesIn = (directory: string): Effect.Effect<Names.Names> =>
  Effect.map(NameLength.longestIn(directory), (longest) => namesOf(directory, longest))

/** More than this is worth a thread: to start one takes some 40 ms. */
const muchBytes = 16 * 1024 * 1024
const muchFiles = 500

export const unpackers = Effect.fnUntraced(function* (
  pool: Pool,
  { threads = Math.min(4, availableParallelism()) }: Options
): Effect.fn.Return<UnpackersFor, never, Scope.Scope> {
  const one = yield* RcMap.get(pool, 0)
  const several = yield* RcMap.get(pool, threads)
  return (entries) => {
    const bytes = entries.reduce((sum, { size }) => sum + size, 0)
    return bytes > muchBytes || entries.length > muchFiles ? several : one
  }
})
