/**
 * A thread that unpacks, so that the program goes on with other things and more than one core is used. It is started with its
 * source and not with a file, which a program that was bundled would not have.
 */
import * as Fs from "node:fs"
import { type MessagePort, Worker } from "node:worker_threads"
import * as Zlib from "node:zlib"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Inflate from "../../archive/internal/Inflate.ts"
import * as Unpack from "./Unpack.ts"

/** Memory that only one thread can reach at a time. */
export type Memory = Uint8Array<ArrayBuffer>

/** What became of some jobs: for each that failed a failure under its number. The memory comes back, to be used again. */
export interface Unpacked {
  readonly memory: Memory
  readonly failures: ReadonlyArray<Unpack.Failure | undefined>
}

/** Does what it is asked, one thing after the other. */
export interface Thread {
  readonly unpack: (memory: Memory, jobs: ReadonlyArray<Unpack.Job>) => Effect.Effect<Unpacked>
  readonly sizes: (paths: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<number | undefined>>
  readonly sums: (stretches: ReadonlyArray<Unpack.Stretch>) => Effect.Effect<ReadonlyArray<number | undefined>>
  /** How much it was asked and has not answered yet; without end where it answers no more. */
  readonly load: () => number
}

/** The thread that runs already: after each file, and after a MiB of a larger one, it lets the program go on. */
export const own: Thread = (() => {
  const { sizeOf, sum, unpack } = Unpack.make(Fs, Zlib, Inflate.make(Zlib))
  const step = 1024 * 1024
  const each = <A, B>(all: ReadonlyArray<A>, one: (a: A) => Effect.Effect<B>) =>
    Effect.forEach(all, (a) =>
      Effect.andThen(
        Effect.yieldNow,
        Effect.suspend(() => one(a))
      )
    )

  const sumOf = ({ length, ...from }: Unpack.Stretch): Effect.Effect<number | undefined> => {
    const found = sum({ ...from, length: Math.min(step, length) })
    if (found === undefined || length <= step) return Effect.succeed(found)
    const rest = { path: from.path, start: from.start + step, length: length - step, crc32: found }
    return Effect.andThen(
      Effect.yieldNow,
      Effect.suspend(() => sumOf(rest))
    )
  }

  return {
    load: () => 0,
    unpack: (memory, jobs) =>
      Effect.map(
        each(jobs, (job) => Effect.succeed(unpack(job, memory))),
        (failures) => ({ memory, failures })
      ),
    sizes: (paths) => each(paths, (path) => Effect.succeed(sizeOf(path))),
    sums: (stretches) => each(stretches, sumOf)
  }
})()

type Request =
  | { readonly _tag: "Unpack"; readonly memory: Memory; readonly jobs: ReadonlyArray<Unpack.Job> }
  | { readonly _tag: "Size"; readonly paths: ReadonlyArray<string> }
  | { readonly _tag: "Sum"; readonly stretches: ReadonlyArray<Unpack.Stretch> }

type Response =
  | ({ readonly _tag: "Unpacked" } & Unpacked)
  | { readonly _tag: "Numbers"; readonly numbers: ReadonlyArray<number | undefined> }

/**
 * What a thread does all day. Like {@link Inflate.make} and {@link Unpack.make}, whose results it gets, it refers to nothing
 * around it.
 */
const serve = (port: MessagePort, { sizeOf, sum, unpack }: Unpack.Unpack): void => {
  const answer = (response: Response, moved: ReadonlyArray<ArrayBuffer> = []) => port.postMessage(response, moved)
  port.on("message", (request: Request) => {
    if (request._tag === "Size") return answer({ _tag: "Numbers", numbers: request.paths.map(sizeOf) })
    if (request._tag === "Sum") return answer({ _tag: "Numbers", numbers: request.stretches.map(sum) })
    const { jobs, memory } = request
    return answer({ _tag: "Unpacked", memory, failures: jobs.map((job) => unpack(job, memory)) }, [memory.buffer])
  })
  port.postMessage("ready")
}

/** Some bundlers name functions by a helper that is not part of their source (`keepNames` of esbuild). */
const source = `"use strict"
const __name = (named) => named
const [fs, zlib, { parentPort }] = ["fs", "zlib", "worker_threads"].map((name) => require("node:" + name))
const inflate = (${Inflate.make.toString()})(zlib)
;(${serve.toString()})(parentPort, (${Unpack.make.toString()})(fs, zlib, inflate))
`

/** What a thread leaves behind is small and short-lived; V8 would give it three times as much memory as it is worth. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 }

/** Starts one; none where that is not possible: threads may be forbidden, or a bundler may have made the source unfit. */
export const start: Effect.Effect<Thread | undefined, never, Scope.Scope> = Effect.acquireRelease(
  Effect.orElseSucceed(
    Effect.try(() => new Worker(source, { eval: true, execArgv: [], resourceLimits })),
    () => undefined
  ),
  (worker) => (worker === undefined ? Effect.void : Effect.promise(() => worker.terminate()))
).pipe(Effect.flatMap((worker) => (worker === undefined ? Effect.succeed(undefined) : whenReady(worker))))

/** Its first word is that it has begun. */
const whenReady = (worker: Worker): Effect.Effect<Thread | undefined> =>
  Effect.callback((begun) => {
    const waiting: Array<(answer: Effect.Effect<Response>) => void> = []
    /** Why there will be no more answers. */
    let end: Effect.Effect<never> | undefined
    const stop = (reason: unknown) => {
      begun(Effect.succeed(undefined))
      end ??= Effect.die(reason)
      for (const resume of waiting.splice(0)) resume(end)
    }
    worker.on("error", stop)
    worker.on("exit", () => stop(new Error("The thread that unpacks has ended")))
    worker.once("message", () => {
      worker.on("message", (response: Response) => waiting.shift()?.(Effect.succeed(response)))
      begun(Effect.succeed(thread))
    })

    const ask = (request: Request, moved: ReadonlyArray<ArrayBuffer> = []) =>
      Effect.callback<Response>((resume) => {
        if (end !== undefined) return resume(end)
        waiting.push(resume)
        return worker.postMessage(request, moved)
      }).pipe(
        // What was asked is done, whether somebody waits for it or not.
        Effect.uninterruptible
      )
    const numbers = (request: Request) =>
      Effect.flatMap(ask(request), (response) =>
        response._tag === "Numbers" ? Effect.succeed(response.numbers) : Effect.die(response)
      )
    const thread: Thread = {
      load: () => (end === undefined ? waiting.length : Number.POSITIVE_INFINITY),
      unpack: (memory, jobs) =>
        Effect.flatMap(ask({ _tag: "Unpack", memory, jobs }, [memory.buffer]), (response) =>
          response._tag === "Unpacked" ? Effect.succeed(response) : Effect.die(response)
        ),
      sizes: (paths) => numbers({ _tag: "Size", paths }),
      sums: (stretches) => numbers({ _tag: "Sum", stretches })
    }
    // Whoever has waited for it has given up, and the next one starts another.
    return Effect.promise(() => worker.terminate())
  })
