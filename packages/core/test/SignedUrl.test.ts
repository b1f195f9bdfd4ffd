import { Console } from "node:console"
import { Writable } from "node:stream"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { SignedUrl } from "@scenario-assets/core"
import { Cause, DateTime, Effect, Equal, Formatter, Logger, Option, Redacted, Result, Schema } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import { signedUrl } from "../../../test-support/SignedUrls.ts"
import * as Redaction from "../src/internal/Redaction.ts"

const text = `https://cdn.test:8443/assets/asset_a?format=png&Policy=abc&Signature=${Canary.signature}&Key-Pair-Id=K1`
const decode = Schema.decodeUnknownResult(SignedUrl.SignedUrl)

describe("SignedUrl", () => {
  const url = signedUrl(text)
  /** As somebody uses it who does not look at its type. */
  const asText = url as unknown as string

  it.each<readonly [how: string, show: () => string]>([
    ["String", () => String(Object(url))],
    ["a template string", () => `GET ${asText}`],
    ["a joined list", () => [asText, asText].join(" ")],
    ["JSON", () => JSON.stringify({ url, list: [url] })],
    ["inspect", () => inspect({ url, map: new Map([["url", url]]) }, { depth: null, showHidden: true, getters: true })],
    ["inspect without hooks", () => inspect(url, { depth: null, showHidden: true, customInspect: false })],
    ["Effect's formatter", () => Formatter.format({ url }) + Formatter.formatJson({ url })],
    ["a cause", () => Cause.pretty(Cause.fail(url)) + inspect(Cause.die(url), { depth: null })],
    [
      "its keys",
      () =>
        Reflect.ownKeys(url)
          .map((key) => `${String(key)} ${String(Reflect.get(url, key))}`)
          .join()
    ]
  ])("is redacted in %s", (_, show) => {
    const shown = show()
    assert.isNotEmpty(shown)
    assert.deepStrictEqual(Canary.find(Buffer.from(shown)), [])
    assert.notInclude(shown, "cdn.test")
  })

  it("is redacted on the console", () => {
    const printed: Array<string> = []
    const stdout = new Writable({
      write(chunk: Buffer, _, done) {
        printed.push(chunk.toString())
        done()
      }
    })
    const console = new Console({ stdout })
    console.log(url)
    console.log("%s %o %O %j", url, url, url, url)
    console.dir({ url }, { depth: null, showHidden: true })
    assert.match(printed.join(""), /^<redacted:SignedUrl>\n/)
    assert.deepStrictEqual(Canary.find(Buffer.from(printed.join(""))), [])
  })

  it.effect("is redacted in logs of every format", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const formats = [Logger.formatSimple, Logger.formatLogFmt, Logger.formatJson]
      const loggers = formats.map((format) => Logger.map(format, (line) => void logged.push(line)))
      yield* Effect.log(url, { url }).pipe(Effect.annotateLogs("url", url), Effect.provide(Logger.layer(loggers)))
      assert.lengthOf(logged, 3)
      for (const line of logged) {
        assert.include(line, "<redacted:SignedUrl>")
        assert.deepStrictEqual(Canary.find(Buffer.from(line)), [])
      }
    })
  )

  it("is unwrapped by nothing but reveal", () => {
    assert.isTrue(Redacted.isRedacted(url))
    assert.strictEqual(SignedUrl.reveal(url).href, text)
    assert.isTrue(Equal.equals(url, signedUrl(text)))
    assert.isFalse(Equal.equals(url, signedUrl(`${text}x`)))
  })

  it("tells its origin: scheme, host and port", () => {
    assert.strictEqual(SignedUrl.origin(url), "https://cdn.test:8443")
    assert.strictEqual(SignedUrl.origin(signedUrl("HTTP://Storage.Test:80/a?b")), "http://storage.test")
  })

  it.each([
    "HTTPS://CDN.test:443/a/../b?x=%7e&Signature=a+b%2F~#c",
    "https://cdn.test?Signature=é",
    " https://cdn.test/a?b='c' "
  ])("keeps the text as it was signed: %j", (signed) => {
    assert.strictEqual(Redacted.value(signedUrl(signed)), signed)
    assert.strictEqual(Redacted.value(Result.getOrThrow(decode(signed))), signed)
  })

  it("is no other redacted text", () => {
    // @ts-expect-error A secret that nobody has checked.
    assert.strictEqual(SignedUrl.origin(Redacted.make(text)), SignedUrl.origin(url))
  })

  it("is decoded from text", () => {
    const decoded = decode(text)
    assert.isTrue(decoded._tag === "Success" && Equal.equals(decoded.success, url))
  })

  it("refuses to be encoded", () => {
    const encoded = Schema.encodeUnknownResult(Schema.Struct({ url: SignedUrl.SignedUrl }))({ url })
    assert.strictEqual(encoded._tag, "Failure")
    assert.include(String(encoded), "Cannot encode Redacted")
    assert.deepStrictEqual(Canary.find(Buffer.from(inspect(encoded, { depth: null }))), [])
  })

  it.each([
    "",
    "asset_a",
    "/assets/asset_a?Signature=",
    "//cdn.test/a?Signature=",
    "ftp://cdn.test/a?Signature=",
    "data:text/plain,",
    "javascript:alert(1)//",
    "https://user:password@cdn.test/a?Signature=",
    "https://user@cdn.test/a?Signature=",
    "https://?Signature="
  ])("refuses %j, and does not repeat it", (start) => {
    const wrong = start + (start === "" ? "" : Canary.signature)
    const result = decode(wrong)
    assert.strictEqual(result._tag, "Failure")
    assert.include(String(result), "Expected an absolute http or https URL without user info")
    assert.deepStrictEqual(Canary.find(Buffer.from(String(result) + inspect(result, { depth: null }))), [])
    const made = SignedUrl.make(wrong)
    assert(Result.isFailure(made) && made.failure._tag === "InvalidSignedUrl")
    assert.strictEqual(made.failure.message, "A signed URL must be an absolute http or https URL without user info.")
    assert.deepStrictEqual(Canary.find(Buffer.from(inspect(made, { depth: null, showHidden: true }))), [])
  })

  it("does not repeat what is no text", () => {
    const result = decode({ url: text })
    assert.strictEqual(result._tag, "Failure")
    assert.deepStrictEqual(Canary.find(Buffer.from(String(result) + inspect(result, { depth: null }))), [])
  })
})

