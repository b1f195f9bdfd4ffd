/** One process from its start to its end: how long it took, and what it cost. */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { BenchError } from "./BenchError.ts"

export interface Command {
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly env?: NodeJS.ProcessEnv | undefined
}

export interface Finished {
  /** Seconds from before the start to the end, the start-up of the program included. */
  readonly wall: number
  /** Seconds of CPU, in user and kernel. Only where there is `/proc`. */
  readonly cpu: number | undefined
  /** Most memory held at once, in bytes. Only where there is `/proc`. */
  readonly peak: number | undefined
  readonly stdout: string
}

/** Runs a command to its end. It is killed when interrupted, and fails with what it wrote on stderr. */
export const run = ({ args, env, file }: Command): Effect.Effect<Finished, BenchError> =>
  Effect.callback((resume) => {
    const started = performance.now()
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } })
    const cost = watch(child)
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

/** Looks at `/proc` again and again: Node does not tell what its children have used. */
const watch = (
  child: ChildProcess
): (() => { readonly cpu: number | undefined; readonly peak: number | undefined }) => {
  let cpu: number | undefined
  let peak: number | undefined
  const look = () => {
    try {
      const stat = readFileSync(`/proc/${child.pid}/stat`, "latin1")
      const [user, system] = stat
        .slice(stat.lastIndexOf(")") + 2)
        .split(" ")
        .slice(11, 13)
      cpu = Math.max(cpu ?? 0, (Number(user) + Number(system)) / ticksPerSecond)
      const most = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, "latin1"))?.[1]
      if (most !== undefined) peak = Math.max(peak ?? 0, Number(most) * 1024)
    } catch {
      // The process has ended, or this system has no /proc.
    }
  }
  // A program that is missing gives an error, and no exit.
  const timer = setInterval(look, lookEvery).unref()
  for (const end of ["exit", "error"]) child.once(end, () => clearInterval(timer))
  return () => ({ cpu, peak })
}
