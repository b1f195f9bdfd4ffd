/** Ids from flags, arguments, files and stdin, and what they ask for together. */
import { AssetId, JobId } from "@scenario-assets/core/Asset"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Selection from "@scenario-assets/core/Selection"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { UsageError } from "../errors/CommandError.ts"
import * as InputFile from "../files/InputFile.ts"
import * as Arguments from "../settings/Arguments.ts"
import * as Id from "./Id.ts"
import * as IdKind from "./IdKind.ts"
import * as IdList from "./IdList.ts"

/** Where ids come from. */
export interface Words {
  /** Arguments; `-` stands for stdin. */
  readonly ids: ReadonlyArray<string>
  /** Files of ids; `-` stands for stdin. */
  readonly files: ReadonlyArray<string>
}

export interface Input extends Words {
  readonly assets: ReadonlyArray<string>
  readonly inferences: ReadonlyArray<string>
  readonly models: ReadonlyArray<string>
  readonly jobs: ReadonlyArray<string>
}

/** What is asked for. A run was started earlier, and is resumed. */
export type Wanted =
  | { readonly _tag: "Assets"; readonly selection: Selection.Selection; readonly duplicateCount: number }
  | { readonly _tag: "Jobs"; readonly jobIds: Arr.NonEmptyReadonlyArray<JobId> }
  | { readonly _tag: "Run"; readonly runId: string }
  /** No id at all, where that is allowed. */
  | { readonly _tag: "Everything" }

/** Everything that a download is asked for. Without an id it fails, unless that stands for everything in the project. */
export const read = Effect.fnUntraced(function* (input: Input, options: { readonly orEverything?: boolean } = {}) {
  const flags = [
    ["asset", input.assets],
    ["inference", input.inferences],
    ["model", input.models],
    ["job", input.jobs]
  ] as const
  const named = flags.flatMap(([kind, given]) => given.map((id) => ({ id: `${kind} ${id}`, from: `--${kind}` })))
  const ids = yield* all(input, (word) => readNamed(word, downloadable), named)
  const of = (kind: IdKind.IdKind) => ids.flatMap((id) => (id.kind === kind ? [id.id] : []))
  const [runs, jobs] = [Arr.dedupe(of("run")), of("job")]
  if (runs.length > 0) return yield* single(runs, ids.length)
  if (ids.length === 0 && options.orEverything === true) {
    const wanted: Wanted = { _tag: "Everything" }
    return wanted
  }
  if (!Arr.isReadonlyArrayNonEmpty(jobs)) {
    const [assetIds, inferenceIds, modelIds] = [of("asset"), of("inference"), of("model")]
    const selection = yield* Selection.make({ assetIds, inferenceIds, modelIds })
    const wanted: Wanted = { _tag: "Assets", selection, duplicateCount: ids.length - selection.size }
    return wanted
  }
  if (jobs.length < ids.length) {
    return yield* new UsageError({
      message: `jobs and other ids cannot be downloaded together; run a separate command for ${jobs[0]}`
    })
  }
  return ofJobs(jobs)
})

/** Jobs, or a run, for a command that takes nothing else. An id without a prefix is that of a job. */
export const readJobs = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const ids = yield* all({ ids: words, files: [] }, (word) => ofKind(word, ["job", "run"]))
  const runs = Arr.dedupe(ids.filter(({ kind }) => kind === "run").map(({ id }) => id))
  if (runs.length > 0) return yield* single(runs, ids.length)
  const jobs = ids.map(({ id }) => id)
  if (!Arr.isReadonlyArrayNonEmpty(jobs)) return yield* new UsageError({ message: "no job is given; pass its id" })
  return ofJobs(jobs)
})

/** Assets alone, for a command that takes nothing else. An id without a prefix is that of an asset. */
export const readAssets = Effect.fnUntraced(function* (input: Words) {
  const ids = yield* all(input, (word) =>
    word.id.includes(" ") ? readNamed(word, ["asset"]) : ofKind(word, ["asset"])
  )
  const assetIds = Arr.dedupe(ids.map(({ id }) => AssetId.make(id)))
  if (Arr.isReadonlyArrayNonEmpty(assetIds)) return assetIds
  return yield* new UsageError({
    message: "no asset is given; pass ids such as asset_…, a file of ids with --from-file, or - to read ids from stdin"
  })
})

/**
 * Fails where a flag is given that a run does not take: it has its own settings, and its own account. Who takes fewer flags
 * than a download names those that are left.
 */
export const checkFlagsOfRun = Effect.fnUntraced(function* (runId: string, isTaken: (flag: string) => boolean) {
  const flags = [...(yield* Arguments.Flags)].filter((flag) => !isTaken(flag)).map((flag) => `--${flag}`)
  if (flags.length === 0) return
  return yield* new UsageError({
    message: `${runId} keeps the settings it was started with; leave out ${flags.join(" and ")}`
  })
})

const downloadable: ReadonlyArray<IdKind.IdKind> = ["asset", "inference", "model", "job", "run"]

