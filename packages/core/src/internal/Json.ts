/** JSON of others: what is taken out of it before it is kept. */
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"

export type Scrub = (text: string) => string

/** Applies a function to every string of a JSON object, keys aside. */
export const mapStrings = (json: Schema.JsonObject, f: Scrub): Schema.JsonObject =>
  Object.fromEntries(Object.entries(json).map(([key, value]) => [key, mapString(value, f)]))

const mapString = (json: Schema.Json, f: Scrub): Schema.Json => {
  if (typeof json === "string") return f(json)
  if (Array.isArray(json)) return json.map((item: Schema.Json) => mapString(item, f))
  return isObject(json) ? mapStrings(json, f) : json
}

/** The same without fields that are links by their names, at any depth, and with every other string scrubbed. */
export const withoutLinks = (json: Schema.JsonObject, scrub: Scrub): Schema.JsonObject =>
  Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) =>
      isLink(key) && !isObject(value) ? [] : [[scrub(key), withoutLink(value, scrub)] as const]
    )
  )

const withoutLink = (json: Schema.Json, scrub: Scrub): Schema.Json => {
  if (typeof json === "string") return scrub(json)
  if (Array.isArray(json)) return json.map((item: Schema.Json) => withoutLink(item, scrub))
  return isObject(json) ? withoutLinks(json, scrub) : json
}

/** `url`, `originalFileUrl`, `thumbnail`, `preview`; where an object has the name, only the links in it go. */
const isLink = (key: string): boolean => /url$|urls$|^(?:thumbnail|preview)s?$/i.test(key)

/** The object that it is, or an empty one. */
export const objectIn = (json: Schema.Json | undefined): Schema.JsonObject =>
  json !== undefined && isObject(json) ? json : {}

const isObject = (json: Schema.Json): json is Schema.JsonObject => Predicate.isObject(json) && !Array.isArray(json)
