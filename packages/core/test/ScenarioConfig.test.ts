import { assert, describe, it } from "@effect/vitest"
import { ScenarioConfig } from "@scenario-assets/core"
import { Config, ConfigProvider, Effect, Layer, Redacted } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as Leaks from "./Leaks.ts"

const key = Redacted.make(Canary.key)
const secret = Redacted.make(Canary.secret)
const basic = { apiKey: key, apiSecret: secret }

const names = "set SCENARIO_API_KEY and SCENARIO_API_SECRET, or SCENARIO_SDK_JWT alone"

/** What an error about the environment says where it is one about options. */
const byOptions = (message: string) =>
  message
    .replaceAll("SCENARIO_API_KEY", "apiKey")
    .replaceAll("SCENARIO_API_SECRET", "apiSecret")
    .replaceAll("SCENARIO_SDK_JWT", "bearerToken")

/** The configuration that an environment gives. */
const fromEnvironment = (environment: Record<string, string>, options?: { readonly preserveEmptyStrings?: boolean }) =>
  ScenarioConfig.ScenarioConfig.pipe(
    Effect.provide(ScenarioConfig.layerConfig),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(environment, options))
  )

const sdk = { SCENARIO_SDK_API_KEY: `${Canary.key}-sdk`, SCENARIO_SDK_API_SECRET: `${Canary.secret}-sdk` }
const guide = { SCENARIO_API_KEY: `${Canary.key}-guide`, SCENARIO_API_SECRET: `${Canary.secret}-guide` }

/** Which of the canaries the credentials are. */
const reveal = ({ credentials }: ScenarioConfig.ScenarioConfig["Service"]): ReadonlyArray<string> =>
  credentials._tag === "Basic"
    ? [Redacted.value(credentials.key), Redacted.value(credentials.secret)]
    : [Redacted.value(credentials.token)]

const refused = Effect.fnUntraced(function* <A, E>(config: Effect.Effect<A, E>) {
  const error = yield* Effect.flip(config)
  assert.instanceOf(error, ScenarioConfig.InvalidConfig)
  Leaks.assertNone(error)
  return error
})

describe("ScenarioConfig.fromEnvironment", () => {
  it.effect("reads the names of the guides", () =>
    Effect.gen(function* () {
      const config = yield* fromEnvironment(guide)
      assert.deepStrictEqual(reveal(config), Object.values(guide))
      assert.strictEqual(config.baseUrl, "https://api.cloud.scenario.com/v1")
      assert.isUndefined(config.projectId)
    })
  )

  it.effect("reads the names of the SDKs", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(reveal(yield* fromEnvironment(sdk)), Object.values(sdk))
    })
  )

  it.effect("prefers the names of the SDKs", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(reveal(yield* fromEnvironment({ ...guide, ...sdk })), Object.values(sdk))
    })
  )

  it.effect("looks for each name by itself", () =>
    Effect.gen(function* () {
      const config = yield* fromEnvironment({
        SCENARIO_SDK_API_KEY: sdk.SCENARIO_SDK_API_KEY,
        SCENARIO_API_SECRET: guide.SCENARIO_API_SECRET
      })
      assert.deepStrictEqual(reveal(config), [sdk.SCENARIO_SDK_API_KEY, guide.SCENARIO_API_SECRET])
    })
  )

  it.effect.each([false, true])(
    "passes over empty names of the SDKs (kept by the provider: %s)",
    (preserveEmptyStrings) =>
      Effect.gen(function* () {
        const environment = { ...guide, SCENARIO_SDK_API_KEY: "", SCENARIO_SDK_API_SECRET: "", SCENARIO_SDK_JWT: "" }
        assert.deepStrictEqual(
          reveal(yield* fromEnvironment(environment, { preserveEmptyStrings })),
          Object.values(guide)
        )
      })
  )

  it.effect("reads a token, the base URL and the project", () =>
    Effect.gen(function* () {
      const config = yield* fromEnvironment({
        SCENARIO_SDK_JWT: Canary.secret,
        SCENARIO_BASE_URL: "http://localhost:4010/v1/",
        SCENARIO_PROJECT_ID: "proj_a"
      })
      assert.strictEqual(config.credentials._tag, "Bearer")
      assert.deepStrictEqual(reveal(config), [Canary.secret])
      assert.strictEqual(config.baseUrl, "http://localhost:4010/v1")
      assert.strictEqual(config.projectId, "proj_a")
    })
  )

  it.effect.each([false, true])("takes empty settings for unset (kept by the provider: %s)", (preserveEmptyStrings) =>
    Effect.gen(function* () {
      const environment = { ...guide, SCENARIO_BASE_URL: "", SCENARIO_PROJECT_ID: "" }
      const config = yield* fromEnvironment(environment, { preserveEmptyStrings })
      assert.strictEqual(config.baseUrl, ScenarioConfig.defaultBaseUrl)
      assert.isUndefined(config.projectId)
      const error = yield* refused(fromEnvironment({ SCENARIO_API_KEY: "" }, { preserveEmptyStrings }))
      assert.strictEqual(error.message, `No credentials are set; ${names}.`)
    })
  )

  it.effect("keeps secrets redacted until they are sent", () =>
    Effect.gen(function* () {
      const config = yield* fromEnvironment(guide)
      assert.include(Leaks.shown(config), "<redacted:API secret>")
      Leaks.assertNone(config)
    })
  )

  it.effect("can be replaced by names of one's own", () =>
    Effect.gen(function* () {
      const config = yield* ScenarioConfig.ScenarioConfig.pipe(
        Effect.provide(
          Layer.effect(
            ScenarioConfig.ScenarioConfig,
            Effect.flatMap(
              Config.all({ apiKey: Config.Redacted("MY_KEY"), apiSecret: Config.Redacted("MY_SECRET") }),
              (options) => ScenarioConfig.make(options)
            )
          )
        ),
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromUnknown({ MY_KEY: Canary.key, MY_SECRET: Canary.secret })
        )
      )
      assert.deepStrictEqual(reveal(config), [Canary.key, Canary.secret])
    })
  )
})

