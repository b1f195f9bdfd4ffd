/**
 * @title Jobs that outlive the program
 *
 * A journal in a file remembers which job was begun for which batch. A program that is run again after it was stopped takes the
 * jobs up, instead of starting others. `NodeScenario` remembers nothing unless it is given such a journal. The program itself
 * forgets the jobs once their files are safe, because nobody else knows when that is.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/09_journal.ts model_… renders
 */
import { NodeRuntime } from "@effect/platform-node"
import { Archives, FileNameTemplate, JobJournal, ScenarioConfig, Selection } from "@scenario-assets/core"
import { Extraction, JobJournalFile, NodeScenario } from "@scenario-assets/node"
import { Effect, Layer, Stream } from "effect"

export const program = Effect.fn("journal")(function* (modelId: string, directory: string) {
  const archives = yield* Archives.Archives
  const extraction = yield* Extraction.Extraction
  const journal = yield* JobJournal.JobJournal
  const selection = yield* Selection.make({ modelIds: [modelId] })

  const jobIds = yield* archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate }).pipe(
    Stream.mapEffect(({ jobId, source }) => Effect.as(extraction.run({ name: jobId, source }, directory), jobId)),
    Stream.runCollect
  )
  // All of it is there. The file goes with the last job in it.
  yield* Effect.forEach(jobIds, journal.forget)
  return jobIds
})

/** All services, with a journal at a path. */
export const layer = (path: string) => NodeScenario.layerServicesWith({ jobJournal: JobJournalFile.layer(path) })

if (import.meta.main) {
  const [modelId = "", directory = "."] = process.argv.slice(2)
  const live = Layer.provide(layer("jobs.json"), ScenarioConfig.layerConfig())
  NodeRuntime.runMain(program(modelId, directory).pipe(Effect.provide(live)))
}
