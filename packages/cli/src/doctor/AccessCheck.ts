/** Whether the API can be reached, takes the credentials, and has the same time. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Access from "../access/Access.ts"
import * as Credentials from "../access/Credentials.ts"
import * as Scenario from "../access/Scenario.ts"
import * as ExitCode from "../errors/ExitCode.ts"
import type { Connection } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"
import * as Check from "./Check.ts"

export const run = Effect.fnUntraced(function* (connection: Connection) {
  const configured = yield* Effect.result(Scenario.configuration(connection))
  const config = yield* Result.match(configured, {
    onFailure: () => stranger(connection),
    onSuccess: ({ config }) => Effect.succeed(config)
  })
  const [elapsed, answer] = yield* Effect.timed(Access.ask(config))
  const response = answer?.response
  return [
    Result.match(configured, {
      onFailure: (error) =>
        Check.problem(
          "credentials",
          error.message,
          "Store some: scenario-assets auth login. Without an account, try it on an emulator: scenario-assets emulate",
          ExitCode.of(error)
        ),
      onSuccess: ({ config, source }) => ofCredentials(config, source, answer)
    }),
    ofApi(config.baseUrl, elapsed, answer),
    ...(yield* ofProxies(config.baseUrl)),
    ...(Scenario.isUnencrypted(config.baseUrl) ? [ofEncryption] : []),
    ...(response?.headers["date"] === undefined ? [] : yield* ofClock(response.headers["date"], elapsed))
  ]
})

/** Without credentials that could be sent: to be turned away is an answer too. */
const stranger = Effect.fnUntraced(function* (connection: Connection) {
  const baseUrl = yield* Scenario.baseUrl(connection)
  return yield* ScenarioConfig.make({ baseUrl, bearerToken: Redacted.make("none") })
})

const ofCredentials = (
  config: ScenarioConfig.ScenarioConfig["Service"],
  source: Option.Option<Credentials.Source>,
  answer: ApiError | undefined
): Check.Check => {
  const from = Option.match(source, { onNone: () => "", onSome: Credentials.describeSource })
  const what = `${Credentials.describe(config.credentials)} of ${from}`
  if (answer === undefined || Access.isAccepted(answer)) return Check.ok("credentials", `${what}, accepted by the API`)
  return isRefusal(answer)
    ? Check.problem(
        "credentials",
        `${what}: ${answer.reason.message}`,
        "Store others: scenario-assets auth login",
        ExitCode.of(answer)
      )
    : Check.warning("credentials", `${what}, which the API has not checked`, "See the result for the API.")
}

const ofApi = (baseUrl: string, elapsed: Duration.Duration, answer: ApiError | undefined): Check.Check =>
  answer === undefined || Access.isAccepted(answer) || isRefusal(answer)
    ? Check.ok("api", `${baseUrl} has answered after ${Format.time(Duration.toMillis(elapsed))}`)
    : Check.problem(
        "api",
        `${baseUrl}: ${answer.reason.message}`,
        "Another API is given by --base-url URL.",
        ExitCode.of(answer)
      )

/** The way to the API; that to the storage host may be another one. */
const ofProxies = (baseUrl: string) =>
  Effect.match(NodeScenario.proxyFor(baseUrl), {
    onFailure: ({ message }) => [Check.problem("proxy", message, "Or unset it.", ExitCode.exitCodes.usage)],
    onSuccess: Option.match({
      onNone: () => [],
      onSome: ({ origin, variable }) => [Check.ok("proxy", `${baseUrl} is reached through ${origin} (${variable})`)]
    })
  })

const ofEncryption = Check.warning(
  "encryption",
  Scenario.unencryptedDanger,
  `To be safe, ${Scenario.unencryptedAdvice}.`
)

/** The API is there, and does not want whoever asks. */
const isRefusal = ({ reason }: ApiError): boolean => reason._tag === "Unauthorized" || reason._tag === "Forbidden"

/** Signed URLs expire by the clock of the host, and are refreshed in time by the one here. */
const ofClock = Effect.fnUntraced(function* (date: string, elapsed: Duration.Duration) {
  const theirs = DateTime.make(date)
  if (Option.isNone(theirs)) return []
  const ours = DateTime.toEpochMillis(yield* DateTime.now) - Duration.toMillis(elapsed) / 2
  // The header has whole seconds, cut off.
  const ahead = ours - (DateTime.toEpochMillis(theirs.value) + 500)
  const difference = Format.time(Math.abs(ahead))
  return [
    Math.abs(ahead) < tolerance
      ? Check.ok("clock", `as that of the API, to ${Math.ceil(Math.abs(ahead) / 1000) || 1}s`)
      : Check.warning(
          "clock",
          `it is ${difference} ${ahead > 0 ? "ahead of" : "behind"} that of the API`,
          "Set it right, best by NTP: links to archives expire by it."
        )
  ]
})

const tolerance = 30_000
