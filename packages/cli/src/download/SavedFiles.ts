/** Assets and archives that are kept as files, as they are told. */
import { isAbsolute, relative, resolve } from "node:path"
import * as Place from "@scenario-assets/node/engine/runs/Place"
import type * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import * as Format from "../text/Format.ts"

interface Fetched {
  readonly bytes: number
  readonly resumedFrom: number
  readonly alreadyThere: boolean
}

/** `2 archives, 8.4 MB (4.2 MB downloaded now) in 3s`; the time where it is of interest. */
export const summary = (files: ReadonlyArray<Fetched>, one: string, took?: number): string => {
  const bytes = sum(files, (file) => file.bytes)
  const fetched = sum(files, (file) => (file.alreadyThere ? 0 : file.bytes - file.resumedFrom))
  const some = fetched < bytes ? ` (${Format.bytes(fetched)} downloaded now)` : ""
  return `${Format.count(files.length, one)}, ${Format.bytes(bytes)}${some}${took === undefined ? "" : ` in ${Format.time(took)}`}`
}

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)

/** A directory as it was asked for. The working directory, which nobody has to name, is told whole: `.` would say nothing. */
export const shownDirectory = (directory: string): string => {
  if (directory.includes("://")) return directory
  const absolute = resolve(directory)
  return absolute === resolve() ? absolute : directory
}

/** The path of a kept archive as it was asked for: from the root, or from the working directory. */
export const shownPath = (request: DownloadRequest.DownloadRequest, absolute: string): string =>
  isAbsolute(Place.of(request)) ? absolute : relative("", absolute)
