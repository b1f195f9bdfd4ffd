/** Paths of kept archives as they were asked for: from the root, or from the working directory. */
import { isAbsolute, relative } from "node:path"
import * as DownloadRequest from "@scenario-assets/node/download/DownloadRequest"

export const path = (request: DownloadRequest.DownloadRequest, absolute: string): string =>
  isAbsolute(DownloadRequest.place(request)) ? absolute : relative("", absolute)
