/** The core in a real browser: nothing of Node is needed, neither in a page nor in a worker. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import path from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { rolldown } from "rolldown"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0
)

/** Both scripts in one, as a bundler makes them for a browser. */
const script = Effect.promise(async () => {
  const bundle = await rolldown({
    input: fileURLToPath(new URL("Page.ts", import.meta.url)),
    platform: "browser",
    onLog: (_level, log) => {
      throw new Error(log.message)
    }
  })
  const { output } = await bundle.generate({ format: "esm" })
  await bundle.close()
  return output[0].code
})

/** A server of the page, and what page and worker tell it. */
const serve = Effect.fnUntraced(function* (code: string) {
  const told = { page: Promise.withResolvers<string>(), worker: Promise.withResolvers<string>() }
  const server = createServer((request, response) => {
    const from = request.method === "POST" && (request.url === "/page" ? told.page : told.worker)
    if (from) void text(request).then(from.resolve)
    response.setHeader("content-type", request.url === "/page.js" ? "text/javascript" : "text/html")
    response.end(request.url === "/page.js" ? code : '<script type="module" src="/page.js"></script>')
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => server.close().closeAllConnections()))
  yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
  const address = server.address()
  assert(typeof address === "object" && address !== null)
  return { url: `http://127.0.0.1:${address.port}/`, told: Promise.all([told.page.promise, told.worker.promise]) }
})

/** Opens a page, until the scope ends. */
const open = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const profile = `--user-data-dir=${path.join(TestDirectory.make("browser"), "profile")}`
      return spawn(chromium ?? "", [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-port=0",
        profile,
        url
      ])
    }),
    (browser) => Effect.promise(() => (browser.kill(), once(browser, "close")))
  )

describe("the core in a browser", () => {
  it.live.skipIf(chromium === undefined)("downloads through faults, in a page and in a worker (needs chromium)", () =>
    Effect.gen(function* () {
      const { told, url } = yield* serve(yield* script)
      yield* open(url)
      for (const result of yield* Effect.promise(() => told)) {
        const [archives, bytes, requests] = result.split(" ")
        assert.strictEqual(archives, "1", result)
        assert.isAbove(Number(bytes), 100_000)
        assert.strictEqual(requests, "3", "one was refused, one was cut, one brought the rest")
      }
    })
  )
})