describe("ScenarioConfig credentials", () => {
  const cases: ReadonlyArray<
    readonly [what: string, environment: Record<string, string>, options: ScenarioConfig.Options, message: string]
  > = [
    ["nothing", {}, {}, `No credentials are set; ${names}.`],
    [
      "a key alone",
      { SCENARIO_API_KEY: Canary.key },
      { apiKey: key },
      "The API key is set and the API secret is not; set SCENARIO_API_SECRET too."
    ],
    [
      "a secret alone",
      { SCENARIO_SDK_API_SECRET: Canary.secret },
      { apiSecret: secret },
      "The API secret is set and the API key is not; set SCENARIO_API_KEY too."
    ],
    [
      "a token beside key and secret",
      { ...guide, SCENARIO_SDK_JWT: Canary.secret },
      { ...basic, bearerToken: secret },
      `Two kinds of credentials are set, an API key and a bearer token; ${names}.`
    ],
    [
      "a token beside a key",
      { SCENARIO_SDK_API_KEY: Canary.key, SCENARIO_SDK_JWT: Canary.secret },
      { apiKey: key, bearerToken: secret },
      `Two kinds of credentials are set, an API key and a bearer token; ${names}.`
    ],
    [
      "a token beside a secret",
      { SCENARIO_API_SECRET: Canary.secret, SCENARIO_SDK_JWT: Canary.secret },
      { apiSecret: secret, bearerToken: secret },
      `Two kinds of credentials are set, an API key and a bearer token; ${names}.`
    ],
    ...[":", " ", "\n", "\t", "é", "\u0000", "\u007f", "\u00a0", "🐉"].map(
      (wrong) =>
        [
          `a key with ${JSON.stringify(wrong)}`,
          { SCENARIO_API_KEY: Canary.key + wrong, SCENARIO_API_SECRET: Canary.secret },
          { apiKey: Redacted.make(Canary.key + wrong), apiSecret: secret },
          "The API key holds ':', white space or characters that are not ASCII; copy it again (SCENARIO_API_KEY)."
        ] as const
    ),
    ...[" ", "\r\n", "é", "\u001b"].flatMap((wrong) => [
      [
        `a secret with ${JSON.stringify(wrong)}`,
        { SCENARIO_API_KEY: Canary.key, SCENARIO_API_SECRET: wrong + Canary.secret },
        { apiKey: key, apiSecret: Redacted.make(wrong + Canary.secret) },
        "The API secret holds white space or characters that are not ASCII; copy it again (SCENARIO_API_SECRET)."
      ] as const,
      [
        `a token with ${JSON.stringify(wrong)}`,
        { SCENARIO_SDK_JWT: Canary.secret + wrong },
        { bearerToken: Redacted.make(Canary.secret + wrong) },
        "The bearer token holds white space or characters that are not ASCII; copy it again (SCENARIO_SDK_JWT)."
      ] as const
    ])
  ]

  it.effect.each(cases)(
    "refuses %s, by the names of the variables or the options",
    ([, environment, options, message]) =>
      Effect.gen(function* () {
        const ofEnvironment = yield* refused(fromEnvironment(environment))
        assert.strictEqual(ofEnvironment.kind, "credentials")
        assert.strictEqual(ofEnvironment.message, message)
        const ofOptions = yield* refused(Effect.scoped(Layer.build(ScenarioConfig.layer(options))))
        assert.strictEqual(ofOptions.kind, "credentials")
        assert.strictEqual(ofOptions.message, byOptions(message))
        assert.notInclude(ofOptions.message, "SCENARIO_")
      })
  )

  it.effect("allows ':' in a secret", () =>
    Effect.gen(function* () {
      const config = yield* ScenarioConfig.make({ apiKey: key, apiSecret: Redacted.make(`${Canary.secret}:~!`) })
      assert.deepStrictEqual(reveal(config), [Canary.key, `${Canary.secret}:~!`])
    })
  )

  it.effect("takes empty options for not given", () =>
    Effect.gen(function* () {
      const empty = Redacted.make("")
      const config = yield* ScenarioConfig.make({ ...basic, bearerToken: empty, baseUrl: "", projectId: "" })
      assert.deepStrictEqual(reveal(config), [Canary.key, Canary.secret])
      assert.strictEqual((yield* refused(ScenarioConfig.make({ apiKey: empty }))).kind, "credentials")
    })
  )

  it.effect("are checked when the layer is built", () =>
    Effect.gen(function* () {
      const error = yield* refused(Effect.scoped(Layer.build(ScenarioConfig.layer({}))))
      assert.strictEqual(error.kind, "credentials")
    })
  )
})

