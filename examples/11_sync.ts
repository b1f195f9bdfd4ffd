/**
 * @title A directory in step, with a page to look at
 *
 * `Sync` fetches what a filter of the catalogue selects and the directory does not have yet, each asset to a file of its own. Its index knows
 * the prompt, the seed and the model of each file, and `Gallery` makes a page of them.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/11_sync.ts renders
 */
import { NodeFileSystem, NodeRuntime } from "@effect/platform-node"
import { Gallery, NodeScenario, Sync } from "@scenario-assets/node"
import { Console, Effect, FileSystem, Stream } from "effect"

/** Fetches the new videos and pictures, and writes the page. Gives how many there were. */
export const program = Effect.fn("sync")(function* (directory: string) {
  const { events } = yield* Sync.Sync
  let saved = 0
  yield* events({
    directory,
    filter: { kinds: ["image", "video"] },
    template: "{kind}/{date} {prompt} {id}.{ext}"
  }).pipe(
    Stream.runForEach((event) => {
      switch (event._tag) {
        case "Saved":
          saved++
          return Console.log(event.path)
        case "Failed":
          return Console.error(`${event.assetId}: ${event.error.message}`)
        default:
          return Effect.void
      }
    })
  )
  const known = yield* Stream.runCollect(Sync.index(directory))
  const items = known.map((row): Gallery.Item => ({ path: textOf(row["path"]) ?? "", prompt: textOf(row["prompt"]) }))
  const fs = yield* FileSystem.FileSystem
  yield* fs.writeFileString(`${directory}/index.html`, Gallery.html(items, { title: directory }))
  return saved
})

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

if (import.meta.main) {
  const [directory = "renders"] = process.argv.slice(2)
  NodeRuntime.runMain(program(directory).pipe(Effect.provide([NodeScenario.layerConfig, NodeFileSystem.layer])))
}
