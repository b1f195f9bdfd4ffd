/** Extractions from hosts as they are: without ranges, with links that expire, with other objects, with broken connections. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import { type ArchiveReader, Extraction } from "@scenario-assets/node"
import { Deferred, Effect, Fiber, Stream } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Downloading from "../support/Downloading.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"

const mebibyte = 1024 * 1024
const files = {
  ...Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`d/${n}.bin`, Extracting.noise(40_000, n + 1)])),
  "large.bin": Extracting.noise(5 * mebibyte, 99),
  "z.txt": "the last"
}
const archive = ZipMaker.make(Extracting.entriesOf(files))
const small = ZipMaker.make(Extracting.entriesOf({ "a.txt": "a cat", "b.txt": "on a mat" }))
const whole = Extracting.treeOf(files)
/** More than the first request gives. */
const large = { name: "large.bin", content: Extracting.noise(5 * mebibyte, 98) }

/** Runs until an event for which `isEnough` holds has come, and is interrupted then. */
const interrupted = Effect.fnUntraced(function* (
  location: ArchiveReader.ArchiveLocation,
  directory: string,
  isEnough: (event: Extraction.ExtractionEvent) => boolean
) {
  const extraction = yield* Extraction.Extraction
  const enough = yield* Deferred.make<void>()
  const fiber = yield* extraction.events(location, directory, Extracting.quick).pipe(
    Stream.runForEach((event) => (isEnough(event) ? Effect.asVoid(Deferred.succeed(enough, undefined)) : Effect.void)),
    Effect.forkChild
  )
  yield* Effect.raceFirst(Deferred.await(enough), Fiber.join(fiber))
  yield* Fiber.interrupt(fiber)
})

