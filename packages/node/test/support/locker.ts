/** A process that takes many locks at given times, together with others, and says how often it was not alone. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Lock from "../../src/file/internal/Lock.ts"

const [directory = "", start = "", rounds = ""] = process.argv.slice(2)
let together = 0

const hold = (target: string) =>
  Effect.gen(function* () {
    yield* Lock.acquire(`${target}.lock`, target)
    if (Fs.existsSync(`${target}.held`)) together++
    Fs.writeFileSync(`${target}.held`, "")
    yield* Effect.sleep(4)
    Fs.rmSync(`${target}.held`, { force: true })
  }).pipe(Effect.scoped, Effect.ignore)

for (let round = 0; round < Number(rounds); round++) {
  const time = Number(start) + round * 10
  while (Date.now() < time);
  await Effect.runPromise(hold(`${directory}/${round}`))
}
console.log(together)
