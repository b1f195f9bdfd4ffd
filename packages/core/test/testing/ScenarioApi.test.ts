import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { ApiError, Asset, type AssetCatalog, FileNameTemplate, Selection, SignedUrl } from "@scenario-assets/core"
import { ScenarioApi } from "@scenario-assets/core/testing"
import { DateTime, Effect, Exit, Redacted, Schema, Stream } from "effect"
import { HttpApi, type HttpApiEndpoint } from "effect/http-api"
import * as Canary from "../../../../test-support/Canary.ts"
import * as FakeServer from "../FakeServer.ts"

const { answer, canaryCredentials, connect } = FakeServer

type Schemas = ReadonlyMap<number, readonly [Schema.Top, ...ReadonlyArray<Schema.Top>]>

/** What the contract says about each operation. */
const contract = (() => {
  const endpoints: Array<{
    readonly endpoint: HttpApiEndpoint.Top
    readonly successes: Schemas
    readonly errors: Schemas
  }> = []
  HttpApi.reflect(ScenarioApi.ScenarioApi, { onGroup: () => {}, onEndpoint: (endpoint) => endpoints.push(endpoint) })
  return endpoints
})()

const operationOf = (name: string) => {
  const found = contract.find(({ endpoint }) => endpoint.identifier === name)
  assert(found !== undefined)
  return found
}

/** What stands in the body of an operation's request, if it has one. */
const payloadOf = (name: string) => {
  const [entry, ...others] = operationOf(name).endpoint.payload
  assert.deepStrictEqual(others, [])
  if (entry === undefined) return undefined
  const [contentType, { schemas }] = entry
  assert.lengthOf(schemas, 1)
  return { contentType, schema: schemas[0] }
}

/** Reads with nothing left over. None of these schemas needs a service. */
const strictly = (schema: Schema.Top | undefined) =>
  Schema.decodeUnknownEffect(schema as Schema.Codec<unknown, unknown>, { onExcessProperty: "error" })

/** The values of a path template's parameters; none where the path is another. */
const matchPath = (template: string, path: string): Readonly<Record<string, string>> | undefined => {
  const pattern = template.replace(/:(\w+)/g, "(?<$1>[^/]+)")
  const found = new RegExp(`^${pattern}$`).exec(path)
  return found === null
    ? undefined
    : Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]))
}

const jobId = Asset.JobId.make("job_a")
const assetId = Asset.AssetId.make("asset_a")
const url = `https://cdn.test/a?Signature=${Canary.signature}`

const batch = (ids: Parameters<typeof Selection.make>[0], flat?: boolean) => (api: FakeServer.Api) =>
  Effect.flatMap(Effect.orDie(Selection.make(ids)), (selection) =>
    api.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate, flat })
  )

const calls: ReadonlyArray<readonly [name: keyof FakeServer.Api, what: string, call: FakeServer.Call, params: object]> =
  [
    ["requestBatch", "assets", batch({ assetIds: ["asset_a", "asset_b"] }), {}],
    ["requestBatch", "all kinds, flat", batch({ assetIds: ["a"], inferenceIds: ["b"], modelIds: ["c"] }, true), {}],
    ["requestBatch", "models, not flat", batch({ modelIds: ["model_a"] }, false), {}],
    ["getStatus", "a job", (api) => api.getStatus(jobId), { jobId }],
    ["getStatus", "an awkward id", (api) => api.getStatus(Asset.JobId.make("a:b@é+&")), { jobId: "a:b@é+&" }],
    ["request", "an asset", (api) => api.request(assetId), { assetId }],
    ...Asset.TargetFormat.literals.map(
      (targetFormat) =>
        ["request", targetFormat, (api: FakeServer.Api) => api.request(assetId, { targetFormat }), { assetId }] as const
    )
  ]

/** Each operation of the catalogue, with the parameters and bodies that it is to send. */
const catalogCalls: ReadonlyArray<
  readonly [
    name: ApiError.Operation,
    what: string,
    call: (catalog: AssetCatalog.AssetCatalog["Service"]) => Effect.Effect<void, ApiError.ApiError>,
    sent: object
  ]
