/**
 * Signed URLs in the manner of CloudFront: a custom policy with an expiry, a signature over it and over every other part
 * of the URL. The signature keeps nobody out who reads this file; it finds every alteration.
 *
 * @since 0.1.0
 */
import * as Base64 from "effect/encoding/Base64"
import * as Seeded from "./Seeded.ts"

/** Signs and checks. Times are in milliseconds since 1970. */
export interface LinkSigner {
  /** A URL of this path (and query), unlike every one before it. */
  readonly sign: (resource: string, now: number) => string
  /** The resource that was signed; none when the URL was altered, or is no longer good. */
  readonly verify: (pathAndQuery: string, now: number) => URL | undefined
  /** Ends the life of all URLs signed so far. */
  readonly expireAll: () => void
}

export const make = (options: {
  readonly origin: string
  /** Milliseconds. */
  readonly lifetime: number
  readonly signaturePrefix: string
}): LinkSigner => {
  let count = 0
  let expired = 0

  const signature = (resource: string, policy: string, serial: number): string => {
    const number = serial.toString(36).padStart(serialLength, "0")
    const signed = `${resource} ${policy} ${number}`
    return options.signaturePrefix + Seeded.base62(`${Seeded.hash(signed)} ${Seeded.hash(signed, 1)}`, 86) + number
  }

  return {
    sign: (resource, now) => {
      const expires = Math.ceil((now + options.lifetime) / 1000)
      const policy = toPolicy(options.origin + resource, expires)
      const query = new URLSearchParams({
        Policy: policy,
        Signature: signature(resource, policy, ++count),
        "Key-Pair-Id": keyPairId
      })
      return `${options.origin}${resource}${resource.includes("?") ? "&" : "?"}${query}`
    },
    verify: (pathAndQuery, now) => {
      const url = new URL(pathAndQuery, options.origin)
      const given = names.map((name) => {
        const value = url.searchParams.get(name)
        url.searchParams.delete(name)
        return value ?? ""
      })
      const [policy = "", sign = "", pair] = given
      const serial = Number.parseInt(sign.slice(-serialLength), 36)
      const resource = url.pathname + url.search
      const genuine = pair === keyPairId && sign === signature(resource, policy, serial) && serial > expired
      return genuine && now < expiryOf(policy) * 1000 ? url : undefined
    },
    expireAll: () => {
      expired = count
    }
  }
}

const names = ["Policy", "Signature", "Key-Pair-Id"]
const keyPairId = "KEMULATOR0000"
const serialLength = 6

/** CloudFront's base64 has `-`, `_` and `~` for `+`, `=` and `/`. */
const toPolicy = (resource: string, expires: number): string =>
  Base64.encode(`{"Statement":[{"Resource":"${resource}*","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`)
    .replace(/\+/g, "-")
    .replace(/=/g, "_")
    .replace(/\//g, "~")

/** Read only from policies that were signed here. */
const expiryOf = (policy: string): number => {
  const json = Base64.decodeString(policy.replace(/-/g, "+").replace(/_/g, "=").replace(/~/g, "/"))
  return json._tag === "Success" ? Number(/"AWS:EpochTime":(\d+)/.exec(json.success)?.[1]) : 0
}
