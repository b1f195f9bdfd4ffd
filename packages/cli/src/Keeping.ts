/** Archives that are kept as files. */
import type { Archive } from "@scenario-assets/core/Archives"
import { FileDownload, type Options as FileOptions } from "@scenario-assets/node/FileDownload"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as ArchiveFile from "./ArchiveFile.ts"
import type * as Archiving from "./Archiving.ts"
import { type Transfer, transferOptions } from "./Options.ts"
import { Output } from "./Output.ts"
import * as Saved from "./Saved.ts"

export interface Options extends ArchiveFile.Names, Transfer {
  /** Replace what is there. */
  readonly force: boolean
}

/** A place for so many. */
export const open = Effect.fnUntraced(function* (options: Options, total: number) {
  const { events } = yield* FileDownload
  const fs = yield* FileSystem.FileSystem
  const output = yield* Output
  const since = yield* Clock.currentTimeMillis
  output.progress.expect(total)
  yield* ArchiveFile.prepare(options)

  const save = Effect.fnUntraced(function* ({ index, jobId, source }: Archive, isOfThisJob: boolean) {
    const fileOptions: FileOptions = {
      expect: "zip",
      ifExists: options.force ? "replace" : isOfThisJob ? "skip" : "fail",
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
    save: (archive, isOfThisJob) => Effect.provideService(save(archive, isOfThisJob), Output, output),
    skip: () => Effect.void,
    tell: (outcomes) =>
      Effect.provideService(Saved.tell({ kind: "archives", one: "archive", total, outcomes, since }), Output, output)
  }
  return destination
})