> = [
  [
    "listAssets",
    "everything",
    ({ list }) => Stream.runDrain(list()),
    { pageSize: "100", sortBy: "createdAt", sortDirection: "desc" }
  ],
  [
    "listAssets",
    "every filter",
    ({ list }) =>
      Stream.runDrain(
        list({
          collectionId: "collection_a",
          modelId: "model_a",
          inferenceId: "inf_a",
          authorId: "user_a",
          types: ["upscale"],
          kinds: ["video"],
          tags: ["a"],
          createdAfter: DateTime.makeUnsafe("2026-01-01T00:00:00Z"),
          updatedBefore: DateTime.makeUnsafe("2026-02-01T00:00:00Z"),
          order: "oldest"
        })
      ),
    {
      pageSize: "100",
      collectionId: "collection_a",
      modelId: "model_a",
      inferenceId: "inf_a",
      authorId: "user_a",
      types: "upscale",
      createdAfter: "2026-01-01T00:00:00.000Z",
      sortBy: "createdAt",
      sortDirection: "asc"
    }
  ],
  [
    "listAssets",
    "bounds of the last change",
    ({ list }) => Stream.runDrain(list({ updatedAfter: DateTime.makeUnsafe("2026-02-01T00:00:00Z") })),
    { pageSize: "100", updatedAfter: "2026-02-01T00:00:00.000Z", sortBy: "updatedAt", sortDirection: "desc" }
  ],
  [
    "searchAssets",
    "words",
    ({ list }) => Stream.runDrain(list({ search: "a fox" })),
    { query: "a fox", offset: 0, limit: 100 }
  ],
  ["getBulk", "ids", ({ get }) => Stream.runDrain(get([assetId])), { assetIds: [assetId] }],
  ["listCollections", "all", ({ collections }) => Stream.runDrain(collections), { pageSize: "100" }]
]

const right = answer(200, { jobId, jobStatus: "queued", url })
const rightCatalog = answer(200, { assets: [], hits: [], collections: [] })

