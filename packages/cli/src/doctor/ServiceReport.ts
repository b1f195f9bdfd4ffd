/**
 * What `doctor --report` writes: facts about the API and its storage hosts, for whoever maintains this. They hold no key, link,
 * prompt or id, so that they can be given away; whoever does so reads them first.
 */
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Scenario from "../access/Scenario.ts"
import { UsageError } from "../errors/CommandError.ts"
import * as SystemCode from "../files/SystemCode.ts"
import type { Connection } from "../settings/Options.ts"
import { version } from "../start/Version.ts"
import * as ApiProbe from "./ApiProbe.ts"
import type { Check } from "./Check.ts"
import * as Protocol from "./Protocol.ts"
import * as StorageProbe from "./StorageProbe.ts"

export interface Wanted extends ApiProbe.Wanted {
  readonly connection: Connection
  readonly checks: ReadonlyArray<Check>
}

const about =
  "How the Scenario API and its storage hosts answered. It holds no key, link, prompt or id: of links the host and the names of " +
  "parameters, of answers their fields without values, of headers the names and some harmless values. Read it before you send it."

/** Asks, and writes a new file that nobody else can read. */
export const write = Effect.fnUntraced(function* (file: string, wanted: Wanted) {
  const fs = yield* FileSystem.FileSystem
  // Before anything is asked: a report that cannot be written is not worth it.
  yield* Effect.mapError(fs.writeFileString(file, "", { flag: "wx", mode: 0o600 }), (error) =>
    error.reason._tag === "AlreadyExists"
      ? new UsageError({ message: `${file} already exists; choose another name for the report` })
      : SystemCode.fileError("write the report", file)(error)
  )
  yield* collect(wanted).pipe(
    Effect.flatMap((report) =>
      Effect.mapError(
        fs.writeFileString(file, `${JSON.stringify(report, undefined, 2)}\n`),
        SystemCode.fileError("write the report", file)
      )
    ),
    Effect.onError(() => Effect.ignore(fs.remove(file)))
  )
})

const collect = Effect.fnUntraced(function* ({ checks, connection, ...wanted }: Wanted) {
  const configured = yield* Effect.result(Scenario.configuration(connection))
  const baseUrl = yield* Scenario.baseUrl(connection)
  const config = Result.isSuccess(configured)
    ? configured.success.config
    : yield* ScenarioConfig.make({ baseUrl, bearerToken: Redacted.make("none") })
  const refusals = yield* ApiProbe.refusals(config, Result.isSuccess(configured))
  const { calls, links } = Result.isSuccess(configured)
    ? yield* ApiProbe.existing(config, wanted)
    : { calls: [], links: [] }
  return {
    about,
    program: { version, node: process.versions.node, platform: `${process.platform} ${process.arch}` },
    checks: Object.fromEntries(checks.map(({ check, status }) => [check, status])),
    api: {
      host: new URL(baseUrl).host,
      protocol: yield* Protocol.offered(baseUrl),
      credentials: Result.isSuccess(configured) ? config.credentials._tag : null,
      hasProject: config.projectId !== undefined,
      calls: [...refusals, ...calls]
    },
    storage: (yield* Effect.forEach(links, StorageProbe.probe)).flat()
  }
})

/** Fails where ids are given, and nothing is to be reported of them. */
export const checkWanted = (report: Option.Option<string>, { assetId, jobId }: ApiProbe.Wanted) =>
  Option.isNone(report) && (Option.isSome(assetId) || Option.isSome(jobId))
    ? Effect.fail(new UsageError({ message: "--job and --asset are for --report alone; give --report FILE too" }))
    : Effect.void
