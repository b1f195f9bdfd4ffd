/** Archives with small and large files, on a host and in a file, and what tests need to read every one of them. */
import { readdirSync, readlinkSync } from "node:fs"
import { assert } from "@effect/vitest"
import { ArchiveReader } from "@scenario-assets/node"
import { Cause, Effect, Exit, Option, Stream } from "effect"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "./Extracting.ts"
import * as RangeHost from "./RangeHost.ts"

export const mebibyte = 1024 * 1024
/** Large ones in one piece and in many, between small ones. */
export const files: Readonly<Record<string, Uint8Array>> = {
  first: ZipMaker.text("the first"),
  blank: new Uint8Array(17 * mebibyte),
  second: ZipMaker.text("the second"),
  noise: Extracting.noise(5 * mebibyte),
  third: ZipMaker.text("the third"),
  large: Extracting.noise(6 * mebibyte, 2),
  empty: new Uint8Array(0),
  straddling: Extracting.noise(900_000, 4),
  ...Object.fromEntries(
    Array.from({ length: 200 }, (_, n) => [`many/${n}.txt`, ZipMaker.text(`file ${n} `.repeat(n * 20))])
  ),
  last: ZipMaker.text("the last")
}
export const names = Object.keys(files)
export const isLarge = (name: string) => (files[name]?.length ?? 0) > 4 * mebibyte
export const byteCount = Object.values(files).reduce((sum, { length }) => sum + length, 0)
export const withDirectory = (entries: ReadonlyArray<ZipMaker.Entry>) => ZipMaker.make([{ name: "many/" }, ...entries])
export const archives = {
  deflated: withDirectory(Extracting.entriesOf(files, 8)),
  stored: withDirectory(Extracting.entriesOf(files, 0)),
  described: withDirectory(
    Extracting.entriesOf(files, 8).map((entry): ZipMaker.Entry => ({ ...entry, descriptor: "signed" }))
  )
}
export const kinds = Object.entries(archives)
export const concurrencies = [1, 8, "unbounded"] as const

/** A host and a file with the same archive. */
export const locations = ({ bytes }: ZipMaker.Made) =>
  Effect.map(RangeHost.make(bytes), ({ source }): ReadonlyArray<ArchiveReader.ArchiveLocation> => [
    { name: "job", source },
    { file: Extracting.fileOf(bytes) }
  ])

export const onHost = ({ source }: RangeHost.RangeHost) => ({ name: "job", source })

export type Content = ArchiveReader.EntryContent

export const forEach = <E, R>(
  location: ArchiveReader.ArchiveLocation,
  use: (name: string, content: Content) => Effect.Effect<unknown, E, R>,
  options: ArchiveReader.ForEachOptions = {}
) =>
  Effect.flatMap(ArchiveReader.ArchiveReader, (reader) =>
    reader.forEach(location, (entry, content) => use(entry.name, content), { ...Extracting.quick, ...options })
  )

export const isRight = (name: string, bytes: Uint8Array) =>
  assert.isTrue(Buffer.compare(files[name] ?? new Uint8Array(0), bytes) === 0, `the content of ${name}`)

export const whole = (name: string, content: Content) =>
  Effect.map(Stream.mkUint8Array(content), (bytes) => isRight(name, bytes))

/** Other fibers and what the system has to tell them come first. */
export const others = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
export const patience = Effect.forEach(Array.from({ length: 100 }), () => others, { discard: true })

/** Whether this process has the file open. */
export const isOpen = (file: string) =>
  readdirSync("/proc/self/fd").some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file
    } catch {
      return false
    }
  })

export const reasonOf = (exit: Exit.Exit<unknown, unknown>): string => {
  assert(Exit.isFailure(exit), "it succeeded")
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  assert(typeof error === "object" && error !== null && "reason" in error, Cause.pretty(exit.cause))
  return (error.reason as { readonly _tag: string })._tag
}