describe("The contract and the client agree", () => {
  it.effect("on the operations", () =>
    Effect.gen(function* () {
      const api = yield* connect(FakeServer.make(right))
      const operations = [...Object.keys(api), ...new Set(catalogCalls.map(([name]) => name))]
      assert.sameMembers(
        contract.map(({ endpoint }) => endpoint.identifier),
        operations
      )
      assert.sameMembers([...ApiError.ApiError.fields.operation.literals], operations)
    })
  )

  it.effect.each(
    calls.flatMap(([name, what, call, params]) =>
      [undefined, "proj_a"].map((projectId) => ({ name, what, call, params, projectId, project: projectId ?? "none" }))
    )
  )("on the request of $name for $what (project: $project)", ({ call, name, params, projectId }) =>
    Effect.gen(function* () {
      const { endpoint } = operationOf(name)
      const server = FakeServer.make(right)
      yield* call(yield* connect(server, { config: { ...canaryCredentials, projectId } }))
      const { body, headers, method, url } = yield* server.only

      assert.strictEqual(method, endpoint.method)
      const found = matchPath(`/v1${endpoint.path}`, url.pathname)
      assert.deepStrictEqual(found, { ...params })
      if (endpoint.params !== undefined) assert.deepStrictEqual(yield* strictly(endpoint.params)(found), found)
      const query = Object.fromEntries(url.searchParams)
      assert.deepStrictEqual(yield* strictly(endpoint.query)(query), projectId === undefined ? {} : { projectId })

      const payload = payloadOf(name)
      assert.strictEqual(headers["content-type"], payload?.contentType)
      if (payload === undefined) assert.strictEqual(body, "")
      else assert.deepStrictEqual(yield* strictly(payload.schema)(JSON.parse(body)), JSON.parse(body))
    })
  )

  it.effect.each(
    catalogCalls.flatMap(([name, what, call, sent]) =>
      [undefined, "proj_a"].map((projectId) => ({ name, what, call, sent, projectId, project: projectId ?? "none" }))
    )
  )("on the request of $name for $what (project: $project)", ({ call, name, projectId, sent }) =>
    Effect.gen(function* () {
      const { endpoint } = operationOf(name)
      const server = FakeServer.make(rightCatalog)
      yield* call(yield* FakeServer.connectCatalog(server, { config: { ...canaryCredentials, projectId } }))
      const { body, method, url } = yield* server.only
      assert.strictEqual(method, endpoint.method)
      assert.strictEqual(url.pathname, `/v1${endpoint.path}`)
      const query = Object.fromEntries(url.searchParams)
      yield* strictly(endpoint.query)(query)
      const project = projectId === undefined ? {} : { projectId }
      const payload = payloadOf(name)
      assert.deepStrictEqual(query, payload === undefined ? { ...sent, ...project } : project)
      if (payload === undefined) return
      assert.deepStrictEqual(JSON.parse(body), sent)
      yield* strictly(payload.schema)(JSON.parse(body))
    })
  )

  it.effect("that the body's fields are all that may be sent", () =>
    Effect.gen(function* () {
      for (const name of ["requestBatch", "request"]) {
        const read = strictly(payloadOf(name)?.schema)
        const options = { fileNameTemplate: "<seed>" }
        const query = { assetIds: ["a"], inferenceIds: [], modelIds: [] }
        const good = name === "request" ? {} : { options, query }
        yield* read(good)
        const bad =
          name === "request"
            ? [{ targetFormat: "bmp" }, { format: "png" }]
            : [
                { options, query: { assetIds: ["a"] } },
                { options: {}, query },
                { options, query, more: 1 }
              ]
        for (const body of bad) assert.isTrue(Exit.isFailure(yield* Effect.exit(read(body))))
      }
    })
  )

  it.effect.each([
    ["Basic", canaryCredentials],
    ["Bearer", { bearerToken: Redacted.make(Canary.secret) }]
  ] as const)("on the scheme %s", ([scheme, config]) =>
    Effect.gen(function* () {
      const server = FakeServer.make(right)
      yield* (yield* connect(server, { config })).getStatus(jobId)
      assert.strictEqual(server.received[0]?.headers["authorization"]?.split(" ")[0], scheme)
      const { components, paths } = ScenarioApi.openApi()
      const names = Object.entries(components.securitySchemes).flatMap(([name, security]) =>
        security.type === "http" && security.scheme.toLowerCase() === scheme.toLowerCase() ? [name] : []
      )
      const [name, ...others] = names
      assert(name !== undefined && others.length === 0)
      for (const { get, post } of Object.values(paths)) {
        assert.deepInclude((get ?? post)?.security ?? [], { [name]: [] })
      }
    })
  )
})

