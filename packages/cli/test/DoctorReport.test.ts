import { readFileSync, statSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Shape from "../src/doctor/Shape.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Server from "./support/Server.ts"

const Status = Schema.optionalKey(Schema.Int)
const decode = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      api: Schema.Struct({ calls: Schema.Array(Schema.Struct({ call: Schema.String, status: Status })) }),
      storage: Schema.Array(
        Schema.Struct({
          of: Schema.String,
          host: Schema.String,
          queryParameters: Schema.Array(Schema.String),
          expiresInSeconds: Schema.NullOr(Schema.Int),
          requests: Schema.Array(Schema.Struct({ request: Schema.String, status: Status }))
        })
      )
    })
  )
)

const read = (directory: string) => {
  const text = readFileSync(path.join(directory, "report.json"), "utf8")
  const { api, storage } = decode(text)
  return { text, statuses: api.calls.map(({ call, status }) => [call, status]), storage }
}

describe.concurrent("doctor --report", () => {
  it.live("writes how API and storage host answer: no secret, no link, no id; for its owner alone", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const asset = emulated.emulator.catalogue.assets[0]?.id ?? ""
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const args = ["doctor", "--report", "report.json", "--job", jobId, "--asset", asset]
      const { code, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stdout)
      assert.match(stdout, /\nThe report is in report\.json, [^\n]*Read it before you send it/)
      assert.strictEqual(statSync(path.join(emulated.directory, "report.json")).mode & 0o777, 0o600)

      const { statuses, storage, text } = read(emulated.directory)
      assert.deepStrictEqual(Canary.find(Buffer.from(text)), [])
      const link = /https?:\/\/|[?&]\w+=|Bearer |Basic [\w+/]/
      assert.notMatch(text, link)
      for (const id of [jobId, asset, Emulated.modelOf(emulated)]) assert.notInclude(text, id.replace(/^\w+_/, ""))
      assert.notInclude(text, emulated.directory)

      assert.deepStrictEqual(statuses, [
        ["status of an unknown job, without credentials", 401],
        ["status of an unknown job, with a made-up token", 401],
        ["status of an unknown job", 404],
        ["status of an unknown job, in an unknown project", 404],
        ["link to an unknown asset", 404],
        ["status of the job", 200],
        ["link to the asset", 200]
      ])
      assert.deepStrictEqual(
        storage.map(({ of, queryParameters }) => [of, queryParameters]),
        [
          ["job", ["Policy", "Signature", "Key-Pair-Id"]],
          ["asset", ["format", "Policy", "Signature", "Key-Pair-Id"]]
        ]
      )
      for (const { expiresInSeconds, host, requests } of storage) {
        assert.strictEqual(host, new URL(emulated.emulator.config.storageUrl).host)
        assert.isAbove(expiresInSeconds ?? 0, 800)
        assert.deepStrictEqual(
          requests.map(({ request, status }) => [request, status]),
          [
            ["bytes=0-3", 206],
            ["the whole object", 200],
            ["bytes=-4, the end of it", 206],
            ["a range behind the end", 416],
            ["a range, If-Range with its ETag", 206],
            ["a range, If-Range with its Last-Modified", 206],
            ["a range, If-Range with another ETag", 200],
            ["bytes=0-3, by an altered link", 403]
          ]
        )
      }
    })
  )

  it.live("tells nothing that a server repeats, and where it redirects to", () =>
    Effect.gen(function* () {
      const prompt = "a castle of my own"
      const { origin } = yield* Server.make(({ headers, url = "" }) => {
        if (url.startsWith("/link")) return { status: 302, headers: { location: "/object/name.png?Signature=first" } }
        if (url.startsWith("/object")) return { status: 200, headers: { "content-disposition": prompt }, body: prompt }
        if (headers.authorization === undefined) return { status: 401 }
        if (url.includes("asset_real1")) {
          return {
            status: 200,
            body: JSON.stringify({ url: `http://${headers.host}/link?Signature=second&Expires=1` })
          }
        }
        const message = `${Canary.key}: "${prompt}" of asset_real1, http://${headers.host}/a?token=third, me@example.com`
        return { status: 404, headers: { "x-prompt": prompt }, body: JSON.stringify({ message, prompt, n: [prompt] }) }
      })
      const cwd = TestDirectory.make("cwd")
      const env = {
        SCENARIO_API_KEY: Canary.key,
        SCENARIO_API_SECRET: Canary.secret,
        SCENARIO_PROJECT_ID: "proj_real2"
      }
      const args = ["doctor", "--base-url", origin, "--report", "report.json", "--asset", "asset_real1", "--json"]
      const { code, stdout } = yield* Binary.run(args, { cwd, env })
      assert.strictEqual(code, 0, stdout)
      assert.deepInclude(Binary.lastLine(stdout), { report: "report.json" })
      const { storage, text } = read(cwd)
      assert.deepStrictEqual(Canary.find(Buffer.from(text)), [])
      for (const secret of ["castle", "real1", "real2", "first", "second", "third", "me@", "name.png"]) {
        assert.notInclude(text, secret)
      }
      assert.deepStrictEqual(
        storage.map(({ queryParameters, requests }) => [queryParameters, requests[0]?.status]),
        [
          [["Signature", "Expires"], 302],
          [["Signature"], 200]
        ]
      )
    })
  )

  it.live("without credentials or a connection tells what it could see", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make("cwd")
      const env = { SCENARIO_BASE_URL: "http://127.0.0.1:2/v1", XDG_CONFIG_HOME: TestDirectory.make("config") }
      const { code } = yield* Binary.run(["doctor", "--report", "report.json", "--job", "job_a"], { cwd, env })
      assert.strictEqual(code, 4)
      const { statuses, storage, text } = read(cwd)
      assert.deepStrictEqual(statuses, [
        ["status of an unknown job, without credentials", undefined],
        ["status of an unknown job, with a made-up token", undefined]
      ])
      assert.include(text, `"understoodAs": "ConnectionFailed",\n        "code": "ECONNREFUSED"`)
      assert.deepStrictEqual(storage, [])
    })
  )

  it.live("replaces no file, and takes no ids where nothing is reported", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make("cwd")
      writeFileSync(path.join(cwd, "report.json"), "mine")
      const env = { SCENARIO_BASE_URL: "http://127.0.0.1:2/v1" }
      const there = yield* Binary.run(["doctor", "--report", "report.json"], { cwd, env })
      assert.strictEqual(there.code, 2)
      assert.include(there.stderr, "report.json already exists; choose another name for the report")
      assert.strictEqual(readFileSync(path.join(cwd, "report.json"), "utf8"), "mine")
      const idle = yield* Binary.run(["doctor", "--job", "job_a"], { cwd, env })
      assert.strictEqual(idle.code, 2)
      assert.include(idle.stderr, "--job and --asset are for --report alone; give --report FILE too")
    })
  )
})

