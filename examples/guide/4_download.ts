import { NodeRuntime } from "@effect/platform-node"
import { Selection } from "@scenario-assets/core"
import { DownloadRequest, Downloads, NodeScenario } from "@scenario-assets/node"
import { Console, Effect } from "effect"

/** Downloads everything a model has made into a directory. Gives the number of files that are there in the end. */
export const program = Effect.fn("downloadModel")(function* (modelId: string, directory: string) {
  const downloads = yield* Downloads.Downloads
  const request = DownloadRequest.DownloadRequest.make({
    wanted: { _tag: "Assets", selection: yield* Selection.make({ modelIds: [modelId] }) },
    destination: DownloadRequest.directory(directory, { exclude: ["*.txt"] })
  })

  return yield* downloads.run(request).pipe(
    Effect.tap(({ alreadyThere, fetched, files }) =>
      Console.log(`${files} files in ${directory}, ${alreadyThere} of them from before; ${fetched} bytes fetched`)
    ),
    Effect.map(({ files }) => files),
    // Some archives are missing. The report says which, and why; the same request again fetches only those.
    Effect.catchTag("DownloadIncomplete", ({ report }) =>
      Effect.gen(function* () {
        for (const { error, jobId } of report.failures) {
          switch (error._tag) {
            case "ApiError":
            case "JobError":
            case "TransferError":
              yield* Console.error(`${error.message}${error.isRetryable ? " Worth another try." : ""}`)
              break
            default:
              yield* Console.error(`${jobId ?? "no job"}: ${error.message}`)
          }
        }
        return report.files
      })
    ),
    // Errors that keep a run from beginning, matched by tag and reason.
    Effect.catchReason("FileError", "PermissionDenied", ({ code }) =>
      Effect.as(Console.error(`Cannot write to ${directory} (${code}).`), 0)
    ),
    Effect.catchTag("RunBusy", (error) => Effect.as(Console.error(error.message), 0))
  )
})

if (import.meta.main) {
  const [modelId = "", directory = "."] = process.argv.slice(2)
  NodeRuntime.runMain(program(modelId, directory).pipe(Effect.provide(NodeScenario.layerConfig)))
}
