/**
 * Which faults the next request meets.
 *
 * @since 0.1.0
 */
import type { Fault } from "../Fault.ts"
import type { Kind, Target } from "./FaultKind.ts"

/** The faults that were injected, and what is left of them. */
export interface FaultPlan {
  readonly inject: (faults: ReadonlyArray<Fault>) => void
  readonly clear: () => void
  /** Counts a request, and says what it meets. */
  readonly strike: (target: Target) => Strike
}

/** What one request meets: at most one fault of each slot. */
export interface Strike {
  readonly get: <Tag extends Kind["_tag"]>(tag: Tag) => Extract<Kind, { readonly _tag: Tag }> | undefined
}

/** Nothing at all. */
export const none: Strike = { get: () => undefined }

export const make = (): FaultPlan => {
  let entries: Array<{ readonly fault: Fault; seen: number; used: number }> = []
  return {
    inject: (faults) => {
      entries.push(...faults.map((fault) => ({ fault, seen: 0, used: 0 })))
    },
    clear: () => {
      entries = []
    },
    strike: (target) => {
      const slots = new Map<Slot, (typeof entries)[number]>()
      for (const entry of entries) {
        const { kind, skip, target: wanted, times } = entry.fault
        if (wanted !== target || entry.used >= times) continue
        entry.seen++
        if (entry.seen > skip && !slots.has(slotOf[kind._tag])) slots.set(slotOf[kind._tag], entry)
      }
      const met = [...slots].filter(([slot]) => !slots.has("answer") || slot === "answer" || slot === "delay")
      for (const [, entry] of met) entry.used++
      const kinds = met.map(([, { fault }]) => fault.kind)
      return {
        get: (tag) => kinds.find((kind): kind is Extract<Kind, { readonly _tag: typeof tag }> => kind._tag === tag)
      }
    }
  }
}

type Slot = "delay" | "rate" | "answer" | "ending" | "length" | "object" | "etag" | "range" | "checksum" | "content"

const slotOf: { readonly [Tag in Kind["_tag"]]: Slot } = {
  Delay: "delay",
  Throttle: "rate",
  Status: "answer",
  Html: "answer",
  MalformedJson: "answer",
  Redirect: "answer",
  Drop: "answer",
  Reset: "ending",
  Cut: "ending",
  CutUndeclared: "ending",
  Stall: "ending",
  WrongLength: "length",
  ChangedETag: "object",
  WeakETag: "etag",
  NoETag: "etag",
  IgnoreRange: "range",
  WrongRange: "range",
  WrongChecksum: "checksum",
  Corrupt: "content"
}
