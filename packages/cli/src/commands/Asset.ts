/** `asset`: single assets, each in its own format or another. */
import { AssetId, TargetFormat } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import type { StoredObject } from "@scenario-assets/core/StoredObject"
import { FileDownload } from "@scenario-assets/node/FileDownload"
import * as Arr from "effect/Array"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { join } from "node:path"
import * as Failures from "../Failures.ts"
import * as Format from "../Format.ts"
import * as Options from "../Options.ts"
import { Output } from "../Output.ts"
import * as Watch from "../Watch.ts"

const flags = {
  ids: Argument.String("asset").pipe(
    Argument.withDescription("Ids of assets"),
    Argument.withSchema(AssetId),
    Argument.variadic({ min: 1 })
  ),
  format: Flag.Literals("format", TargetFormat.literals).pipe(
    Flag.withDescription("Convert to this format [default: the asset's own]"),
    Flag.optional
  ),
  directory: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("DIR"),
    Flag.withDescription("Where the files go, as ASSET_ID.EXTENSION [default: .]"),
    Flag.withDefault(".")
  ),
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Replace files that are there already"),
    Flag.withDefault(false)
  ),
  concurrency: Options.count("concurrency", 64).pipe(
    Flag.withDescription("Transfers at once [default: 4]"),
    Flag.withDefault(4)
  ),
  ...Options.connection,
  ...Options.output
}

type Values = Command.Command.Config.Infer<typeof flags>

export const command = Command.make("asset", flags, (values) =>
  Effect.gen(function*() {
    const output = yield* Output
    const ids = [...new Set(values.ids)]
    const outcomes = yield* Effect.forEach(ids, (id) => Effect.result(save(values, id)), { concurrency: values.concurrency })
    const saved = Arr.getSuccesses(outcomes)
    const failures = Arr.getFailures(outcomes)
    yield* output.result(
      { type: "result", assets: saved, failed: failures.map((failure) => failure.message) },
      saved.map((file) => file.path)
    )
    const [only] = failures
    if (ids.length === 1 && only !== undefined) return yield* Effect.fail(only)
    if (failures.length > 0) {
      return yield* Failures.make(`${failures.length} of ${Format.count(ids.length, "asset")} could not be downloaded`, failures)
    }
  }).pipe(
    Effect.provide(Options.scenarioLayer(values)),
    Effect.provide(Options.outputLayer(values))
  )).pipe(
    Command.withDescription("Download single assets, converted to a format if you like"),
    Command.withExamples([
      { command: "scenario-assets asset asset_abc --format webp", description: "One asset, as WebP" }
    ])
  )

const save = Effect.fnUntraced(function*(values: Values, assetId: AssetId) {
  const { request } = yield* AssetDownload
  const download = yield* FileDownload
  const targetFormat = Option.getOrUndefined(values.format)
  const base = join(values.directory, assetId)
  const last = yield* download.events(
    { refresh: request(assetId, { targetFormat }) },
    targetFormat === undefined ? base : `${base}.${targetFormat}`,
    {
      ifExists: values.force ? "replace" : "fail",
      ...(targetFormat === undefined ? { rename: (object: StoredObject) => base + extension(object.contentType) } : {})
    }
  ).pipe(
    Stream.tap((event) => Watch.file(assetId, event)),
    Stream.runLast
  )
  const completed = yield* Effect.orDie(Effect.fromOption(last))
  return completed._tag === "Completed" ? { assetId, ...completed.file } : yield* Effect.die(completed)
})

const extensions: { readonly [type: string]: string } = {
  "application/zip": ".zip",
  "audio/mpeg": ".mp3",
  "audio/wav": ".wav",
  "audio/x-wav": ".wav",
  "image/avif": ".avif",
  "image/gif": ".gif",
  "image/heif": ".heif",
  "image/jpeg": ".jpg",
  "image/png": ".png",
  "image/svg+xml": ".svg",
  "image/tiff": ".tiff",
  "image/webp": ".webp",
  "model/gltf-binary": ".glb",
  "model/obj": ".obj",
  "video/mp4": ".mp4",
  "video/webm": ".webm"
}

/** The usual extension of a media type; none for one we do not know. */
const extension = (contentType: string | undefined): string =>
  extensions[(contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""] ?? ""
