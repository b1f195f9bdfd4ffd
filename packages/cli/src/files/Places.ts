/** Where the command line keeps what is its own: by the XDG Base Directory Specification, and on Windows by its own rules. */
import { homedir } from "node:os"
import { isAbsolute, join, parse } from "node:path"
import * as Config from "effect/Config"

const isWindows = process.platform === "win32"

/** Where configuration and credentials are. Nobody has made it yet. */
export const configDirectory: Config.Config<string> = Config.all({
  xdg: directory("XDG_CONFIG_HOME"),
  roaming: isWindows ? directory("APPDATA") : Config.succeed(undefined),
  own: directory("HOME")
}).pipe(
  Config.map(({ own, roaming, xdg }) =>
    join(xdg ?? roaming ?? join(own ?? home(), isWindows ? "AppData/Roaming" : ".config"), "scenario-assets")
  )
)

/** The home directory of whoever runs this; the root where the system knows of none. */
export function home(): string {
  try {
    return homedir()
  } catch {
    return parse(process.cwd()).root
  }
}

/** The specification says to take no notice of a path that is not absolute. */
function directory(variable: string): Config.Config<string | undefined> {
  return Config.String(variable).pipe(
    Config.withDefault(undefined),
    Config.map((path) => (path !== undefined && isAbsolute(path) ? path : undefined))
  )
}
