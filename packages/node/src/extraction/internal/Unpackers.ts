/**
 * Threads that unpack, so that the program goes on with other things and more than one core is used. Data reaches them in
 * memory that is shared and used again.
 */
import { extname } from "node:path"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Unpack from "./Unpack.ts"

/** Memory for the data of some entries; whoever takes it gives it back, by `unpack` or unused. */
export interface Slot {
  readonly bytes: Uint8Array
  readonly thread: Thread
  readonly index: number
}

export interface Unpackers {
  /** Memory that nobody uses, as soon as there is some. */
  readonly take: Effect.Effect<Slot>
  readonly giveBack: (slot: Slot) => Effect.Effect<void>
  /** Unpacks what stands in a slot; for each job that failed there is a failure under its number. */
  readonly unpack: (
    slot: Slot,
    jobs: ReadonlyArray<Unpack.Job>
  ) => Effect.Effect<ReadonlyArray<Unpack.Failure | undefined>>
  /** Which files hold exactly what is due. */
  readonly check: (files: ReadonlyArray<Unpack.Check>) => Effect.Effect<ReadonlyArray<boolean>>
}

/** The most data of one slot, in bytes. */
export const slotSize = 4 * 1024 * 1024
/** So many slots has each thread: one that is filled while the other is unpacked. */
const slotsOfThread = 2

/** What a thread leaves behind is small and short-lived; V8 would give it three times as much memory as it is worth. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 }

/** Does what it is asked, one thing after the other. */
interface Thread {
  readonly ask: (request: Unpack.Request) => Effect.Effect<Unpack.Response>
  readonly slots: ReadonlyArray<Uint8Array>
}

/** So many threads; with none, everything is done right here. */
export const make = Effect.fnUntraced(function* (count: number): Effect.fn.Return<Unpackers, never, Scope.Scope> {
  const own = here()
  const threads = count >= 1 ? yield* Effect.forEach(Array.from({ length: count }), () => start) : [own]
  const free: Array<Slot> = threads.flatMap((thread) => thread.slots.map((bytes, index) => ({ thread, bytes, index })))
  const waiting: Array<(slot: Slot) => void> = []
  const giveBack = (slot: Slot) =>
    Effect.sync(() => {
      const next = waiting.shift()
      if (next === undefined) free.push(slot)
      else next(slot)
    })
  let turn = 0

  return {
    giveBack,
    take: Effect.callback((resume) => {
      const slot = free.shift()
      if (slot !== undefined) return resume(Effect.succeed(slot))
      const wait = (slot: Slot) => resume(Effect.succeed(slot))
      waiting.push(wait)
      return Effect.sync(() => void waiting.splice(waiting.indexOf(wait), 1))
    }),
    unpack: (slot, jobs) =>
      Effect.ensuring(
        Effect.map(slot.thread.ask({ _tag: "Unpack", slot: slot.index, jobs }), (response) =>
          response._tag === "Unpacked" ? response.failures : []
        ),
        giveBack(slot)
      ),
    check: (files) =>
      Effect.suspend(() =>
        Effect.map((threads[turn++ % threads.length] ?? own).ask({ _tag: "Check", files }), (response) =>
          response._tag === "Checked" ? response.right : []
        )
      )
  }
})

/** The thread that runs already. */
const here = (): Thread => {
  const slots = [new Uint8Array(slotSize)]
  return { slots, ask: (request) => Effect.sync(() => Unpack.work(request, slots)) }
}

const start: Effect.Effect<Thread, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const slots = Array.from({ length: slotsOfThread }, () => new Uint8Array(new SharedArrayBuffer(slotSize)))
      // Next to this module, in the sources as in the build.
      const file = new URL(`./unpackThread${extname(import.meta.url)}`, import.meta.url)
      return { slots, worker: new Worker(file, { workerData: { slots }, execArgv: [], resourceLimits }) }
    }),
    ({ worker }) => Effect.promise(() => worker.terminate())
  ),
  ({ slots, worker }): Thread => {
    const answers: Array<(answer: Effect.Effect<Unpack.Response>) => void> = []
    worker.on("message", (response: Unpack.Response) => answers.shift()?.(Effect.succeed(response)))
    /** Why there will be no more answers. */
    let end: Effect.Effect<never> | undefined
    const stop = (reason: unknown) => {
      end ??= Effect.die(reason)
      for (const answer of answers.splice(0)) answer(end)
    }
    worker.on("error", stop)
    worker.on("exit", () => stop(new Error("The thread that unpacks has ended")))
    return {
      slots,
      // What was sent is done, whether somebody waits for it or not.
      ask: (request) =>
        Effect.callback<Unpack.Response>((resume) => {
          if (end !== undefined) return resume(end)
          answers.push(resume)
          return worker.postMessage(request)
        }).pipe(Effect.uninterruptible)
    }
  }
)