describe("SignedUrl.expiresAt", () => {
  const expiry = (query: string) =>
    Option.getOrUndefined(Option.map(SignedUrl.expiresAt(signedUrl(`https://cdn.test/a?${query}`)), DateTime.formatIso))

  /** As CloudFront writes it. */
  const policy = (json: unknown) =>
    Buffer.from(JSON.stringify(json)).toString("base64").replaceAll("+", "-").replaceAll("=", "_").replaceAll("/", "~")
  const until = (...times: ReadonlyArray<unknown>) => ({
    Statement: times.map((time) => ({
      Resource: "https://cdn.test/ÿÿÿ~~~*",
      Condition: { DateLessThan: { "AWS:EpochTime": time } }
    }))
  })

  it("uses all three of CloudFront's own characters in these tests", () => {
    for (const own of ["-", "_", "~"]) assert.include(policy(until(1_800_000_000)), own)
  })

  it.each([
    [
      "CloudFront's Policy",
      `Policy=${policy(until(1_800_000_000))}&Signature=s&Key-Pair-Id=k`,
      "2027-01-15T08:00:00.000Z"
    ],
    [
      "the earliest of its statements",
      `Policy=${policy(until(1_900_000_000, 1_800_000_000))}`,
      "2027-01-15T08:00:00.000Z"
    ],
    ["Policy before Expires", `Expires=1&Policy=${policy(until(1_800_000_000))}`, "2027-01-15T08:00:00.000Z"],
    ["CloudFront's Expires", "Expires=1800000000&Signature=s&Key-Pair-Id=k", "2027-01-15T08:00:00.000Z"],
    ["names in lower case", "expires=1800000000&signature=s", "2027-01-15T08:00:00.000Z"],
    ["Expires of 1970", "Expires=0", "1970-01-01T00:00:00.000Z"],
    [
      "S3",
      "X-Amz-Algorithm=a&X-Amz-Date=20260131T235959Z&X-Amz-Expires=3601&X-Amz-Signature=s",
      "2026-02-01T01:00:00.000Z"
    ],
    ["S3 in lower case", "x-amz-date=20260131T235959Z&x-amz-expires=1", "2026-02-01T00:00:00.000Z"],
    ["Google", "X-Goog-Date=20240229T000000Z&X-Goog-Expires=86400&X-Goog-Signature=s", "2024-03-01T00:00:00.000Z"]
  ])("reads %s", (_, query, expected) => {
    assert.strictEqual(expiry(query), expected)
  })

  it.each([
    ["no query", ""],
    ["no expiry", "Signature=s"],
    ["a Policy that is no base64", "Policy=%00%00"],
    ["a Policy that is no JSON", `Policy=${Buffer.from("policy").toString("base64")}`],
    ["a Policy without a statement", `Policy=${policy({ Statement: [] })}`],
    ["a Policy without an end", `Policy=${policy({ Statement: [{ Condition: { DateGreaterThan: {} } }] })}`],
    ["a Policy whose end is no number", `Policy=${policy(until("soon"))}`],
    ["a Policy whose end is no time", `Policy=${policy(until(1e300))}`],
    ["an S3 date alone", "X-Amz-Date=20260131T235959Z"],
    ["an S3 lifetime alone", "X-Amz-Expires=3600"],
    ["an S3 date that is none", "X-Amz-Date=1&X-Amz-Expires=3600"],
    ["an S3 date beyond the calendar", "X-Amz-Date=20261332T000000Z&X-Amz-Expires=3600"],
    ["an S3 lifetime that is none", "X-Amz-Date=20260131T235959Z&X-Amz-Expires=1h"],
    ["a negative lifetime", "X-Goog-Date=20260131T235959Z&X-Goog-Expires=-1"],
    ["Expires as a word", "Expires=never"],
    ["Expires as a fraction", "Expires=1.5"],
    ["Expires too large", "Expires=99999999999999999999"]
  ])("finds none in %s", (_, query) => {
    assert.strictEqual(expiry(query), undefined)
  })

  it("falls back from a Policy that says nothing to Expires", () => {
    assert.strictEqual(expiry(`Policy=${policy({ Statement: [] })}&Expires=1800000000`), "2027-01-15T08:00:00.000Z")
  })

  it.prop(
    "reads any second a Policy can name",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e12 }))],
    ([seconds]) => {
      assert.strictEqual(expiry(`Policy=${policy(until(seconds))}`), new Date(seconds * 1000).toISOString())
    }
  )
})

