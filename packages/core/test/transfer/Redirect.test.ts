/** Where redirects lead, to the letter: what is written anew no longer fits its signature. */
import { assert, describe, it } from "@effect/vitest"
import { SignedUrl } from "@scenario-assets/core"
import { Result } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Redirect from "../../src/transfer/internal/Redirect.ts"

const from = signedUrl("https://h.test:8443/a/b'c/d.zip?Sig='1'&next=/x/y")
const signs = "!$&'()*+,;=:@-._~[]{}|^`\"<>%2f%2F"

/** UTF-8 as it comes in a header: one character for each byte. */
const raw = (text: string) => Buffer.from(text).toString("latin1")

describe("A redirect", () => {
  it.each<readonly [location: string, url: string]>([
    ["https://o.test/x.zip?Sig='2'", "https://o.test/x.zip?Sig='2'"],
    ["HTTPS://O.test/x", "https://o.test/x"],
    ["https://o.test?Sig='2'", "https://o.test/?Sig='2'"],
    ["https://o.test/a/../b//c?x=/../y", "https://o.test/a/../b//c?x=/../y"],
    [`https://o.test/${signs}?${signs}`, `https://o.test/${signs}?${signs}`],
    ["//o.test/x?'", "https://o.test/x?'"],
    ["/x?Sig='2'#part", "https://h.test:8443/x?Sig='2'"],
    [`/${signs}?${signs}`, `https://h.test:8443/${signs}?${signs}`],
    ["x.zip?Sig='2'", "https://h.test:8443/a/b'c/x.zip?Sig='2'"],
    ["x'.zip", "https://h.test:8443/a/b'c/x'.zip"],
    ["./x.zip?q=./../'", "https://h.test:8443/a/b'c/x.zip?q=./../'"],
    ["../x.zip?'#'", "https://h.test:8443/a/x.zip?'"],
    ["../../../../x", "https://h.test:8443/x"],
    [".", "https://h.test:8443/a/b'c/"],
    ["..", "https://h.test:8443/a/"],
    ["?Sig='3'", "https://h.test:8443/a/b'c/d.zip?Sig='3'"],
    ["x?next=https://o.test/'", "https://h.test:8443/a/b'c/x?next=https://o.test/'"],
    ["  /x?'  ", "https://h.test:8443/x?'"],
    ["/a b?c d", "https://h.test:8443/a%20b?c%20d"],
    [raw("/café-猫?x=é"), "https://h.test:8443/caf%C3%A9-%E7%8C%AB?x=%C3%A9"],
    [raw("../é'.zip"), "https://h.test:8443/a/%C3%A9'.zip"],
    ["https:x", "https://h.test:8443/a/b'c/x"],
    ["\\\\o.test\\x", "https://o.test/x"]
  ])("to %s leads to %s", (location, url) => {
    const { origin, path } = SignedUrl.target(Result.getOrThrow(Redirect.target(location, from, false)))
    assert.strictEqual(`${origin}${path}`, url)
  })

  it.each<readonly [location: string, why: string]>([
    ["", "to nowhere"],
    [" ", "to nowhere"],
    ["#part", "to nowhere"],
    ["http://o.test/", "to http:"],
    ["c:d", "to c:"],
    ["https://", "to what is no URL"],
    ["https://me:pw@o.test/", "to a URL with user info"],
    ["//me@o.test/", "to a URL with user info"]
  ])("to %j is not followed", (location, why) => {
    assert.deepStrictEqual(Redirect.target(location, from, false), Result.fail(why))
  })
})
