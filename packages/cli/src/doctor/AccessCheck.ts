/** Whether the API can be reached, accepts the credentials, and has the same time. */
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
import { type AccessProblem, describeAccess } from "../errors/CommandError.ts"
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
  const { baseUrl } = config
  const [elapsed, anonymous] = yield* Effect.timed(Access.askAnonymously(config))
  const problem = Result.isSuccess(configured)
    ? yield* Access.judge(config, anonymous)
    : Access.judgeAnonymous(anonymous)
  const date = anonymous?.response?.headers["date"]
  return [
    Result.match(configured, {
      onFailure: (error) =>
        Check.problem(
          "credentials",
          error.message,
          "To store some: scenario-assets auth login. To try it without an account: scenario-assets emulate",
          ExitCode.of(error)
        ),
      onSuccess: ({ config, source }) => ofCredentials(config, source, problem)
    }),
    ofApi(baseUrl, elapsed, problem),
    ...(yield* ofProxies(baseUrl)),
    ...(Scenario.isUnencrypted(baseUrl) ? [ofEncryption] : []),
    ...(date === undefined ? [] : yield* ofClock(date, elapsed))
  ]
})

/** Without credentials that could be sent: to be turned away is an answer too. */
const stranger = Effect.fnUntraced(function* (connection: Connection) {
  const baseUrl = yield* Scenario.baseUrl(connection)
  return yield* ScenarioConfig.make({ baseUrl, bearerToken: Redacted.make("none") })
})

const ofCredentials = (
  { baseUrl, credentials }: ScenarioConfig.ScenarioConfig["Service"],
  source: Option.Option<Credentials.Source>,
  problem: AccessProblem | undefined
): Check.Check => {
  const from = Option.match(source, { onNone: () => "", onSome: Credentials.describeSource })
  const what = `${Credentials.describe(credentials)} from ${from}`
  switch (problem?.kind) {
    case undefined:
      return Check.ok("credentials", `${what}, accepted by the API`)
    case "rejected":
    case "forbidden":
      return Check.problem(
        "credentials",
        `${what}: ${describeAccess(baseUrl, problem)}`,
        "To store others: scenario-assets auth login",
        ExitCode.ofAccess(problem)
      )
    default:
      return Check.warning("credentials", `${what}, not checked`, 'See "api".')
  }
}

const ofApi = (baseUrl: string, elapsed: Duration.Duration, problem: AccessProblem | undefined): Check.Check =>
  problem === undefined || problem.kind === "rejected" || problem.kind === "forbidden"
    ? Check.ok("api", `${baseUrl} answered after ${Format.time(Duration.toMillis(elapsed))}`)
    : Check.problem(
        "api",
        problem.kind === "unchecked"
          ? `${baseUrl}: ${problem.answer.reason.message}`
          : describeAccess(baseUrl, problem),
        "To use another API: --base-url URL",
        ExitCode.ofAccess(problem)
      )

/** The way to the API, and that to storage hosts, which nobody knows before there is a link. */
const ofProxies = (baseUrl: string) =>
  Effect.all([NodeScenario.proxyFor(baseUrl), NodeScenario.proxyFor(anyHost)]).pipe(
    Effect.map(([api, storage]) => [
      ...Option.match(api, {
        onNone: () => [],
        onSome: (proxy) => [Check.ok("proxy", `the API is reached through ${named(proxy)}`)]
      }),
      ...Option.match(storage, {
        onNone: () => (Option.isNone(api) ? [] : [Check.ok("proxy", "storage hosts are reached directly")]),
        onSome: (proxy) => [
          Check.ok("proxy", `storage hosts are reached through ${named(proxy)}, unless NO_PROXY lists them`)
        ]
      })
    ]),
    Effect.catch(({ message }) =>
      Effect.succeed([Check.problem("proxy", message, "Or unset it.", ExitCode.exitCodes.usage)])
    )
  )

const anyHost = "https://storage.invalid"

const named = ({ origin, variable }: NodeScenario.Proxy): string => `${origin} (${variable})`

const ofEncryption = Check.warning(
  "encryption",
  Scenario.unencryptedDanger,
  `To be safe, ${Scenario.unencryptedAdvice}.`
)

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
      ? Check.ok("clock", `within ${Math.ceil(Math.abs(ahead) / 1000) || 1}s of the API's`)
      : Check.warning(
          "clock",
          `${difference} ${ahead > 0 ? "ahead of" : "behind"} the API's`,
          "Set the clock, best by NTP: download links expire by it."
        )
  ]
})

const tolerance = 30_000
