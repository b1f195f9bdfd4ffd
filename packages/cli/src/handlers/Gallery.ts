/** `gallery`: a page that shows what is in a directory. */
import * as Effect from "effect/Effect"
import * as Page from "../catalogue/Page.ts"
import * as Output from "../output/Output.ts"
import * as Format from "../text/Format.ts"

interface Values extends Output.Mode {
  readonly directory: string
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { line, note, result } = yield* Output.Output
    const { files, page } = yield* Page.write(values.directory)
    yield* line(page)
    yield* note(
      files === 0 ? "There are no files to show" : `A page of ${Format.count(files, "file")}; open it in a browser`
    )
    yield* result({ page, files })
  }).pipe(Effect.provide(Output.layer(values)))