describe("ScenarioConfig.baseUrl", () => {
  it.effect.each([
    ["https://api.cloud.scenario.com/v1", "https://api.cloud.scenario.com/v1"],
    ["https://api.cloud.scenario.com/v1/", "https://api.cloud.scenario.com/v1"],
    ["https://api.test", "https://api.test"],
    ["https://api.test///", "https://api.test"],
    ["http://127.0.0.1:4010/v1", "http://127.0.0.1:4010/v1"],
    ["http://[::1]:4010", "http://[::1]:4010"],
    ["HTTPS://API.Test:443/V1", "https://api.test/V1"],
    [" https://api.test/v1\n", "https://api.test/v1"],
    ["https://api.test/proxy/../v1", "https://api.test/v1"],
    ["https://api.test/v1?", "https://api.test/v1"],
    ["https://api.test/v1#", "https://api.test/v1"]
  ] as const)("takes %j for %j", ([baseUrl, expected]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ScenarioConfig.make({ ...basic, baseUrl })).baseUrl, expected)
    })
  )

  it.effect.each([
    ["api.cloud.scenario.com/v1", "is not an absolute http or https URL"],
    ["/v1", "is not an absolute http or https URL"],
    ["ftp://api.test", "is not an absolute http or https URL"],
    [Canary.secret, "is not an absolute http or https URL"],
    [`https://${Canary.key}:${Canary.secret}@api.test`, "holds credentials"],
    [`https://${Canary.key}@api.test`, "holds credentials"],
    [`https://api.test?key=${Canary.key}`, "holds a query or a fragment"],
    [`https://api.test/#${Canary.key}`, "holds a query or a fragment"]
  ] as const)("refuses what cannot be one (%#)", ([baseUrl, wrong]) =>
    Effect.gen(function* () {
      const error = yield* refused(ScenarioConfig.make({ ...basic, baseUrl }))
      assert.strictEqual(error.kind, "baseUrl")
      const message = (name: string) =>
        `The base URL ${wrong}; set ${name} to one such as https://api.cloud.scenario.com/v1, or leave it out.`
      assert.strictEqual(error.message, message("baseUrl"))
      const ofEnvironment = yield* refused(fromEnvironment({ ...guide, SCENARIO_BASE_URL: baseUrl }))
      assert.strictEqual(ofEnvironment.message, message("SCENARIO_BASE_URL"))
    })
  )
})

describe("ScenarioConfig.projectId", () => {
  it.effect("is kept", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ScenarioConfig.make({ ...basic, projectId: "proj_a" })).projectId, "proj_a")
    })
  )

  it.effect.each(["proj a", "proj/a", "..", "proj_a?b"])("refuses %j", (projectId) =>
    Effect.gen(function* () {
      const error = yield* refused(ScenarioConfig.make({ ...basic, projectId }))
      assert.strictEqual(error.kind, "projectId")
      const message = (name: string) =>
        `The project id "${projectId}" cannot be an id; set ${name} to one such as proj_….`
      assert.strictEqual(error.message, message("projectId"))
      const ofEnvironment = yield* refused(fromEnvironment({ ...guide, SCENARIO_PROJECT_ID: projectId }))
      assert.strictEqual(ofEnvironment.message, message("SCENARIO_PROJECT_ID"))
    })
  )
})