describe("what is told of an answer", () => {
  it("keeps codes and words, and none of what they are about", () => {
    const words: ReadonlyArray<readonly [text: string, told: string]> = [
      ["INVALID_PARAMETER: AUTHENTICATION_FAILED", "INVALID_PARAMETER: AUTHENTICATION_FAILED"],
      ["Job job_8Xv2aaaa of model_wsr9y not found", "Job job_… of model_… not found"],
      ["asset_abcdef", "asset_…"],
      ["see https://host.test/a/b?c=d now", "see https://host.test/… now"],
      [`no access for me@example.com to 'my castle'`, `no access for <email> to "…"`],
      ["request 6f1c0ad2-6a0e-4c7c-9e55-000000000000", "request …"]
    ]
    for (const [text, told] of words) assert.strictEqual(Shape.ofWords(text), told)
  })

  it("is the fields of JSON, the code of XML, and of anything else how much it is", () => {
    assert.deepStrictEqual(Shape.ofBody('{"code":"QUOTA","n":1,"ok":true,"infos":{"prompt":"castle"},"a":["x","y"]}'), {
      code: "QUOTA",
      n: "<number>",
      ok: true,
      infos: { prompt: "<string of 6 characters>" },
      a: ["<string of 1 characters>", "<2 in all>"]
    })
    assert.deepStrictEqual(Shape.ofBody("<Error><Code>AccessDenied</Code><Message>No</Message></Error>"), {
      xml: { code: "AccessDenied", message: "No" }
    })
    assert.strictEqual(Shape.ofBody("<html>castle</html>"), "<markup of 19 characters>")
    assert.strictEqual(Shape.ofBody(""), "<empty>")
  })

  it("is of an ETag its form", () => {
    const etag = (value: string) => Shape.ofHeaders({ etag: value }).values["etag"]
    assert.strictEqual(etag(`"${"0a".repeat(16)}"`), "strong, 32 hexadecimal digits")
    assert.strictEqual(etag(`"${"0a".repeat(16)}-12"`), "strong, 32 hexadecimal digits, and a number of parts")
    assert.strictEqual(etag('W/"abc"'), "weak, 3 characters")
  })
})
