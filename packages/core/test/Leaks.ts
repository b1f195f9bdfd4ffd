/** Looks for canaries in everything that a value can be shown as. */
import { inspect } from "node:util"
import { assert } from "@effect/vitest"
import { Cause, Formatter } from "effect"
import * as Canary from "../../../test-support/Canary.ts"

/** The texts that loggers, consoles and reporters make of a value. */
export const shown = (value: unknown): string =>
  [
    String(value),
    JSON.stringify(value),
    Formatter.format(value),
    inspect(value, { depth: null, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }),
    Cause.pretty(Cause.fail(value)),
    value instanceof Error ? `${value.message}\n${value.stack}` : ""
  ].join("\n")

export const assertNone = (...values: ReadonlyArray<unknown>): void => {
  for (const value of values) {
    assert.deepStrictEqual(Canary.find(Buffer.from(typeof value === "string" ? value : shown(value))), [])
  }
}
