/**
 * Archives of real writers, each written in every way it knows: stored and deflated, seekable and streamed, with and without
 * ZIP64 and descriptors. All are extracted whole. Which writers and how many archives there were is printed; what the machine does
 * not have is named.
 */
import { spawn } from "node:child_process"
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Extracting from "../support/Extracting.ts"

const content: Readonly<Record<string, string | Uint8Array>> = {
  "plain.txt": "a cat on a mat, ".repeat(500),
  "d/empty": "",
  "d/noise.bin": Extracting.noise(100_000),
  "é/猫 😀.png": "x"
}

const Cell = Schema.Struct({ writer: Schema.String, how: Schema.String, file: Schema.String })
type Cell = typeof Cell.Type
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Cell))

const env = { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" }

/** What a command prints, or to a file; `undefined` where there is no such command. */
const run = (command: string, args: ReadonlyArray<string>, cwd: string, output?: string): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    const printed: Array<Buffer> = []
    const errors: Array<Buffer> = []
    const file = output === undefined ? undefined : createWriteStream(join(cwd, output))
    if (file === undefined) child.stdout.on("data", (chunk: Buffer) => printed.push(chunk))
    else child.stdout.pipe(file)
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk))
    child.once("error", () => resolve(undefined))
    child.once("close", (code) => {
      if (code !== 0) return reject(new Error(`${command} ${args.join(" ")}: ${Buffer.concat(errors).toString()}`))
      const done = () => resolve(Buffer.concat(printed).toString())
      if (file === undefined || file.writableFinished) done()
      else file.once("finish", done)
    })
  })

interface Place {
  readonly files: string
  readonly archives: string
}

/** A program beside this test that tells of each archive it writes. */
const program =
  (command: string, name: string, before: ReadonlyArray<string> = []) =>
  async ({ archives, files }: Place): Promise<ReadonlyArray<Cell> | undefined> => {
    const path = fileURLToPath(new URL(`../support/writers/${name}`, import.meta.url))
    const printed = await run(command, [...before, path, files, archives], archives)
    return printed
      ?.trim()
      .split("\n")
      .map((line) => decode(line))
  }

/** A command that is called once for each archive; `output` where it writes to its standard output. */
const commands =
  (
    command: string,
    version: readonly [flag: string, pattern: RegExp],
    calls: (archive: string) => Readonly<Record<string, readonly [args: ReadonlyArray<string>, output?: true]>>
  ) =>
  async ({ archives, files }: Place): Promise<ReadonlyArray<Cell> | undefined> => {
    const about = await run(command, [version[0]], files)
    if (about === undefined) return undefined
    const writer = `${command} ${version[1].exec(about)?.[1] ?? "of unknown version"}`
    return Promise.all(
      Object.keys(calls("")).map(async (how, index) => {
        const file = `${command}-${index}.zip`
        const [args, isPiped] = calls(join(archives, file))[how] ?? [[]]
        await run(command, args, files, isPiped === true ? `../archives/${file}` : undefined)
        return { writer, how, file }
      })
    )
  }

/** Each writer, and how many archives it writes. */
const writers: ReadonlyArray<
  readonly [name: string, cells: number, write: (place: Place) => Promise<ReadonlyArray<Cell> | undefined>]
> = [
  [
    "archiver 7 and 8, zip-stream, yazl, zip.js, fflate 0.7 and 0.8, jszip, adm-zip",
    66,
    program(process.execPath, "npm.mjs")
  ],
  ["Python", 8, program("python3", "python.py", ["-X", "utf8"])],
  ["Java", 6, program("java", "Writers.java", ["-Dfile.encoding=UTF-8", "-XX:TieredStopAtLevel=1"])],
  ["Go", 3, program("go", "writers.go", ["run"])],
  [
    "Info-ZIP zip",
    8,
    commands("zip", ["-v", /This is Zip (\S+)/], (archive) => ({
      deflated: [["-qr", archive, "."]],
      stored: [["-qr0", archive, "."]],
      "deflated, zip64": [["-qr", "-fz", archive, "."]],
      "stored, zip64": [["-qr0", "-fz", archive, "."]],
      "deflated, streamed": [["-qr", "-", "."], true],
      "stored, streamed": [["-qr0", "-", "."], true],
      "streamed, no directories": [["-qrD", "-", "."], true],
      "no extra fields": [["-qrX", archive, "."]]
    }))
  ],
  [
    "bsdtar",
    6,
    commands("bsdtar", ["--version", /bsdtar (\S+)/], (archive) => ({
      deflated: [["--format", "zip", "-cf", archive, "."]],
      stored: [["--format", "zip", "--options", "zip:compression=store", "-cf", archive, "."]],
      zip64: [["--format", "zip", "--options", "zip:zip64", "-cf", archive, "."]],
      "deflated, streamed": [["--format", "zip", "-cf", "-", "."], true],
      "stored, streamed": [["--format", "zip", "--options", "zip:compression=store", "-cf", "-", "."], true],
      "zip64, streamed": [["--format", "zip", "--options", "zip:zip64", "-cf", "-", "."], true]
    }))
  ],
  ...["7z", "7zz"].map(
    (command) =>
      [
        command,
        2,
        commands(command, ["i", /7-Zip.*?(\d+\.\d+)/], (archive) => ({
          deflated: [["a", "-tzip", archive, "."]],
          stored: [["a", "-tzip", "-mx=0", archive, "."]]
        }))
      ] as const
  )
]

describe("Archives of real writers", () => {
  const extractsAll = () =>
    Effect.gen(function* () {
      const base = TestDirectory.make("writers")
      const place: Place = { files: join(base, "files"), archives: join(base, "archives") }
      mkdirSync(place.archives)
      for (const [name, bytes] of Object.entries(content)) {
        mkdirSync(join(place.files, name, ".."), { recursive: true })
        writeFileSync(join(place.files, name), bytes)
      }
      const written = yield* Effect.promise(() =>
        Promise.all(writers.map(async ([name, due, write]) => ({ name, due, cells: await write(place) })))
      )
      const cells = written.flatMap(({ cells = [] }) => cells)
      const due = Object.entries(Extracting.treeOf(content)).filter(([name]) => !name.endsWith("/"))
      const wrong = yield* Effect.forEach(
        cells,
        Effect.fnUntraced(function* ({ file, how, writer }) {
          const directory = TestDirectory.make("extracted")
          const outcome = yield* Extracting.run({ file: join(place.archives, file) }, directory)
          const isWhole = outcome.events.at(-1)?._tag === "Completed"
          const files = Object.entries(Extracting.tree(directory)).filter(([name]) => !name.endsWith("/"))
          const isRight = JSON.stringify(files) === JSON.stringify(due)
          return isWhole && isRight
            ? []
            : [`${writer}: ${how}: ${isWhole ? "other files" : Extracting.failure(outcome).message}`]
        }),
        { concurrency: 8 }
      )
      const versions = [...new Set(cells.map(({ writer }) => writer))]
      const absent = written.flatMap(({ cells, name }) => (cells === undefined ? [name] : []))
      process.stdout.write(
        `${cells.length} archives of ${versions.length} writers: ${versions.join(", ")}\n` +
          `not on this machine: ${absent.join(", ") || "none"}\n`
      )
      assert.deepStrictEqual(wrong.flat(), [])
      for (const { cells, due, name } of written) assert.include([undefined, due], cells?.length, name)
      assert.isAtLeast(cells.length, 66)
    }).pipe(Effect.provide(Extracting.layer))
  it.live("are extracted whole", extractsAll, 180_000)
})
