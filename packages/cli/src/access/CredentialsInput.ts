/**
 * Credentials from the person who has them: asked for on a terminal, which does not show them, or else read from stdin. They
 * are never arguments, which other users can see and shells remember.
 */
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Terminal from "effect/Terminal"
import { UsageError } from "../errors/CommandError.ts"
import { Output } from "../output/Output.ts"
import type { Stored } from "./CredentialsFile.ts"

export type Kind = "key" | "token"

export const read = Effect.fnUntraced(function* (kind: Kind, baseUrl: string) {
  const { stdinIsTerminal } = yield* Stdio.Stdio
  return (yield* stdinIsTerminal) ? yield* ask(kind, baseUrl) : yield* fromStdin(kind)
})

const ask = (kind: Kind, baseUrl: string) =>
  Effect.gen(function* () {
    const { note } = yield* Output
    if (kind === "token") return { bearerToken: yield* hidden(`Bearer token for ${baseUrl}:`, "bearer token") }
    yield* note("API keys are created in Scenario, under Organization settings > API Keys.")
    return {
      apiKey: yield* hidden(`API key for ${baseUrl}:`, "API key"),
      apiSecret: yield* hidden("API secret:", "API secret")
    }
  }).pipe(
    Effect.updateService(Terminal.Terminal, onStderr),
    Effect.catchTag("QuitError", () =>
      Effect.andThen(
        Effect.sync(() => {
          // Whatever comes next begins a line of its own, below the question, and what was said of the answer is gone.
          process.stderr.write("\n\u001b[J")
          // A terminal that is asked key by key sends no signal.
          process.kill(process.pid, "SIGINT")
        }),
        Effect.never
      )
    )
  )

const hidden = (message: string, what: string) =>
  Prompt.run(
    Prompt.Hidden({
      message,
      theme: { prefix: "", tick: "", pointerSmall: "", ellipsis: "" },
      validate: (text) =>
        text.trim() === "" ? Effect.fail(`Enter the ${what}, or press Ctrl-C to cancel`) : Effect.succeed(text.trim())
    })
  )

/** Data alone goes to stdout. */
const onStderr = (terminal: Terminal.Terminal): Terminal.Terminal => ({
  ...terminal,
  display: (text) => Effect.sync(() => void process.stderr.write(text))
})

const fromStdin = Effect.fnUntraced(function* (kind: Kind): Effect.fn.Return<Stored, UsageError, Stdio.Stdio> {
  const { stdin } = yield* Stdio.Stdio
  const text = yield* Stream.mkString(Stream.decodeText(stdin)).pipe(
    Effect.mapError(() => new UsageError({ message: "stdin cannot be read" }))
  )
  const lines = text.trim().split(/\s*\n\s*/)
  if (kind === "token") {
    const [token = ""] = lines
    return lines.length === 1 && token !== ""
      ? { bearerToken: Redacted.make(token) }
      : yield* new UsageError({ message: "stdin holds no token; write it on one line" })
  }
  const [, key, secret] = /^([^:\n]+)[:\n](.+)$/.exec(lines.join("\n")) ?? []
  return key !== undefined && secret !== undefined
    ? { apiKey: Redacted.make(key), apiSecret: Redacted.make(secret) }
    : yield* new UsageError({
        message: "stdin holds no API key and secret; write KEY:SECRET on one line, or the key and the secret on two"
      })
})
