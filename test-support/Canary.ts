/**
 * Made-up secrets for tests to use wherever a real one would stand. Whatever a test run prints or leaves on disk is
 * searched for them, so a secret that escapes fails the run.
 */
export const key = "CANARYKEY0123456789"

export const secret = "CANARYSECRET0123456789"

/** Belongs into the signature of every signed URL. */
export const signature = "CANARYSIGNATURE"

/** What an `Authorization: Basic` header holds. */
export const basic = Buffer.from(`${key}:${secret}`).toString("base64")

const canaries = { "API key": key, "API secret": secret, "URL signature": signature, "Basic credentials": basic }

/** The most bytes at the end of one piece that may belong to a canary which the next piece completes. */
export const overlap = Math.max(...Object.values(canaries).map((canary) => canary.length)) - 1

/** How they begin: a short word is found in a quarter of the time of a long one. */
const beginnings = [...new Set(Object.values(canaries).map((canary) => canary.slice(0, 6)))]

/** Names the secrets found, never their text. */
export const find = (bytes: Buffer): ReadonlyArray<string> =>
  beginnings.some((beginning) => bytes.includes(beginning))
    ? Object.entries(canaries).flatMap(([name, canary]) => (bytes.includes(canary) ? [name] : []))
    : []
