/** The contents of an archive as streams: right, whole or partly read, or not at all. */
import { truncateSync } from "node:fs"
import { deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { ArchiveReader } from "@scenario-assets/node"
import { Effect, Exit, Stream } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"

const mebibyte = 1024 * 1024
/** Large ones in one piece and in many, between small ones. */
const files: Readonly<Record<string, Uint8Array>> = {
  first: ZipMaker.text("the first"),
  blank: new Uint8Array(17 * mebibyte),
  second: ZipMaker.text("the second"),
  noise: Extracting.noise(5 * mebibyte),
  third: ZipMaker.text("the third"),
  blank2: new Uint8Array(18 * mebibyte).fill(7),
  blank3: new Uint8Array(19 * mebibyte).fill(8),
  empty: new Uint8Array(0),
  straddling: Extracting.noise(900_000, 4),
  last: ZipMaker.text("the last")
}
const names = Object.keys(files)
const archives = {
  deflated: ZipMaker.make(Extracting.entriesOf(files, 8)),
  stored: ZipMaker.make(Extracting.entriesOf(files, 0)),
  described: ZipMaker.make(
    Extracting.entriesOf(files, 8).map((entry): ZipMaker.Entry => ({ ...entry, descriptor: "signed" }))
  )
}
const kinds = Object.entries(archives)

/** A host and a file with the same archive. */
const locations = ({ bytes }: ZipMaker.Made) =>
  Effect.map(RangeHost.make(bytes), ({ source }): ReadonlyArray<ArchiveReader.Location> => [
    { name: "job", source },
    { file: Extracting.fileOf(bytes) }
  ])

/** Takes the contents one by one. */
const each = <A, R = never>(
  location: ArchiveReader.Location,
  use: (
    name: string,
    content: Stream.Stream<Uint8Array, ArchiveReader.ReadError>
  ) => Effect.Effect<A, ArchiveReader.ReadError, R>,
  select?: (entry: { readonly name: string }) => boolean
) =>
  Effect.flatMap(ArchiveReader.ArchiveReader, ({ contents }) =>
    Stream.runCollect(
      Stream.mapEffect(contents(location, { select }), ({ content, entry }) => use(entry.name, content))
    )
  )

const whole = (content: Stream.Stream<Uint8Array, ArchiveReader.ReadError>) =>
  Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat(chunks))

const isRight = (name: string, bytes: Uint8Array) =>
  assert.isTrue(Buffer.from(files[name] ?? "").equals(bytes), `the content of ${name}`)

