/**
 * The jobs of an emulator. A job has no life of its own: what it is at a time follows from its script.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { JobId } from "../../Asset.ts"
import type { JobStatus } from "../../DownloadJob.ts"
import type { JobScript } from "../JobScript.ts"
import type { Content } from "./Content.ts"
import * as Seeded from "./Seeded.ts"

export interface Job {
  readonly id: JobId
  readonly script: JobScript
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The archive, of which there are as many copies as one likes. */
  readonly archive: (copy: number) => Content
}

/** What one look at a job shows. */
export interface Look {
  readonly status: JobStatus
  readonly ended: boolean
  readonly hasUrl: boolean
}

export interface Jobs {
  readonly add: (job: Omit<Job, "id">) => Job
  readonly get: (id: string) => Job | undefined
  /** Looks at a job, and counts the look; none when there is no such job, or not yet. */
  readonly look: (id: JobId, now: number) => { readonly job: Job; readonly look: Look } | undefined
}

/** Ids differ between emulators started at different times, so that a job of yesterday is not found today. */
export const make = (startedAt: number): Jobs => {
  const jobs = new Map<string, { readonly job: Job; looks: number; looksAtEnd: number }>()
  return {
    add: (job) => {
      const withId = { ...job, id: JobId.make(Seeded.id("job", `${startedAt} ${jobs.size}`)) }
      jobs.set(withId.id, { job: withId, looks: 0, looksAtEnd: 0 })
      return withId
    },
    get: (id) => jobs.get(id)?.job,
    look: (id, now) => {
      const entry = jobs.get(id)
      if (entry === undefined) return undefined
      const { createdAt, script } = entry.job
      if (++entry.looks <= script.looksNotFound) return undefined
      const status = script.states[Math.floor((now - createdAt) / Duration.toMillis(script.pace))]
      if (status !== undefined) return { job: entry.job, look: { status, ended: false, hasUrl: false } }
      const hasUrl = script.outcome === "success" && ++entry.looksAtEnd > script.looksWithoutUrl
      return { job: entry.job, look: { status: script.outcome, ended: true, hasUrl } }
    }
  }
}
