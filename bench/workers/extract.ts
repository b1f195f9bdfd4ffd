/** Extracts one archive into a directory by the library, as a program that uses it would, and prints the time it took. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as SignedUrl from "../../packages/core/src/SignedUrl.ts"
import * as Extraction from "../../packages/node/src/extraction/Extraction.ts"
import * as NodeScenario from "../../packages/node/src/NodeScenario.ts"
import { signedUrl } from "../../test-support/SignedUrls.ts"
import { credentials } from "../Server.ts"

const loaded = performance.now()
const [link = "", directory = "", threads] = process.argv.slice(2)
const url = signedUrl(link)

const program = Effect.flatMap(Extraction.Extraction, ({ run }) =>
  run({ name: "archive", source: { url, refresh: Effect.succeed(url) } }, directory, {
    threads: threads === undefined ? undefined : Number(threads)
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

const { alreadyThere, files } = await Effect.runPromise(program)
process.stdout.write(JSON.stringify({ seconds: (performance.now() - loaded) / 1000, files, alreadyThere }))