/** The same jobs in any order ask for the same. */
const ofJobs = (jobs: Arr.NonEmptyReadonlyArray<string>): Extract<Wanted, { readonly _tag: "Jobs" }> => {
  const [first, ...others] = Arr.dedupe(jobs).toSorted()
  return { _tag: "Jobs", jobIds: [JobId.make(first ?? jobs[0]), ...others.map((id) => JobId.make(id))] }
}

const single = (runs: ReadonlyArray<string>, count: number) => {
  const [runId = "", other] = runs
  if (other === undefined && count === 1) {
    const wanted: Wanted = { _tag: "Run", runId }
    return Effect.succeed(wanted)
  }
  return Effect.fail(
    new UsageError({ message: `a run is given by itself, without other ids; run a separate command for ${runId}` })
  )
}

/** There may be hundreds of thousands: what is wrong with one is put into words when it is. */
interface Word {
  readonly id: string
  /** The flag, or the file and the line, where it stands; none for an argument. */
  readonly from?: string
  readonly line?: number
}

/** To say where a word stands, before anything else. */
const whereIs = ({ from, line }: Word): string =>
  from === undefined ? "" : line === undefined ? `${from}: ` : `${from}, line ${line}: `

/** An id whose kind is said before it (`model abc`), or by its prefix. */
const readNamed = (word: Word, kinds: ReadonlyArray<IdKind.IdKind>): Result.Result<Asked, string> => {
  const [, name, rest] = /^(asset|inference|model|job)\s+(.*)$/s.exec(word.id) ?? []
  const kind = nameable.find((kind) => kind === name)
  if (kind === undefined || rest === undefined) return ofKind(word, kinds, true)
  return Result.flatMap(
    Result.mapError(Id.read(rest), (why) => whereIs(word) + why),
    ({ id, kind: found }) => {
      if (!kinds.includes(kind)) return Result.fail(whereIs(word) + elsewhere(id, kind))
      // Of what it is the address, an address says itself.
      return Id.isAddress(rest) && found !== undefined && found !== kind
        ? Result.fail(
            `${whereIs(word)}this is the address of ${IdKind.withArticle(found)} (${id}), not of ${IdKind.withArticle(kind)}`
          )
        : Result.succeed({ id, kind })
    }
  )
}

const nameable = ["asset", "inference", "model", "job"] as const

interface Asked {
  readonly id: string
  readonly kind: IdKind.IdKind
}

/** An id of one of these kinds; without a prefix it is of the first, unless the prefix is needed. */
const ofKind = (
  word: Word,
  kinds: ReadonlyArray<IdKind.IdKind>,
  isPrefixNeeded = false
): Result.Result<Asked, string> =>
  Result.flatMap(
    Result.mapError(Id.read(word.id), (why) => whereIs(word) + why),
    ({ id, kind = isPrefixNeeded ? undefined : kinds[0] }) => {
      if (kind !== undefined && kinds.includes(kind)) return Result.succeed({ id, kind })
      return Result.fail(whereIs(word) + (kind === undefined ? withoutPrefix(id) : elsewhere(id, kind)))
    }
  )

const withoutPrefix = (id: string): string =>
  `${Redaction.quoted(id)} does not begin with asset_, inf_, model_, job_ or run_; pass it with --asset, --inference, ` +
  "--model or --job, or write 'asset ID', 'inference ID', 'model ID' or 'job ID' in a file"

/** What takes an id that this command does not take. */
const elsewhere = (id: string, kind: IdKind.IdKind): string => {
  const what = `${Redaction.quoted(id)} is the id of ${IdKind.withArticle(kind)}`
  return kind === "project" ? `${what}; pass it with --project` : `${what}; try: scenario-assets download ${id}`
}

/**
 * Reads the words of arguments, of the lines of files, and some more, one by one: there may be hundreds of thousands. Gives all ids,
 * or what is wrong with the first that is none, and with how many more.
 */
const all = Effect.fnUntraced(function* (
  { files, ids: given }: Words,
  read: (word: Word) => Result.Result<Asked, string>,
  more: ReadonlyArray<Word> = []
) {
  const ids: Array<Asked> = []
  const wrong: Array<string> = []
  const take = (word: Word) => {
    const one = read(word)
    if (Result.isSuccess(one)) ids.push(one.success)
    else wrong.push(one.failure)
  }
  for (const id of given) if (id !== "-") take({ id })
  for (const file of new Set([...files, ...given.filter((id) => id === "-")])) {
    const from = file === "-" ? "stdin" : file
    const bytes = yield* InputFile.read(file, IdList.longestList)
    yield* Result.flatMap(IdList.decode(bytes), (text) =>
      IdList.parse(text, ({ id, line }) => take({ id, from, line }))
    ).pipe(
      Result.mapError((why) => new UsageError({ message: `${from}${why.startsWith("line") ? ", " : " "}${why}` })),
      Effect.fromResult
    )
  }
  more.forEach(take)
  const [first] = wrong
  if (first === undefined) return ids
  const others = wrong.length === 1 ? "" : ` (and ${wrong.length - 1} more that cannot be used)`
  return yield* new UsageError({ message: `${first}${others}` })
})
