/** Where the files of a run go. */
import { format, parse, resolve } from "node:path"
import type { DownloadRequest } from "../DownloadRequest.ts"
import { isSync, type RunRequest } from "./RunRequest.ts"

/** The directory, the path of the archive, or the address of the store. */
export const of = ({ destination }: Pick<DownloadRequest, "destination">): string => {
  switch (destination._tag) {
    case "Directory":
      return destination.directory
    case "ArchiveFiles":
      return destination.file
    case "Store":
      return destination.url
  }
}

/** The path of one of so many archives: `all.zip`, or `all-2.zip` where there are several, or a batch had to be divided. */
export const archivePath = (file: string, total: number, batch: number): string => {
  const { dir, ext, name, root } = parse(file)
  return format({ root, dir, name: total === 1 && batch === 0 ? name : `${name}-${batch + 1}`, ext })
}

/** The folder of one of so many archives, which sort as they are numbered; `""` for a single one. */
export const folder = (total: number, batch: number): string =>
  total === 1 && batch === 0 ? "" : String(batch + 1).padStart(String(total).length, "0")

/** A path in a folder, with `/`. */
export const inFolder = (folder: string, path: string): string => (folder === "" ? path : `${folder}/${path}`)

/** The same request for a process in another working directory. */
export const absolute = <Request extends RunRequest>(request: Request, cwd: string = resolve(".")): Request => {
  const whole = (path: string) => resolve(cwd, path)
  if (isSync(request)) return { ...request, directory: whole(request.directory) }
  const { destination } = request
  switch (destination._tag) {
    case "Directory":
      return { ...request, destination: { ...destination, directory: whole(destination.directory) } }
    case "ArchiveFiles":
      return { ...request, destination: { ...destination, file: whole(destination.file) } }
    case "Store":
      // The same place, however it is written.
      return { ...request, destination: { ...destination, url: destination.url.replace(/(?<=[^/])\/+$/, "") } }
  }
}
