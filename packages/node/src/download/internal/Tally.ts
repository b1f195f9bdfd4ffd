/** Counts what happens during a download, for its report. */
import type { DownloadEvent, DownloadReport, Failed, SavedArchive } from "../DownloadEvent.ts"
import type { RunId } from "../RunRecord.ts"

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
  /** Of the files of each batch. */
  const files = new Map<number, { renamed: number; refused: number }>()
  const filesOf = (batch: number) => {
    const found = files.get(batch) ?? { renamed: 0, refused: 0 }
    files.set(batch, found)
    return found
  }

  return {
    take: (event) => {
      switch (event._tag) {
        case "JobStarted": {
          const { batch, jobId, resumed } = event
          jobs.set(batch, { batch, jobId, resumed })
          return
        }
        case "FilesSaved":
          filesOf(event.batch).renamed += event.files.filter(({ why }) => why.length > 0).length
          return
        case "FileRefused":
          filesOf(event.batch).refused++
          return
        case "ArchiveSaved": {
          const { _tag, ...archive } = event
          archives.push(archive)
          return
        }
        case "ArchiveFailed":
          // The archive that comes in its place has the same files.
          if (event.startsAnew) files.delete(event.batch)
          else failures.push({ batch: event.batch, jobId: event.jobId, error: event.error })
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
      const total = (of: (archive: SavedArchive) => number) => sum(archives, of)
      return {
        ...(of.runId === undefined ? {} : { runId: of.runId }),
        state: failures.length > 0 ? "incomplete" : isBegun ? "begun" : "complete",
        place: of.place,
        batches: of.batches,
        files: total(({ files }) => files),
        bytes: total(({ bytes }) => bytes),
        alreadyThere: total(({ alreadyThere }) => alreadyThere),
        fetched: total(({ fetched }) => fetched),
        renamed: sum([...files.values()], ({ renamed }) => renamed),
        refused: sum([...files.values()], ({ refused }) => refused),
        jobs: [...jobs.values()].toSorted((a, b) => a.batch - b.batch),
        archives: archives.toSorted((a, b) => a.batch - b.batch),
        failures: failures.toSorted((a, b) => a.batch - b.batch)
      }
    }
  }
}

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)
