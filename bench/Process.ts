/** One process from its start to its end: how long it took, and what it cost. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { BenchError } from "./BenchError.ts"

export interface Command {
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly env?: NodeJS.ProcessEnv | undefined
  /** It is one that leaves the work to others which it starts. */
  readonly shell?: boolean | undefined
}

/** Several programs, as a line for the shell, with `$1`, `$2`, … for the arguments. */
export const shell = (line: string, args: ReadonlyArray<string>): Command => ({
  file: "sh",
  args: ["-c", line, "sh", ...args],
  shell: true
})

export interface Finished {
  /** Seconds from before the start to the end, the start-up of the program included. */
  readonly wall: number
  /** Seconds of CPU, in user and kernel, with the processes that it started. Only where there is `/proc`. */
  readonly cpu: number | undefined
  /**
   * Most memory held at once, in bytes; of several processes at the same time, the sum of what each has held at most. Only
   * where there is `/proc`.
   */
  readonly peak: number | undefined
  readonly stdout: string
}

/** Runs a command to its end. It is killed when interrupted, and fails with what it wrote on stderr. */
export const run = ({ args, env, file, shell = false }: Command): Effect.Effect<Finished, BenchError> =>
  Effect.callback((resume) => {
    const started = performance.now()
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } })
    const cost = watch(child, shell)
    const stdout = collect(child.stdout)
    const stderr = collect(child.stderr)
    let wall = 0
    child.once("error", (error) => resume(fail(`${file}: ${error.message}`)))
    child.once("exit", () => {
      wall = (performance.now() - started) / 1000
    })
    child.once("close", (code, signal) => {
      const finished = { wall, ...cost(), stdout: stdout() }
      if (code === 0) resume(Effect.succeed(finished))
      else
        resume(
          fail(
            `${file} ${args.join(" ")}\nended with ${signal ?? code}: ${stderr().slice(-2000)}${stdout().slice(-500)}`
          )
        )
    })
    return kill(child)
  })

/** Starts a process that goes on until the scope is closed. What it writes on stderr is ours too. */
export const serve = ({ args, env, file }: Command) =>
  Effect.acquireRelease(
    Effect.callback<ChildProcess & { readonly stdout: NodeJS.ReadableStream }, BenchError>((resume) => {
      const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } })
      child.once("error", (error) => resume(fail(`${file}: ${error.message}`)))
      child.once("spawn", () => resume(Effect.succeed(child)))
    }),
    // The end of its stdin tells it to end, also where this process is killed and no finalizer runs.
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.stdin?.end()
      }).pipe(Effect.timeoutOrElse({ duration: "5 seconds", orElse: () => kill(child) }))
  )

/** Whether a program can be started, and what it says of its version. */
export const firstLine = (file: string, args: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] })
    // nginx tells its version on stderr.
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
    child.once("error", () => resume(Effect.succeed(undefined)))
    child.once("close", (code) =>
      resume(Effect.succeed(code === 0 ? `${stdout()}${stderr()}`.split("\n")[0] : undefined))
    )
  })

const fail = (message: string) => Effect.fail(new BenchError({ message: message.trim() }))

const kill = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    for (const pid of descendants(child.pid)) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // It has ended.
      }
    }
    child.kill("SIGKILL")
  })

const collect = (stream: NodeJS.ReadableStream): (() => string) => {
  const chunks: Array<Buffer> = []
  stream.on("data", (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString("utf8")
}

/** Milliseconds between two looks at a process: what it does after the last one is not seen. */
const lookEvery = 10
/** What the kernel counts CPU time in: always 100 a second as programs see it (`man 5 proc`, `sysconf(_SC_CLK_TCK)`). */
const ticksPerSecond = 100

/** Not every kernel tells of children. */
const tellsOfChildren = existsSync(`/proc/${process.pid}/task/${process.pid}/children`)

/** The processes that a process has started, and theirs. */
const descendants = (pid: number): ReadonlyArray<number> => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number)
    return children.flatMap((child) => [child, ...descendants(child)])
  } catch {
    return []
  }
}

/** What one process has used so far; nothing where it has ended, or where there is no `/proc`. */
const usage = (pid: number): { readonly cpu: number; readonly peak: number } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
    const most = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]
    return { cpu: (Number(user) + Number(system)) / ticksPerSecond, peak: Number(most ?? 0) * 1024 }
  } catch {
    return undefined
  }
}

/** Looks at `/proc` again and again: Node does not tell what its children have used. */
const watch = (
  child: ChildProcess,
  shell: boolean
): (() => { readonly cpu: number | undefined; readonly peak: number | undefined }) => {
  const cpu = new Map<number, number>()
  let peak = 0
  const look = () => {
    if (child.pid === undefined || (shell && !tellsOfChildren)) return
    let held = 0
    for (const pid of [child.pid, ...descendants(child.pid)]) {
      const used = usage(pid)
      if (used === undefined) continue
      cpu.set(pid, Math.max(cpu.get(pid) ?? 0, used.cpu))
      held += used.peak
    }
    peak = Math.max(peak, held)
  }
  // A program that is missing gives an error, and no exit.
  const timer = setInterval(look, lookEvery).unref()
  for (const end of ["exit", "error"]) child.once(end, () => clearInterval(timer))
  return () => ({
    cpu: cpu.size === 0 ? undefined : [...cpu.values()].reduce((sum, seconds) => sum + seconds, 0),
    peak: peak === 0 ? undefined : peak
  })
}
