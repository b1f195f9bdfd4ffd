/** A process that begins jobs at a given time, together with others, and writes each to the same journal. */
import { Asset, FileNameTemplate, JobJournal, ScenarioConfig, Selection } from "@scenario-assets/core"
import { JobJournalFile } from "@scenario-assets/node"
import { Effect } from "effect"

const [path = "", name = "", start = "", count = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const journal = yield* JobJournal.JobJournal
  while (Date.now() < Number(start));
  for (let n = 0; n < Number(count); n++) {
    const selection = yield* Selection.make({ assetIds: [`asset_${n}`] })
    const batch = JobJournal.key(
      { baseUrl: ScenarioConfig.defaultBaseUrl, projectId: undefined },
      { selection, fileNameTemplate: FileNameTemplate.FileNameTemplate.make(name) }
    )
    yield* journal.record(batch, Asset.JobId.make(`job_${name}_${n}`))
    // Some are of no use, and what is left of the others must stay.
    if (n % 3 === 0) yield* journal.forget(Asset.JobId.make(`job_${name}_${n}`))
  }
})

await Effect.runPromise(Effect.provide(program, JobJournalFile.layer(path)))
