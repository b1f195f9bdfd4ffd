/** Where the command line keeps what is its own: by the XDG Base Directory Specification, and on Windows by its own rules. */
import { homedir } from "node:os"
import { isAbsolute, join, parse } from "node:path"
import * as Config from "effect/Config"

/** Where configuration and credentials are. Nobody has made it yet. */
export const configDirectory: Config.Config<string> = place({
  variable: "XDG_CONFIG_HOME",
  below: ".config",
  windows: { variable: "APPDATA", below: "AppData/Roaming" }
})

/** Where runs leave what later ones want to know. Nobody has made it yet. */
export const stateDirectory: Config.Config<string> = place({
  variable: "XDG_STATE_HOME",
  below: ".local/state",
  windows: { variable: "LOCALAPPDATA", below: "AppData/Local" }
})

/** The home directory of whoever runs this; the root where the system knows of none. */
export function home(): string {
  try {
    return homedir()
  } catch {
    return parse(process.cwd()).root
  }
}

interface Rule {
  readonly variable: string
  /** In the home directory, where the variable is not set. */
  readonly below: string
}

function place({ windows, ...xdg }: Rule & { readonly windows: Rule }): Config.Config<string> {
  const otherwise = process.platform === "win32" ? windows : xdg
  return Config.all({
    given: directory(xdg.variable),
    usual: directory(otherwise.variable),
    own: directory("HOME")
  }).pipe(
    Config.map(({ given, own, usual }) =>
      join(given ?? usual ?? join(own ?? home(), otherwise.below), "scenario-assets")
    )
  )
}

/** The specification says to take no notice of a path that is not absolute. */
function directory(variable: string): Config.Config<string | undefined> {
  return Config.String(variable).pipe(
    Config.withDefault(undefined),
    Config.map((path) => (path !== undefined && isAbsolute(path) ? path : undefined))
  )
}