describe("Redaction.redact", () => {
  const s = Canary.signature

  it.each<readonly [what: string, text: string, expected: string]>([
    ["nothing", "", ""],
    [
      "a text without secrets",
      "Job not found: see https://docs.test/help. design=1",
      "Job not found: see https://docs.test/help. design=1"
    ],
    ["a URL", text, "https://cdn.test:8443/assets/asset_a?<redacted>"],
    ["a URL in a sentence", `GET ${text} failed`, "GET https://cdn.test:8443/assets/asset_a?<redacted> failed"],
    ["two URLs", `http://a.test/?x=${s} http://b.test/#${s}`, "http://a.test/?<redacted> http://b.test/?<redacted>"],
    ["upper case", `HTTPS://CDN.TEST/A?SIGNATURE=${s}`, "HTTPS://CDN.TEST/A?<redacted>"],
    ["single quotes", `open('https://cdn.test/a?x=${s}')`, "open('https://cdn.test/a?<redacted>')"],
    ["XML", `<Url>https://cdn.test/a?x=1&amp;y=${s}</Url>`, "<Url>https://cdn.test/a?<redacted></Url>"],
    [
      "JSON",
      JSON.stringify({ url: text, next: 1 }),
      '{"url":"https://cdn.test:8443/assets/asset_a?<redacted>","next":1}'
    ],
    [
      "JSON with escaped slashes",
      `{"url":"https:\\/\\/cdn.test\\/a?x=${s}\\/y=${s}"}`,
      '{"url":"https:\\/\\/cdn.test\\/a?<redacted>"}'
    ],
    [
      "JSON with escaped ampersands",
      `{"url":"https://cdn.test/a?x=1\\u0026y=${s}"}`,
      '{"url":"https://cdn.test/a?<redacted>"}'
    ],
    [
      "JSON in JSON",
      JSON.stringify(JSON.stringify({ url: text })),
      '"{\\"url\\":\\"https://cdn.test:8443/assets/asset_a?<redacted>\\"}"'
    ],
    [
      "two URLs in one text of JSON",
      `"https://a.test/?x=${s}\\nhttps://b.test/?y=${s}"`,
      '"https://a.test/?<redacted>\\nhttps://b.test/?<redacted>"'
    ],
    ["JSON with line breaks", `"https://cdn.test/a?x=${s}\\nnext"`, '"https://cdn.test/a?<redacted>\\nnext"'],
    [
      "parameters alone",
      `Policy=a&Signature=${s}&Key-Pair-Id=k&page=2`,
      "Policy=<redacted>&Signature=<redacted>&Key-Pair-Id=<redacted>&page=2"
    ],
    [
      "parameters of S3",
      `X-Amz-Credential=k/x&X-Amz-Signature=${s}`,
      "X-Amz-Credential=<redacted>&X-Amz-Signature=<redacted>"
    ],
    ["parameters of Google", `x-goog-signature=${s}`, "x-goog-signature=<redacted>"],
    [
      "parameters in upper case",
      `SIGNATURE=${s} SIG=${s} TOKEN=${s}`,
      "SIGNATURE=<redacted> SIG=<redacted> TOKEN=<redacted>"
    ],
    ["a path with a query", `GET /a?page=2&Signature=${s} HTTP/1.1`, "GET /a?page=2&Signature=<redacted> HTTP/1.1"],
    [
      "a parameter after an escaped ampersand",
      `"Expires=1\\u0026Signature=${s}"`,
      '"Expires=1\\u0026Signature=<redacted>"'
    ],
    ["a parameter with an escaped equals sign", `"Signature\\u003d${s}"`, '"Signature\\u003d<redacted>"'],
    ["a parameter in HTML", `Expires=1&amp;Signature=${s}`, "Expires=1&amp;Signature=<redacted>"],
    [
      "a URL inside a parameter",
      `to=https%3A%2F%2Fcdn.test%2Fa%3Fx%3D1%26Signature%3D${s}%26y`,
      "to=https%3A%2F%2Fcdn.test%2Fa%3Fx%3D1%26Signature%3D<redacted>"
    ],
    ["a URL inside a parameter of a parameter", `to=a%253FSignature%253D${s}`, "to=a%253FSignature%253D<redacted>"],
    ["a member of JSON", `{"Signature": "${s}","a":1}`, '{"Signature": "<redacted>","a":1}'],
    ["a member of JSON in JSON", `"{\\"X-Amz-Signature\\":\\"${s}\\"}"`, '"{\\"X-Amz-Signature\\":\\"<redacted>\\"}"'],
    [
      "an element of XML",
      `<SignatureProvided>${s}</SignatureProvided>`,
      "<SignatureProvided><redacted></SignatureProvided>"
    ]
  ])("finds them in %s", (_, text, expected) => {
    assert.strictEqual(Redaction.redact(text), expected)
  })

  it.prop(
    "leaves JSON what it is, and does nothing the second time",
    [
      Schema.Array(
        Schema.Literals([
          "https://a.test/",
          "https:\\/\\/",
          "?",
          "#",
          "Signature=",
          `"`,
          "\\",
          "/",
          "&",
          " ",
          "\n",
          "é",
          "x"
        ])
      )
    ],
    ([pieces]) => {
      const json = JSON.stringify({ message: pieces.join("") })
      const redacted = Redaction.redact(json)
      assert.hasAllKeys(JSON.parse(redacted), ["message"])
      assert.strictEqual(Redaction.redact(redacted), redacted)
    }
  )

  it.prop(
    "leaves nothing of a signature, whatever stands around the URL",
    [Schema.Array(Schema.Literals(["https://a.test/b", "?", "&", "x=1", " ", '"', "'", "<", "\n", "\\", "é"]))],
    ([pieces]) => {
      for (const name of ["Signature", "X-Amz-Signature", "Policy"]) {
        assert.deepStrictEqual(Canary.find(Buffer.from(Redaction.redact(`${pieces.join("")}${name}=${s}`))), [])
      }
    }
  )
})
