/** One asset, to its file: which name it gets, and what becomes of it where that goes wrong. */
import { join } from "node:path"
import type { ApiError } from "@scenario-assets/core/ApiError"
import type { AssetDownload } from "@scenario-assets/core/AssetDownload"
import type { AssetRecord } from "@scenario-assets/core/AssetRecord"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as EntryPath from "../../archive/internal/EntryPath.ts"
import type { DownloadedFile, FileDownload, Options as FileOptions } from "../../file/FileDownload.ts"
import type { FileError } from "../../file/FileError.ts"
import * as MediaType from "../../file/MediaType.ts"
import type { SyncRequest } from "../../runs/SyncRequest.ts"
import type { SyncEvent } from "../SyncRun.ts"
import type { SyncTemplate } from "../SyncTemplate.ts"
import type { SyncIndex } from "./SyncIndex.ts"

export interface Options {
  readonly assets: AssetDownload["Service"]
  readonly files: FileDownload["Service"]
  readonly request: Pick<SyncRequest, "directory" | "format">
  readonly template: SyncTemplate
  readonly index: SyncIndex
  /** Names in the directory that no file gets. */
  readonly reserved: ReadonlyArray<string>
  /** The name of the collection that an asset is in, where the template has it. */
  readonly collectionOf: (record: AssetRecord) => string | undefined
  readonly transfer: FileOptions
}

type Failed = ApiError | TransferError | FileError

/** Fetches assets, each once. Where two have the same name, the one that comes later gets a number. */
export const make = ({ assets, collectionOf, files, index, request, reserved, template, transfer }: Options) => {
  const { directory, format } = request
  const claimed = new Set([...reserved, ...index.paths.values()].map(EntryPath.fold))

  /** The first name that no other asset has, from the `n`-th on. */
  const claim = (name: string, n: number): { readonly path: string; readonly n: number } => {
    for (let next = n; ; next++) {
      const path = EntryPath.candidate(name, next)
      const key = EntryPath.fold(path)
      if (claimed.has(key)) continue
      claimed.add(key)
      return { path, n: next }
    }
  }

  /** To this path, and then, when the file is there and what the download had beside it is gone, what `saved` does. */
  const fetch = (record: AssetRecord, path: string, saved: (file: DownloadedFile) => Effect.Effect<void, FileError>) =>
    Stream.suspend((): Stream.Stream<SyncEvent, Failed> => {
      const { id: assetId, link } = record
      const refresh = assets.request(assetId, { targetFormat: format })
      const source = format === undefined && link !== undefined ? { url: link, refresh } : { refresh }
      let file: DownloadedFile | undefined
      const events = Stream.map(files.events(source, join(directory, path), transfer), (event): SyncEvent => {
        if (event._tag === "Completed") file = event.file
        return { _tag: "File", assetId, event }
      })
      const last = Stream.suspend(() => {
        if (file === undefined) return Stream.empty
        const { alreadyThere, bytes } = file
        return Stream.fromEffect(
          Effect.map(saved(file), (): SyncEvent => ({ _tag: "Saved", record, path, bytes, alreadyThere }))
        )
      })
      return Stream.concat(events, last)
    })

  /** To a name that nobody has; a file of somebody else that stands there is left alone. */
  const fetchNew = (record: AssetRecord, name: string, from: number): Stream.Stream<SyncEvent, Failed> =>
    Stream.suspend(() => {
      const { n, path } = claim(name, from)
      return fetch(record, path, ({ bytes }) => index.add(record, { path, bytes })).pipe(
        Stream.catchIf(isTaken, () => fetchNew(record, name, n + 1))
      )
    })

  return (record: AssetRecord): Stream.Stream<SyncEvent, ApiError | FileError> =>
    Stream.suspend(() => {
      const before = index.paths.get(record.id)
      const name = template.path(record, {
        extension: format ?? MediaType.extension(record.mimeType),
        collection: collectionOf(record)
      })
      return Stream.concat(
        Stream.succeed<SyncEvent>({ _tag: "Fetching", record, path: before ?? name }),
        // One that the index knows goes to where it was.
        before === undefined ? fetchNew(record, name, 1) : fetch(record, before, () => Effect.void)
      ).pipe(
        Stream.catch((error): Stream.Stream<SyncEvent, ApiError | FileError> => {
          const fatal = ofAll(error)
          return fatal === undefined
            ? Stream.succeed<SyncEvent>({ _tag: "Failed", assetId: record.id, error })
            : Stream.fail(fatal)
        })
      )
    })
}

/** Another file has the name. */
const isTaken = (error: Failed): error is FileError =>
  error._tag === "FileError" && (error.reason._tag === "Exists" || error.reason._tag === "IsDirectory")

/** What the other assets would meet as well, so that it ends the run; none where it is a matter of one asset. */
const ofAll = (error: Failed): ApiError | FileError | undefined => {
  switch (error._tag) {
    case "TransferError":
      return undefined
    case "ApiError":
      return ["NotFound", "Rejected", "InvalidResponse", "ServerError"].includes(error.reason._tag) ? undefined : error
    case "FileError":
      return ["Exists", "IsDirectory", "Locked", "NotADirectory"].includes(error.reason._tag) ? undefined : error
  }
}
