/** Counts what happens during a download, for its report. */
import type { RunId } from "../../runs/RunRecord.ts"
import type { DownloadEvent, DownloadReport, Failed, SavedArchive } from "../DownloadEvent.ts"

export interface Tally {
  readonly take: (event: DownloadEvent) => void
  readonly report: (isBegun: boolean) => DownloadReport
}

export const make = (of: {
  readonly runId: RunId | undefined
  readonly place: string
  readonly batches: number
}): Tally => {
  const jobs = new Map<number, DownloadReport["jobs"][number]>()
  const archives: Array<SavedArchive> = []
  const failures: Array<Failed> = []
  const notFound: { count: number; readonly ids: Array<DownloadReport["notFound"]["ids"][number]> } = {
    count: 0,
    ids: []
  }
  /** Of the files of each batch. */
  const files = new Map<number, Counts>()
  /** How many files of a batch came from an archive that another one has taken the place of. */
  const brought = new Map<number, number>()
  const filesOf = (batch: number) => {
    const found = files.get(batch) ?? { ...none }
    files.set(batch, found)
    return found
  }

  return {
    take: (event) => {
      switch (event._tag) {
        case "IdsNotFound":
          notFound.count += event.ids.length
          notFound.ids.push(...event.ids.slice(0, mostIds - notFound.ids.length))
          return
        case "JobStarted": {
          const { batch, jobId, resumed } = event
          jobs.set(batch, { batch, jobId, resumed })
          return
        }
        case "FilesSaved":
          for (const { alreadyThere, size, why } of event.files) {
            const counts = filesOf(event.batch)
            if (why.length > 0) counts.renamed++
            counts.files++
            counts.bytes += size
            if (alreadyThere) counts.alreadyThere++
          }
          return
        case "FileRefused":
          filesOf(event.batch).refused++
          return
        case "ArchiveSaved": {
          const { _tag, ...archive } = event
          // What this run itself has brought from an archive that was damaged was not there before.
          const alreadyThere = Math.max(0, archive.alreadyThere - (brought.get(event.batch) ?? 0))
          archives.push({ ...archive, alreadyThere })
          return
        }
        case "ArchiveFailed":
          // The archive that comes in its place has the same files.
          if (event.startsAnew) {
            const { alreadyThere, files: saved } = filesOf(event.batch)
            brought.set(event.batch, saved - alreadyThere)
            files.delete(event.batch)
          } else failures.push({ batch: event.batch, jobId: event.jobId, error: event.error })
          return
        case "BatchFailed": {
          const { _tag, ...failed } = event
          failures.push(failed)
          return
        }
        default:
      }
    },
    report: (isBegun) => {
      const saved = new Set(archives.map(({ batch }) => batch))
      // Of an archive that could not be saved as a whole, what could be saved of it is there.
      const others = [...files].flatMap(([batch, counts]) =>
        saved.has(batch)
          ? []
          : [{ ...counts, alreadyThere: Math.max(0, counts.alreadyThere - (brought.get(batch) ?? 0)), fetched: 0 }]
      )
      const total = (of: (counts: Pick<SavedArchive, "files" | "bytes" | "alreadyThere" | "fetched">) => number) =>
        sum([...archives, ...others], of)
      return {
        ...(of.runId === undefined ? {} : { runId: of.runId }),
        state: failures.length + notFound.count > 0 ? "incomplete" : isBegun ? "begun" : "complete",
        place: of.place,
        batches: of.batches,
        files: total(({ files }) => files),
        bytes: total(({ bytes }) => bytes),
        alreadyThere: total(({ alreadyThere }) => alreadyThere),
        fetched: total(({ fetched }) => fetched),
        renamed: sum([...files.values()], ({ renamed }) => renamed),
        refused: sum([...files.values()], ({ refused }) => refused),
        notFound: { count: notFound.count, ids: [...notFound.ids] },
        jobs: [...jobs.values()].toSorted((a, b) => a.batch - b.batch),
        archives: archives.toSorted((a, b) => a.batch - b.batch),
        failures: failures.toSorted((a, b) => a.batch - b.batch)
      }
    }
  }
}

/** Nobody reads more. */
const mostIds = 100

/** Files of a batch, as they are told. */
interface Counts {
  files: number
  bytes: number
  alreadyThere: number
  renamed: number
  refused: number
}

const none: Counts = { files: 0, bytes: 0, alreadyThere: 0, renamed: 0, refused: 0 }

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)
