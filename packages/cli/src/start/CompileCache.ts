/** Keeps the compiled code for the next start, which takes a fraction of the time. */
// Not by its name, which older versions of Node do not have: they would fail before they can be told so.
import module from "node:module"
import { join } from "node:path"
import * as Home from "./Home.ts"

/** Where that cannot be done, nothing else changes. */
export const enable = (): void => {
  module.enableCompileCache(join(directory(), "scenario-assets"))
}

/** Where this person's programs keep such things. Not where others may write: what stands there is run. */
const directory = (): string => {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  switch (process.platform) {
    case "win32":
      return Home.absolute(LOCALAPPDATA) ?? join(Home.directory(), "AppData", "Local")
    case "darwin":
      return join(Home.directory(), "Library", "Caches")
    default:
      return Home.absolute(XDG_CACHE_HOME) ?? join(Home.directory(), ".cache")
  }
}