describe("The contents of an archive", () => {
  it.live.each(kinds)("are right, and stay as they are: %s", ([, made]) =>
    Effect.gen(function* () {
      for (const location of yield* locations(made)) {
        const kept = yield* each(location, (name, content) =>
          Effect.map(Stream.runCollect(content), (chunks) => [name, chunks] as const)
        )
        assert.deepStrictEqual(
          kept.map(([name]) => name),
          names
        )
        // Looked at when all is over: no memory was used again.
        for (const [name, chunks] of kept) isRight(name, Buffer.concat(chunks))
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each(kinds)("are passed over where nobody reads them: %s", ([, made]) =>
    Effect.gen(function* () {
      for (const location of yield* locations(made)) {
        for (const read of [[], ["second"], ["third", "last"], ["noise", "empty"], ["blank3"]]) {
          const seen = yield* each(location, (name, content) =>
            Effect.map(read.includes(name) ? whole(content) : Effect.succeed(undefined), (bytes) => {
              if (bytes !== undefined) isRight(name, bytes)
              return name
            })
          )
          assert.deepStrictEqual(seen, names)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each(kinds)("may be read in part: %s", ([, made]) =>
    Effect.gen(function* () {
      for (const location of yield* locations(made)) {
        const seen = yield* each(location, (name, content) =>
          Effect.map(whole(Stream.take(content, 1)), (bytes) => {
            assert.isTrue(
              Buffer.from(files[name] ?? "")
                .subarray(0, bytes.length)
                .equals(bytes),
              name
            )
            return name
          })
        )
        assert.deepStrictEqual(seen, names)
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("stay as they are for who keeps them, while memory is used again elsewhere", () =>
    Effect.gen(function* () {
      for (const [, archive] of kinds) {
        for (const location of yield* locations(archive)) {
          const kept = yield* each(location, (name, content) =>
            Effect.gen(function* () {
              const chunks = yield* Stream.runCollect(content)
              if (name === "noise" || name === "blank3") {
                Extracting.extracted(yield* Extracting.run(location, TestDirectory.make("other")))
              }
              return [name, chunks] as const
            })
          )
          for (const [name, chunks] of kept) isRight(name, Buffer.concat(chunks))
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("are those that were selected, and the rest is not fetched", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes)
      const seen = yield* each(
        { name: "job", source: host.source },
        (name, content) =>
          Effect.map(whole(content), (bytes) => {
            isRight(name, bytes)
            return name
          }),
        ({ name }) => name === "second" || name === "last"
      )
      assert.deepStrictEqual(seen, ["second", "last"])
      assert.isBelow(host.take().bytes, mebibyte)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("of a large file are given once, and never those of another", () =>
    Effect.gen(function* () {
      const location = { file: Extracting.fileOf(archives.stored) }
      const twice = yield* each(location, (name, content) =>
        name === "noise" ? Effect.exit(Effect.andThen(whole(content), whole(content))) : Effect.succeed(undefined)
      )
      assert.deepStrictEqual(
        twice.flatMap((exit) => (exit === undefined ? [] : [Exit.isFailure(exit)])),
        [true]
      )
      const kept: Array<Stream.Stream<Uint8Array, ArchiveReader.ReadError>> = []
      const late = yield* each(location, (name, content) => {
        if (name === "noise") kept.push(content)
        const [noise] = kept
        return name === "third" && noise !== undefined ? Effect.exit(whole(noise)) : Effect.succeed(undefined)
      })
      assert.isTrue(late.some((exit) => exit !== undefined && Exit.isFailure(exit)))
      assert.strictEqual(late.length, names.length)
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("that are wrong are an error: at once where they are small, at their end where they are large", () =>
    Effect.gen(function* () {
      const wrong = (content: Uint8Array, fields: Partial<ZipMaker.Entry> = {}) =>
        Extracting.fileOf(
          ZipMaker.make([
            { name: "wrong", content, method: 8, central: { crc32: 1 }, local: { crc32: 1 }, ...fields },
            { name: "good", content: "good" }
          ])
        )
      const large = files["noise"] ?? new Uint8Array(0)
      const cases: ReadonlyArray<readonly [file: string, read: boolean]> = [
        [wrong(ZipMaker.text("small")), false],
        [wrong(large), true],
        [wrong(large, { method: 0 }), true],
        [wrong(large, { data: ZipMaker.concat(Uint8Array.of(7), deflateRawSync(large)) }), true]
      ]
      for (const [file, read] of cases) {
        const error = yield* Effect.flip(each({ file }, (_, content) => (read ? whole(content) : Effect.void)))
        assert(error._tag === "ArchiveError")
        assert.strictEqual(error.reason._tag, "WrongContent")
        assert.include(error.message, `"wrong"`)
      }
      // Nobody has looked at it.
      const seen = yield* each({ file: wrong(large) }, (name) => Effect.succeed(name))
      assert.deepStrictEqual(seen, ["wrong", "good"])
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("end with a typed error where the file becomes shorter", () =>
    Effect.gen(function* () {
      const file = Extracting.fileOf(archives.stored)
      const error = yield* Effect.flip(
        each({ file }, (_, content) => {
          truncateSync(file, 18 * mebibyte)
          return whole(content)
        })
      )
      assert(error._tag === "FileError")
      assert.strictEqual(error.code, "EIO")
    }).pipe(Effect.provide(Extracting.layer))
  )
})

describe("ArchiveReader", () => {
  it.live("reads files without network, configuration and credentials", () =>
    Effect.gen(function* () {
      const { list } = yield* ArchiveReader.ArchiveReader
      const entries = yield* list({ file: Extracting.fileOf(archives.described) })
      assert.deepStrictEqual(
        entries.map(({ name }) => name),
        names
      )
    }).pipe(Effect.provide(ArchiveReader.layerFiles))
  )

  it.live("lists 50,000 entries of an archive by few requests", () =>
    Effect.gen(function* () {
      const entries = Array.from({ length: 50_000 }, (_, n) => ({ name: `directory/of/files/${n}.png` }))
      const host = yield* RangeHost.make(ZipMaker.make(entries).bytes)
      const { list } = yield* ArchiveReader.ArchiveReader
      const found = yield* list({ name: "job", source: host.source })
      assert.deepStrictEqual([found.length, found.at(-1)?.name], [50_000, "directory/of/files/49999.png"])
      assert.strictEqual(host.take().requests, 2)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
