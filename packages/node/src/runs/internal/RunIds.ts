/** Making ids of runs. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { RunId } from "../RunRecord.ts"

/** Whether a text is the id of a run. */
export const isRunId = Schema.is(RunId)

/** Of each day there are half a million. */
export const make = Effect.gen(function* () {
  const day = DateTime.formatIsoDateUtc(yield* DateTime.now)
    .slice(2)
    .replaceAll("-", "")
  const letters = yield* Effect.forEach([1, 2, 3], () => Effect.all([Random.choice(consonants), Random.choice(vowels)]))
  return RunId.make(`run_${day}_${letters.flat().join("")}`)
})

const consonants = ["b", "d", "f", "g", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z"] as const
const vowels = ["a", "e", "i", "o", "u"] as const