describe("The client understands what the contract lets a server answer", () => {
  const answers: ReadonlyArray<
    readonly [
      name: keyof FakeServer.Api,
      value: object,
      check: (api: FakeServer.Api) => Effect.Effect<void, ApiError.ApiError>
    ]
  > = [
    [
      "requestBatch",
      { jobId },
      (api) => Effect.map(batch({ assetIds: ["a"] })(api), (started) => assert.strictEqual(started, jobId))
    ],
    ...["queued", "pending", "warming-up", "in-progress", "finalizing", "failure", "canceled", "unheard-of"].map(
      (jobStatus) =>
        [
          "getStatus",
          { jobId, jobStatus },
          (api: FakeServer.Api) =>
            Effect.map(api.getStatus(jobId), (job) =>
              assert.deepStrictEqual(Object.entries(job), Object.entries({ jobId, jobStatus, details: {} }))
            )
        ] as const
    ),
    [
      "getStatus",
      { jobId, jobStatus: "success", downloadUrl: url },
      (api) =>
        Effect.map(api.getStatus(jobId), ({ downloadUrl }) =>
          assert.strictEqual(downloadUrl && SignedUrl.reveal(downloadUrl).href, url)
        )
    ],
    [
      "request",
      { url },
      (api) => Effect.map(api.request(assetId), (link) => assert.strictEqual(SignedUrl.reveal(link).href, url))
    ]
  ]

  it.effect.each(answers)("%s: %j", ([name, value, check]) =>
    Effect.gen(function* () {
      const { successes } = operationOf(name)
      assert.deepStrictEqual([...successes.keys()], [200])
      for (const [status, [schema]] of successes) {
        const body = yield* Schema.encodeUnknownEffect(schema as Schema.Codec<unknown, unknown>)(value)
        yield* check(yield* connect(FakeServer.make(answer(status, body))))
      }
    })
  )

  const reasons: Readonly<Record<number, ApiError.Reason["_tag"]>> = {
    400: "Rejected",
    401: "Unauthorized",
    402: "QuotaExceeded",
    403: "Forbidden",
    404: "NotFound",
    429: "RateLimited"
  }

  it.effect.each(
    contract.flatMap(({ endpoint: { identifier }, errors }) =>
      [...errors].map(([status, [schema]]) => ({ name: identifier, status, schema }))
    )
  )("$name: $status", ({ name, schema, status }) =>
    Effect.gen(function* () {
      const body = yield* Schema.encodeUnknownEffect(schema as Schema.Codec<unknown, unknown>)({
        error: "The server's words",
        apiError: "Tag",
        infos: { ids: ["a"] }
      })
      const server = FakeServer.make(answer(status, body))
      const [call] = calls.flatMap(([operation, , call]) => (operation === name ? [call] : []))
      const [catalogCall] = catalogCalls.flatMap(([operation, , call]) => (operation === name ? [call] : []))
      const inVain = Effect.gen(function* () {
        if (call !== undefined) return yield* Effect.flip(call(yield* connect(server, { retries: 0 })))
        assert(catalogCall !== undefined)
        return yield* Effect.flip(catalogCall(yield* FakeServer.connectCatalog(server, { retries: 0 })))
      })
      const error = yield* inVain
      assert.isDefined(reasons[status], `the test knows no reason for ${status}`)
      assert.strictEqual(error.reason._tag, reasons[status])
      assert.include(error.message, `"The server's words"`)
    })
  )

  it("every refusal that Scenario is known to give", () => {
    const declared = (name: string) => [...operationOf(name).errors.keys()].toSorted((a, b) => a - b)
    assert.deepStrictEqual(declared("requestBatch"), [400, 401, 402, 403, 404, 429])
    assert.deepStrictEqual(declared("getStatus"), [401, 403, 404, 429])
    assert.deepStrictEqual(declared("request"), [400, 401, 402, 403, 404, 429])
  })
})

describe("docs/openapi.json", () => {
  it("is the document of the contract", () => {
    const file = new URL("../../../../docs/openapi.json", import.meta.url)
    assert.deepStrictEqual(
      JSON.parse(readFileSync(file, "utf8")),
      JSON.parse(JSON.stringify(ScenarioApi.openApi())),
      "the contract has changed: write the document anew with `node scripts/openapi.ts`"
    )
  })

  it("has the paths and methods of Scenario's reference", () => {
    const { openapi, paths } = ScenarioApi.openApi()
    assert.strictEqual(openapi, "3.1.0")
    assert.deepStrictEqual(
      Object.entries(paths).map(([path, methods]) => [path, Object.keys(methods)]),
      [
        ["/assets/download", ["post"]],
        ["/assets/download/{jobId}", ["get"]],
        ["/assets/{assetId}/download", ["post"]],
        ["/assets", ["get"]],
        ["/assets/get-bulk", ["post"]],
        ["/search/assets", ["post"]],
        ["/collections", ["get"]]
      ]
    )
  })

  it("says where the API is", () => {
    assert.deepStrictEqual(ScenarioApi.openApi().servers, [{ url: "https://api.cloud.scenario.com/v1" }])
  })
})
