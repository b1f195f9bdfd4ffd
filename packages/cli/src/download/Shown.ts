/** Paths of kept archives as they were asked for: from the root, or from the working directory. */
import { isAbsolute, relative } from "node:path"
import type * as DownloadRequest from "@scenario-assets/node/download/DownloadRequest"
import * as Place from "@scenario-assets/node/engine/download/Place"

export const path = (request: DownloadRequest.DownloadRequest, absolute: string): string =>
  isAbsolute(Place.of(request)) ? absolute : relative("", absolute)
