/** Where the command line keeps what is its own: by the XDG Base Directory Specification, and on Windows by its own rules. */
import { join } from "node:path"
import * as Config from "effect/Config"
import * as Home from "../start/Home.ts"

const isWindows = process.platform === "win32"

/** Where configuration and credentials are. Nobody has made it yet. */
export const configDirectory: Config.Config<string> = Config.all({
  xdg: directory("XDG_CONFIG_HOME"),
  roaming: isWindows ? directory("APPDATA") : Config.succeed(undefined),
  own: directory("HOME")
}).pipe(
  Config.map(({ own, roaming, xdg }) =>
    join(xdg ?? roaming ?? join(own ?? Home.directory(), isWindows ? "AppData/Roaming" : ".config"), "scenario-assets")
  )
)

/** The specification says to ignore a path that is not absolute. */
function directory(variable: string): Config.Config<string | undefined> {
  return Config.map(Config.withDefault(Config.String(variable), undefined), Home.absolute)
}
