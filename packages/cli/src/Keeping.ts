/** Archives that are kept as files. */
import type { Archive } from "@scenario-assets/core/Archives"
import { FileDownload, type Options as FileOptions } from "@scenario-assets/node/file/FileDownload"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as ArchiveFile from "./ArchiveFile.ts"
import type * as Archiving from "./Archiving.ts"
import type * as Extracting from "./Extracting.ts"
import { type Transfer, transferOptions } from "./Options.ts"
import { Output } from "./Output.ts"
import * as Saved from "./Saved.ts"
import { UsageError } from "./UsageError.ts"

export interface Options extends ArchiveFile.Names, Transfer {
  /** Replace what is there. */
  readonly force: boolean
}

/** Fails where the name is none of a file, or what is asked for is for files of the archive. */
export const check = Effect.fnUntraced(function* (
  names: ArchiveFile.Names,
  { exclude, include, manifest, maxSize }: Pick<Extracting.Values, "exclude" | "include" | "manifest" | "maxSize">
) {
  yield* ArchiveFile.checkName(names)
  const others = { include: include.length > 0, exclude: exclude.length > 0, manifest: Option.isSome(manifest) }
  for (const [flag, isGiven] of Object.entries({ ...others, "max-size": Option.isSome(maxSize) })) {
    if (isGiven) return yield* new UsageError({ message: `--archive keeps the archive as it is; leave out --${flag}` })
  }
})

/** A place for so many. */
export const open = Effect.fnUntraced(function* (options: Options, total: number) {
  const { events } = yield* FileDownload
  const fs = yield* FileSystem.FileSystem
  const output = yield* Output
  const since = yield* Clock.currentTimeMillis
  output.progress.expect(total)
  yield* ArchiveFile.prepare(options)

  const save = Effect.fnUntraced(function* ({ index, jobId, source }: Archive, mayBeSaved: boolean) {
    const fileOptions: FileOptions = {
      expect: "zip",
      ifExists: options.force ? "replace" : mayBeSaved ? "skip" : "fail",
      ...transferOptions(options)
    }
    const file = yield* Saved.file(jobId, events(source, ArchiveFile.path(options, total, index), fileOptions))
    return { jobId, ...file }
  })
  const destination: Archiving.Destination<Effect.Success<ReturnType<typeof save>>> = {
    check: (index) =>
      options.force
        ? Effect.void
        : Effect.provideService(ArchiveFile.refuseTaken(options, total, index), FileSystem.FileSystem, fs),
    save: (archive, mayBeSaved) => Effect.provideService(save(archive, mayBeSaved), Output, output),
    tell: (outcomes) =>
      Effect.provideService(Saved.tell({ kind: "archives", one: "archive", total, outcomes, since }), Output, output)
  }
  return destination
})
