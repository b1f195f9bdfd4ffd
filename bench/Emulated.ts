/** The emulator as the server, where there is no nginx: one process for each object. */
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { BenchError } from "./BenchError.ts"
import type { Certificate } from "./Certificate.ts"
import * as Process from "./Process.ts"
import type { Server } from "./Server.ts"

const worker = fileURLToPath(new URL("workers/emulator.ts", import.meta.url))

const Served = Schema.fromJsonString(
  Schema.Struct({
    bytes: Schema.Int,
    sha256: Schema.String,
    url: Schema.String,
    apiUrl: Schema.String,
    jobId: Schema.String
  })
)
const decode = Schema.decodeUnknownOption(Served)

export const make = ({ cert, key }: Certificate, why: string): Server => ({
  name: `the emulator (${why})`,
  serve: Effect.fnUntraced(function* (wish) {
    const child = yield* Process.serve({
      file: process.execPath,
      args: [worker, JSON.stringify({ ...wish, cert, key })],
      env: { NODE_EXTRA_CA_CERTS: cert }
    })
    const told = yield* Effect.callback<string>((resume) => {
      const lines = createInterface(child.stdout)
      lines.once("line", (line) => resume(Effect.succeed(line)))
      lines.once("close", () => resume(Effect.succeed("")))
    })
    return yield* Effect.fromOption(decode(told)).pipe(
      Effect.mapError(() => new BenchError({ message: "The emulator did not start." }))
    )
  })
})
