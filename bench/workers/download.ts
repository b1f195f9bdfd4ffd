/** Downloads one object to a file by the library, as a program that uses it would, and prints the time it took. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as SignedUrl from "../../packages/core/src/SignedUrl.ts"
import * as FileDownload from "../../packages/node/src/file/FileDownload.ts"
import * as NodeScenario from "../../packages/node/src/NodeScenario.ts"
import { signedUrl } from "../../test-support/SignedUrls.ts"
import { credentials } from "../Server.ts"

const loaded = performance.now()
const [link = "", target = "", connections] = process.argv.slice(2)
const url = signedUrl(link)

const program = Effect.flatMap(FileDownload.FileDownload, (files) =>
  files.run({ url, refresh: Effect.succeed(url) }, target, {
    expect: "zip",
    connections: connections === undefined ? undefined : Number(connections)
  })
).pipe(
  Effect.provideService(References.MinimumLogLevel, "Warn"),
  Effect.provide(
    NodeScenario.layer({
      apiKey: Redacted.make(credentials.apiKey),
      apiSecret: Redacted.make(credentials.apiSecret),
      // Links by http are followed only where the API is http.
      baseUrl: SignedUrl.origin(url)
    })
  )
)

await Effect.runPromise(program)
process.stdout.write(JSON.stringify({ seconds: (performance.now() - loaded) / 1000 }))
