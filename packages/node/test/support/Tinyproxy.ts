/** A real proxy on this machine: tinyproxy, where it is installed. */
import { spawn, spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { Effect, Schedule, type Scope } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

export const isInstalled = spawnSync("tinyproxy", ["-v"]).status === 0

export interface Tinyproxy {
  readonly port: number
  /** The requests it was sent, such as `CONNECT 127.0.0.1:443 HTTP/1.1`. */
  readonly requests: () => ReadonlyArray<string>
}

/** Starts one for as long as the scope is open, perhaps with a name and a password. */
export const make = (access?: {
  readonly name: string
  readonly password: string
}): Effect.Effect<Tinyproxy, never, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* freePort
    const directory = TestDirectory.make("tinyproxy")
    const log = join(directory, "log")
    const config = join(directory, "conf")
    writeFileSync(log, "")
    writeFileSync(
      config,
      [
        `Port ${port}`,
        "Listen 127.0.0.1",
        "Timeout 600",
        `LogFile "${log}"`,
        "LogLevel Connect",
        ...(access === undefined ? [] : [`BasicAuth ${access.name} ${access.password}`])
      ].join("\n")
    )
    yield* Effect.acquireRelease(
      Effect.sync(() => spawn("tinyproxy", ["-d", "-c", config], { stdio: "ignore" })),
      (child) =>
        Effect.callback<void>((resume) => {
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    )
    yield* Effect.orDie(Effect.retry(reach(port), Schedule.spaced("20 millis")))
    return {
      port,
      requests: () =>
        readFileSync(log, "utf8")
          .split("\n")
          .flatMap((line) => /Request \(file descriptor \d+\): (.*)$/.exec(line)?.[1] ?? [])
    }
  })

const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

const reach = (port: number) =>
  Effect.callback<void, Error>((resume) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.once("error", (error) => resume(Effect.fail(error)))
  })
