/** The flag `--archive`: what it may be, and what it may not be given together with. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { UsageError } from "../errors/UsageError.ts"

interface Values {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly manifest: Option.Option<string>
  readonly maxSize: Option.Option<number>
}

/** Fails where the name is none of a file, or what is asked for is for files of the archive. */
export const check = Effect.fnUntraced(function* (
  archive: string,
  path: string,
  { exclude, include, manifest, maxSize }: Values
) {
  const refuse = (message: string) => Effect.fail(new UsageError({ message }))
  if (archive === "-") {
    return yield* refuse("--archive: archives do not go to stdout; give the name of a file")
  }
  const fs = yield* FileSystem.FileSystem
  const isDirectory =
    /(^|[/\\])\.{0,2}$/.test(archive) ||
    (yield* Effect.orElseSucceed(
      Effect.map(fs.stat(path), ({ type }) => type === "Directory"),
      () => false
    ))
  if (isDirectory) {
    return yield* refuse(
      `--archive: ${JSON.stringify(archive)} is a directory; give the name of a file, and the directory by --output`
    )
  }
  const others = {
    include: include.length > 0,
    exclude: exclude.length > 0,
    manifest: Option.isSome(manifest),
    "max-size": Option.isSome(maxSize)
  }
  for (const [flag, isGiven] of Object.entries(others)) {
    if (isGiven) return yield* refuse(`--archive keeps the archive as it is; leave out --${flag}`)
  }
  return undefined
})
