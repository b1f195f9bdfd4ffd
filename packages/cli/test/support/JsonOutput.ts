/** What `--json` prints, against its JSON Schema, by a validator that knows nothing of Effect. */
import { readFileSync } from "node:fs"
import { assert } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Events from "../../src/json/Events.ts"

const file = new URL("../../../../docs/events.schema.json", import.meta.url)

/** The schema that programs get. */
export const published: unknown = JSON.parse(readFileSync(file, "utf8"))

const options = { strict: true, allowUnionTypes: true }
export const isLine = new Ajv2020(options).compile(published as object)
/** The same, where nothing may be said that is not described. */
export const isDescribed = new Ajv2020(options).compile(Events.jsonSchema("closed"))

/** Each line must be as the schema says; all but the last one, to which commands may add, must say nothing else. */
export const assertValid = (stdout: string): void => {
  const lines = stdout.split("\n").slice(0, -1)
  for (const text of lines) {
    const line: unknown = JSON.parse(text)
    assert.isTrue(isLine(line), `not as the schema says: ${text.slice(0, 2000)}`)
    if (!/^\{"type":"(result|error)"/.test(text)) assert.isTrue(isDescribed(line), `more than the schema says: ${text}`)
  }
}
