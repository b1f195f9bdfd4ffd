import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { RawServer } from "@scenario-assets/node/testing"
import { Effect } from "effect"

const idler = fileURLToPath(new URL("../support/idler.ts", import.meta.url))

describe("connections that are kept", () => {
  it.live("keep no program from ending", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ jobId: "job_one", jobStatus: "queued" })
      const server = yield* RawServer.make(() => ({
        send: RawServer.response("200 OK", [`Content-Length: ${body.length}`], body)
      }))
      let output = ""
      // The host leaves its side open for as long as the test lasts.
      const code = yield* Effect.callback<number | null>((resume) => {
        const child = spawn(process.execPath, [idler, server.origin], { stdio: ["ignore", "pipe", "inherit"] })
        child.stdout.on("data", (text) => (output += String(text)))
        child.once("exit", (code) => resume(Effect.succeed(code)))
        return Effect.sync(() => child.kill("SIGKILL"))
      })
      assert.strictEqual(output, "0 sockets keep this process")
      assert.strictEqual(code, 0)
      assert.strictEqual(yield* server.connectionCount, 2)
    }).pipe(Effect.scoped)
  )
})