describe("A small archive", () => {
  it.live("takes one request, with ranges and without, the second time too", () =>
    Effect.gen(function* () {
      for (const ranges of [true, false]) {
        const host = yield* RangeHost.make(small.bytes, { ranges })
        const directory = TestDirectory.make()
        for (const _ of [1, 2]) {
          Extracting.extracted(yield* Extracting.run({ name: "job", source: host.source }, directory))
          assert.deepStrictEqual(Extracting.tree(directory), { "a.txt": "a cat", "b.txt": "on a mat" })
          assert.strictEqual(host.take().requests, 1)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("some files of it are had from a host without ranges", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(small.bytes, { ranges: false })
      const directory = TestDirectory.make()
      const select = ({ name }: { readonly name: string }) => name === "b.txt"
      Extracting.extracted(yield* Extracting.run({ name: "job", source: host.source }, directory, { select }))
      assert.deepStrictEqual(Extracting.tree(directory), { "b.txt": "on a mat" })
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each<readonly [what: string, etag: string]>([
    ["says what it has", '"1"'],
    ["says nothing of what it has", ""]
  ])("comes from a host without ranges whose first answer broke, and that %s", ([, etag]) =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(ZipMaker.make([{ name: "a.bin", content: Extracting.noise(100_000) }]).bytes, {
        ranges: false,
        fate: (number) => (number === 0 ? { cut: 50_000 } : {})
      })
      host.etag = etag
      const directory = TestDirectory.make()
      Extracting.extracted(yield* Extracting.run({ name: "job", source: host.source }, directory))
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf({ "a.bin": Extracting.noise(100_000) }))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("What is told", () => {
  it.live("is also what went wrong before the directory of the archive was there", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archive.bytes, {
        // A refused range of the last bytes says nothing of the link; a range like any other does.
        fate: (number) => (number === 0 ? { status: 503 } : number <= 2 ? { status: 403 } : {})
      })
      const outcome = yield* Extracting.run({ name: "job", source: host.source }, TestDirectory.make())
      Extracting.extracted(outcome)
      assert.deepStrictEqual(
        outcome.events.slice(0, 3).map(({ _tag }) => _tag),
        ["Retrying", "Refreshed", "Planned"]
      )
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is the beginning of a file that takes its time, and its end", () =>
    Effect.gen(function* () {
      const large = ZipMaker.make([
        { name: "small.txt", content: "a" },
        { name: "large.bin", content: Extracting.noise(6_000_000) }
      ])
      const host = yield* RangeHost.make(large.bytes)
      const outcome = yield* Extracting.run({ name: "job", source: host.source }, TestDirectory.make())
      Extracting.extracted(outcome)
      const begun = outcome.events.flatMap((event, index) => (event._tag === "Started" ? [{ index, ...event }] : []))
      assert.deepStrictEqual(
        begun.map(({ entry, path }) => [entry.name, path]),
        [["large.bin", "large.bin"]]
      )
      const end = outcome.events.findIndex(
        (event) => event._tag === "Extracted" && event.files.some(({ path }) => path === "large.bin")
      )
      assert.isAbove(end, begun[0]?.index ?? Infinity)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("A host without ranges", () => {
  it.live("is also one that says nothing by which an archive could be told from another", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archive.bytes)
      host.etag = 'W/"1"'
      const directory = TestDirectory.make()
      Extracting.extracted(yield* Extracting.run({ name: "job", source: host.source }, directory))
      assert.deepStrictEqual(Extracting.tree(directory), whole)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("gives the archive as a whole first, of which nothing stays", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archive.bytes, { ranges: false })
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ name: "../job 1", source: host.source }, directory)
      Extracting.extracted(outcome)
      assert.isTrue(outcome.events.some((event) => event._tag === "Spooling" && event.event._tag === "Completed"))
      assert.deepStrictEqual(Extracting.tree(directory), whole)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("and of an archive with a wrong entry nothing stays either", () =>
    Effect.gen(function* () {
      const { bytes, locals } = ZipMaker.make(Extracting.entriesOf(files, 0))
      for (const [at, kind, there] of [
        [(locals[3] ?? 0) + 100, "WrongContent", true],
        [locals[51] ?? 0, "Damaged", false]
      ] as const) {
        const wrong = Buffer.from(bytes)
        wrong.writeUInt8(wrong.readUInt8(at) ^ 1, at)
        const host = yield* RangeHost.make(wrong, { ranges: false })
        const directory = TestDirectory.make()
        const outcome = yield* Extracting.run({ name: "job", source: host.source }, directory)
        assert.strictEqual(Extracting.kindOf(outcome), kind)
        assert.isFalse(existsSync(join(directory, ".scenario-assets")))
        assert.strictEqual(existsSync(join(directory, "z.txt")), there)
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("Archives that are fetched whole", () => {
  it.live.each<readonly [one: string, other: string]>([
    ["日本", "中国"],
    ["a/b", "a:b"],
    ["Job", "job"],
    ["x".repeat(300), `${"x".repeat(300)}y`]
  ])("are never taken for one another: %s and %s", ([one, other]) =>
    Effect.gen(function* () {
      const files = { first: { "1.txt": "first" }, second: { "2.txt": "second" } }
      const hosts = [files.first, files.second].map((content) =>
        RangeHost.make(ZipMaker.make([...Extracting.entriesOf(content), large]).bytes, { ranges: false })
      )
      const [first, second] = yield* Effect.all(hosts)
      assert(first !== undefined && second !== undefined)
      const directory = TestDirectory.make()
      // The first one stays behind, whole.
      yield* interrupted({ name: one, source: first.source }, directory, (event) => event._tag === "Planned")
      yield* Extracting.run({ name: other, source: second.source }, directory)
      assert.isTrue(existsSync(join(directory, "2.txt")))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("An interruption", () => {
  it.live("of the fetching leaves the part, which is resumed where the host can", () =>
    Effect.gen(function* () {
      // To the question for the last bytes it gives all; to one for those from a place on, just those.
      const host = yield* RangeHost.make(archive.bytes, {
        fate: (number, request) => {
          host.ranges = !(request.headers.range ?? "").startsWith("bytes=-")
          return number === 1 ? { stall: 4 * mebibyte } : {}
        }
      })
      const directory = TestDirectory.make()
      const location = { name: "job", source: host.source }
      yield* interrupted(
        location,
        directory,
        (event) => event._tag === "Spooling" && event.event._tag === "Written" && event.event.bytes > 2 * mebibyte
      )
      assert.deepStrictEqual(readdirSync(directory), [".scenario-assets"])
      const outcome = yield* Extracting.run(location, directory)
      Extracting.extracted(outcome)
      const completed = outcome.events.flatMap((event) =>
        event._tag === "Spooling" && event.event._tag === "Completed" ? [event.event.file] : []
      )
      assert.isAbove(completed[0]?.resumedFrom ?? 0, 2 * mebibyte)
      assert.deepStrictEqual(Extracting.tree(directory), whole)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("leaves what is right, and no temporary, lock or thread; the next run fetches the rest alone", () =>
    Effect.gen(function* () {
      const many = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`${n}`, Extracting.noise(9000, n + 1)]))
      const { bytes } = ZipMaker.make(Extracting.entriesOf({ ...many, ...files }))
      const host = yield* RangeHost.make(bytes, { fate: (number) => (number === 1 ? { stall: 7 * mebibyte } : {}) })
      const directory = TestDirectory.make()
      const location = { name: "job", source: host.source }
      // In the middle of the large file.
      yield* interrupted(location, directory, (event) => event._tag === "Read" && event.bytes > 6.5 * mebibyte)
      assert.isFalse(existsSync(join(directory, "large.bin")))
      const there = Extracting.inodes(directory)
      assert.isAbove(Object.keys(there).length, 300)
      assert.notInclude(Object.keys(there).join(" "), "scenario-assets")
      assert.notInclude(process.getActiveResourcesInfo(), "MessagePort")

      const outcome = yield* Extracting.run(location, directory)
      assert.strictEqual(Extracting.extracted(outcome).alreadyThere, Object.keys(there).length)
      assert.deepInclude(Extracting.inodes(directory), there)
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf({ ...many, ...files }))
      assert.isBelow(Extracting.extracted(outcome).read, bytes.length - 3 * mebibyte)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("A transfer with faults", () => {
  it.live("is gone on with: resets in the tail and in the files, 503, links that are refused", () =>
    Effect.gen(function* () {
      const fates: ReadonlyArray<RangeHost.Fate> = [
        { status: 403 },
        { cut: 100_000 },
        { status: 503 },
        { status: 403 },
        {},
        { cut: 2 * mebibyte },
        { status: 503 },
        { cut: 1 },
        { status: 403 },
        { cut: 3 * mebibyte },
        {}
      ]
      const host = yield* RangeHost.make(archive.bytes, { fate: (number) => fates[number] ?? {} })
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ name: "job", source: host.source }, directory)
      Extracting.extracted(outcome)
      assert.deepStrictEqual(Extracting.tree(directory), whole)
      assert.isAbove(host.links(), 2)
      const tags = outcome.events.map(({ _tag }) => _tag)
      assert.include(tags, "Retrying")
      assert.include(tags, "Refreshed")
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  const other = ZipMaker.make(Extracting.entriesOf({ ...files, "z.txt": "another" }))
  const replaced = { ...whole, "z.txt": "another" }
  /** A host whose object is another one from such a request on. */
  const changing = (isChange: (range: string, number: number) => boolean) =>
    Effect.map(RangeHost.make(archive.bytes), (host) => {
      host.fate = (number, { headers: { range = "" } }) => {
        if (isChange(range, number)) Object.assign(host, { object: other.bytes, etag: '"2"' })
        return { cut: number === 0 ? 100_000 : 2 * mebibyte }
      }
      return host
    })

  it.live.each([0, 1])("begins anew with another object that is there while its end is read: %s", (at) =>
    Effect.gen(function* () {
      const host = yield* changing((_, number) => number === at)
      const directory = TestDirectory.make()
      Extracting.extracted(yield* Extracting.run({ name: "job", source: host.source }, directory))
      assert.deepStrictEqual(Extracting.tree(directory), replaced)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each([0, 1, 2])("ends where another object is there later, and nothing is mixed: %s", (at) =>
    Effect.gen(function* () {
      let left = at
      const host = yield* changing((range) => {
        const start = Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? Infinity)
        return start < archive.bytes.length - 256 * 1024 && left-- === 0
      })
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ name: "job", source: host.source }, directory)
      assert.deepInclude(whole, Extracting.tree(directory))
      assert.strictEqual(Extracting.kindOf(outcome), "ObjectChanged")
      host.fate = () => ({})
      Extracting.extracted(yield* Extracting.run({ name: "job", source: host.source }, directory))
      assert.deepStrictEqual(Extracting.tree(directory), replaced)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("goes on with the whole where the host serves no ranges any more", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archive.bytes, {
        fate: (number) => {
          host.ranges = number < 2
          return number === 1 ? { cut: mebibyte } : {}
        }
      })
      const directory = TestDirectory.make()
      Extracting.extracted(yield* Extracting.run({ name: "job", source: host.source }, directory))
      assert.deepStrictEqual(Extracting.tree(directory), whole)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("ends where no bytes come", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archive.bytes, { fate: (number) => (number === 0 ? {} : { status: 500 }) })
      const directory = TestDirectory.make()
      const outcome = yield* Extracting.run({ name: "job", source: host.source }, directory)
      assert.strictEqual(Extracting.kindOf(outcome), "RetriesExhausted")
      assert.deepStrictEqual(
        readdirSync(directory).filter((name) => name.startsWith(".")),
        []
      )
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("An archive of the emulator", () => {
  it.live("is extracted through faults, and a corrupt byte is found out", () =>
    Effect.gen(function* () {
      const { source: begun } = yield* Downloading.archive
      const source = { refresh: Effect.orDie(begun.refresh) }
      const directory = TestDirectory.make()
      yield* Downloading.inject(
        Fault.reset("storage", 70_000),
        Fault.status("storage", 503),
        Fault.reset("storage", 1_000_000, { skip: 1 }),
        Fault.cut("storage", 2_000_000, { skip: 2 })
      )
      const first = yield* Extracting.run({ name: "job", source }, directory)
      assert.strictEqual(Extracting.extracted(first).files, 5)
      yield* Downloading.expireUrls
      const second = yield* Extracting.run({ name: "job", source }, directory)
      assert.strictEqual(Extracting.extracted(second).alreadyThere, 5)
    }).pipe(Effect.provide(Downloading.layer({ archive: { size: 6_000_000, entries: 5 } })))
  )
})

describe("A program in front of an archive on a host", () => {
  const programs = [
    ["of Windows", "MZ\x90\0"],
    ["of Linux", "\x7fELF\x02\x01"],
    ["of macOS", "\xcf\xfa\xed\xfe"],
    ["of macOS, for several processors", "\xca\xfe\xba\xbe"],
    ["a script", "#!/bin/sh\nexit\n"]
  ] as const

  it.live.each(programs)("%s, is passed over, with ranges and without", ([, beginning]) =>
    Effect.gen(function* () {
      for (const entries of [files, { "a.txt": "a cat" }]) {
        const prefix = Buffer.concat([Buffer.from(beginning, "latin1"), Extracting.noise(400_000)])
        const host = yield* RangeHost.make(ZipMaker.make(Extracting.entriesOf(entries), { prefix }).bytes)
        for (const ranges of [true, false]) {
          host.ranges = ranges
          const directory = TestDirectory.make()
          Extracting.extracted(yield* Extracting.run({ name: "job", source: host.source }, directory))
          assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(entries))
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each(programs)("%s, and no archive, leaves nothing", ([, beginning]) =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(Buffer.concat([Buffer.from(beginning, "latin1"), Extracting.noise(400_000)]))
      for (const ranges of [true, false]) {
        host.ranges = ranges
        const directory = TestDirectory.make()
        const outcome = yield* Extracting.run({ name: "job", source: host.source }, directory)
        assert.strictEqual(Extracting.kindOf(outcome), "NotAnArchive")
        assert.isEmpty(readdirSync(directory))
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each(["<!doctype html><title>Sign in</title>", "<?xml version='1.0'?><Error/>", '{"error":"no"}', "no"])(
    "is no page or message: %s",
    (page) =>
      Effect.gen(function* () {
        // Nothing says what it is, and it ends as an archive does.
        for (const rest of [new Uint8Array(0), small.bytes, archive.bytes]) {
          const host = yield* RangeHost.make(Buffer.concat([Buffer.from(page), rest]))
          for (const ranges of rest === archive.bytes ? [false] : [true, false]) {
            host.ranges = ranges
            const directory = TestDirectory.make()
            const outcome = yield* Extracting.run({ name: "job", source: host.source }, directory)
            assert.strictEqual(Extracting.kindOf(outcome), "UnexpectedContent")
            assert.include(Extracting.failure(outcome).message, "where a ZIP archive was expected")
            assert.isEmpty(readdirSync(directory))
          }
        }
      }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
