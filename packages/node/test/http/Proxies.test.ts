import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted, Result } from "effect"
import * as Proxies from "../../src/http/Proxies.ts"

/** The proxy that leads to a URL, as `variable: URL`; `direct` where none does. */
const way = (env: Readonly<Record<string, string>>, url: string) =>
  Proxies.fromEnvironment.pipe(
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(env))),
    Effect.flatMap(({ find }) => Effect.fromResult(find(new URL(url)))),
    Effect.map((proxy) => (proxy === undefined ? "direct" : `${proxy.variable}: ${Redacted.value(proxy.url)}`))
  )

const https = "https://cdn.test/a.zip"
const http = "http://cdn.test/a.zip"

describe("the proxy of a URL", () => {
  it.effect.each<readonly [name: string, env: Readonly<Record<string, string>>, url: string, way: string]>([
    ["nothing is set", {}, https, "direct"],
    ["https_proxy", { https_proxy: "http://p:1" }, https, "https_proxy: http://p:1/"],
    ["HTTPS_PROXY", { HTTPS_PROXY: "http://p:1" }, https, "HTTPS_PROXY: http://p:1/"],
    [
      "small letters come first",
      { https_proxy: "http://p:1", HTTPS_PROXY: "http://q:2" },
      https,
      "https_proxy: http://p:1/"
    ],
    ["what is empty is not set", { https_proxy: "", HTTPS_PROXY: "http://q:2" }, https, "HTTPS_PROXY: http://q:2/"],
    ["HTTP_PROXY is not for https", { HTTP_PROXY: "http://p:1" }, https, "direct"],
    ["HTTPS_PROXY is not for http", { HTTPS_PROXY: "http://p:1" }, http, "direct"],
    ["http_proxy", { http_proxy: "http://p:1" }, http, "http_proxy: http://p:1/"],
    ["HTTP_PROXY", { HTTP_PROXY: "http://p:1" }, http, "HTTP_PROXY: http://p:1/"],
    ["HTTP_PROXY in a CGI program", { HTTP_PROXY: "http://p:1", REQUEST_METHOD: "GET" }, http, "direct"],
    [
      "http_proxy in a CGI program",
      { http_proxy: "http://p:1", REQUEST_METHOD: "GET" },
      http,
      "http_proxy: http://p:1/"
    ],
    ["ALL_PROXY where there is none for https", { ALL_PROXY: "http://a:1" }, https, "ALL_PROXY: http://a:1/"],
    ["all_proxy where there is none for http", { all_proxy: "http://a:1" }, http, "all_proxy: http://a:1/"],
    [
      "ALL_PROXY beside one for https",
      { ALL_PROXY: "http://a:1", HTTPS_PROXY: "http://p:1" },
      https,
      "HTTPS_PROXY: http://p:1/"
    ],
    [
      "ALL_PROXY for http beside one for https",
      { ALL_PROXY: "http://a:1", HTTPS_PROXY: "http://p:1" },
      http,
      "ALL_PROXY: http://a:1/"
    ],
    ["a host and port alone", { https_proxy: "p.test:3128" }, https, "https_proxy: http://p.test:3128/"],
    ["a proxy by https", { https_proxy: "https://p.test" }, https, "https_proxy: https://p.test/"],
    ["a name and a password", { https_proxy: "http://n%40e:w@p:1" }, https, "https_proxy: http://n%40e:w@p:1/"]
  ])("%s", ([, env, url, expected]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* way(env, url), expected)
    })
  )

  it.effect.each<readonly [list: string, url: string, isDirect: boolean]>([
    ["cdn.test", https, true],
    ["CDN.Test.", https, true],
    ["test", https, true],
    [".test", https, true],
    ["*.test", https, true],
    ["dn.test", https, false],
    ["a.test, cdn.test", https, true],
    ["a.test cdn.test", https, true],
    ["*", https, true],
    ["cdn.test:443", https, true],
    ["cdn.test:80", https, false],
    ["cdn.test:80", http, true],
    ["cdn.test:8443", "https://cdn.test:8443/", true],
    ["10.0.0.0/8", "https://10.1.2.3/", true],
    ["10.0.0.0/8", "https://11.1.2.3/", false],
    ["10.1.2.3", "https://10.1.2.3/", true],
    ["fd00::/8", "https://[fd12::1]/", true],
    ["[fd12::1]:443", "https://[fd12::1]/", true],
    ["fd12::1", "https://[fd12::1]/", true],
    ["10.0.0.0/99", "https://10.0.0.1/", false],
    ["", "https://localhost/", true],
    ["", "https://app.localhost/", true],
    ["", "https://127.8.9.10/", true],
    ["", "https://[::1]/", true],
    ["", "https://mylocalhost/", false],
    ["<-loopback>", "https://localhost/", false],
    ["<-loopback>,localhost", "https://localhost/", true],
    ["<-loopback>", "https://127.0.0.1/", false]
  ])("no_proxy=%s, %s", ([no_proxy, url, isDirect]) =>
    Effect.gen(function* () {
      for (const name of ["no_proxy", "NO_PROXY"]) {
        const found = yield* way({ https_proxy: "http://p", http_proxy: "http://p", [name]: no_proxy }, url)
        assert.strictEqual(found === "direct", isDirect)
      }
    })
  )

  it.effect.each([
    ["socks5://p:1080", /proxies are spoken to by http or https, not by socks5/],
    ["http://", /this is no URL of a proxy/],
    ["http://name:50%@p:1", /hold a % that is not part of an escape/]
  ] as const)("that cannot be used is told with its variable, and without a password: %s", ([value, words]) =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(way({ HTTPS_PROXY: value }, https))
      assert.match(message, words)
      assert.include(message, "HTTPS_PROXY")
      assert.notInclude(message, "50%")
      assert.strictEqual(yield* way({ HTTPS_PROXY: value }, "https://localhost/"), "direct")
    })
  )

  it.effect("knows the header that a proxy wants, from escaped text", () =>
    Effect.gen(function* () {
      const { find } = yield* Proxies.fromEnvironment.pipe(
        Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ https_proxy: "http://n%40e:w%3A%25@p:1" })))
      )
      const proxy = Result.getOrThrow(find(new URL(https)))
      assert(proxy !== undefined)
      const expected = `Basic ${Buffer.from("n@e:w:%").toString("base64")}`
      assert.deepStrictEqual(Proxies.authorization(proxy), { "proxy-authorization": expected })
      assert.strictEqual(proxy.origin, "http://p:1")
    })
  )
})
