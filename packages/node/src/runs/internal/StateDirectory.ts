/** Where programs keep what later runs want to know: by the XDG Base Directory Specification, and on Windows by its own rules. */
import { homedir, userInfo } from "node:os"
import { isAbsolute, join, parse } from "node:path"
import * as Config from "effect/Config"
import * as Option from "effect/Option"

/** The specification says to ignore a path that is not absolute. */
const directory = (variable: string): Config.Config<string | undefined> =>
  Config.String(variable).pipe(
    Config.withDefault(undefined),
    Config.map((path) => (path !== undefined && isAbsolute(path) ? path : undefined))
  )

/** The home directory of whoever runs this; the root where the system knows of none, or of none that is a whole path. */
const home = (): string => {
  const found = [homedir, () => userInfo().homedir].map(Option.liftThrowable).map((find) => find())
  return Option.getOrElse(Option.firstSomeOf(found.map(Option.filter(isAbsolute))), () => parse(process.execPath).root)
}

const isWindows = process.platform === "win32"

/** Where runs are recorded. Nobody has made it yet. */
export const runs: Config.Config<string> = Config.all({
  xdg: directory("XDG_STATE_HOME"),
  local: isWindows ? directory("LOCALAPPDATA") : Config.succeed(undefined),
  own: directory("HOME")
}).pipe(
  Config.map(({ local, own, xdg }) =>
    join(xdg ?? local ?? join(own ?? home(), isWindows ? "AppData/Local" : ".local/state"), "scenario-assets", "runs")
  )
)
