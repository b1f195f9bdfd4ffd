/** `extract`: archives in files, into a directory. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as DryRun from "../DryRun.ts"
import * as Extracting from "../Extracting.ts"
import * as InputFile from "../InputFile.ts"
import * as Output from "../Output.ts"
import * as Saved from "../Saved.ts"
import * as Scenario from "../Scenario.ts"

interface Values extends Extracting.Values, Output.Mode {
  readonly files: ReadonlyArray<string>
  readonly dryRun: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { whenInterrupted } = yield* Output.Output
    const files = [...new Set(values.files)]
    yield* Effect.forEach(files, InputFile.checkArchive)
    const options = yield* Extracting.check(values)
    if (values.dryRun) {
      return yield* DryRun.ofExtraction(
        files.map((file) => ({ origin: { file }, location: { file } })),
        options
      )
    }
    const extracting = Effect.gen(function* () {
      const { extract, tell } = yield* Extracting.open(options, files.length)
      const outcomes = yield* Effect.forEach(files, (file, index) =>
        Saved.outcome(file, extract(index, { file }, { file }))
      )
      yield* tell(outcomes)
    })
    return yield* whenInterrupted("Run the same command again to go on where it stopped.")(extracting)
  }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(Scenario.layerFiles, Output.layer(values))))
