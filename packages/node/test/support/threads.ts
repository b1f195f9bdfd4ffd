/**
 * A program that extracts an archive and says how many pieces of work its threads have done, and how often the event loop has
 * turned meanwhile. It is also bundled, as other people's programs are.
 */
import { Extraction } from "@scenario-assets/node"
import { Effect, References } from "effect"

const [file = "", directory = ""] = process.argv.slice(2)

let answers = 0
process.on("worker", (worker) => worker.on("message", (message) => (answers += typeof message === "object" ? 1 : 0)))
let turns = 0
const turn = () => {
  turns++
  turning = setImmediate(turn)
}
let turning = setImmediate(turn)

const { alreadyThere, files } = await Effect.runPromise(
  Effect.flatMap(Extraction.Extraction, ({ run }) => run({ file }, directory, { threads: 2 })).pipe(
    Effect.provide(Extraction.layerFiles),
    // Nothing but the answer on stdout.
    Effect.provideService(References.MinimumLogLevel, "Warn")
  )
)
clearImmediate(turning)
console.log(JSON.stringify({ files, alreadyThere, answers, turns }))
