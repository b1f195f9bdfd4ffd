/** An emulator on ports of its own, all services aimed at it, and the archive of a job to download. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { Archives, FileNameTemplate, Selection, Transfer } from "@scenario-assets/core"
import { Emulator, type Fault } from "@scenario-assets/core/testing"
import { Effect, Stream } from "effect"
import * as EmulatedScenario from "../../../../test-support/EmulatedScenario.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

export type Options = EmulatedScenario.Options

/** All services, aimed at the emulator. */
export const layer = EmulatedScenario.layer

/** All bytes of a source, as an undisturbed transfer gives them. */
export const bytesOf = <E, R>(source: Transfer.Source<E, R>) =>
  Effect.flatMap(Transfer.Transfer, (transfer) => Effect.map(Stream.runCollect(transfer.bytes(source)), Buffer.concat))

/** The archive of a fresh job, and a place for it. */
export const archive = Effect.gen(function* () {
  const { catalogue } = yield* Emulator.Emulator
  const archives = yield* Archives.Archives
  const selection = yield* Selection.make({ modelIds: [catalogue.models[0]?.id ?? ""] })
  const [archive] = yield* Stream.runCollect(
    archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
  )
  assert(archive !== undefined)
  const directory = TestDirectory.make("download")
  return { ...archive, directory, target: join(directory, "archive.zip") }
})

/** The same, with its bytes. */
export const begin = Effect.gen(function* () {
  const begun = yield* archive
  return { ...begun, expected: yield* bytesOf(begun.source) }
})

export const inject = (...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(Emulator.Emulator, (emulator) => emulator.inject(...faults))

export const clearFaults = Effect.flatMap(Emulator.Emulator, (emulator) => emulator.clearFaults)

export const expireUrls = Effect.flatMap(Emulator.Emulator, (emulator) => emulator.expireUrls)

export const storageRequests = Effect.map(
  Effect.flatMap(Emulator.Emulator, (emulator) => emulator.requests),
  (requests) => requests.filter((request) => request.target === "storage")
)

export const isWhole = (path: string, expected: Buffer) => {
  assert.isTrue(readFileSync(path).equals(expected), "the file holds the object's bytes")
}
