/** Keeps the compiled code for the next start, which takes a fraction of the time. */
// Not by its name, which older versions of Node do not have: they would fail before they can be told so.
import module from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"

/** Where that cannot be done, nothing else changes. */
export const enable = (): void => {
  try {
    module.enableCompileCache(join(directory(), "scenario-assets"))
  } catch {
    // There is no home.
  }
}

/** Where this person's programs keep such things. Not where all people's do: what stands there is run. */
const directory = (): string => {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  switch (process.platform) {
    case "win32":
      return LOCALAPPDATA || join(homedir(), "AppData", "Local")
    case "darwin":
      return join(homedir(), "Library", "Caches")
    default:
      return XDG_CACHE_HOME || join(homedir(), ".cache")
  }
}
