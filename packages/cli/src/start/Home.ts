/** The home directory of whoever runs this. Here with Node alone, for the start needs it too. */
import { homedir, userInfo } from "node:os"
import { isAbsolute, join, parse } from "node:path"

/** Where others would start from whatever directory a command happens to run in, they are ignored, as XDG says. */
export const absolute = (path: string | undefined): string | undefined =>
  path !== undefined && isAbsolute(path) ? path : undefined

/** That of the environment, or else of the system; the root where there is none. */
export const directory = (): string =>
  absolute(known(homedir)) ?? absolute(known(() => userInfo().homedir)) ?? parse(process.execPath).root

/** `~` and `~/…` as a shell writes them; all other paths as they are, also `./~` and `~name`. */
export const expand = (path: string): string => {
  const [, below] = /^~(?:[/\\](.*))?$/s.exec(path) ?? [path]
  return path === "~" || below !== undefined ? join(directory(), below ?? "") : path
}

const known = (find: () => string): string | undefined => {
  try {
    return find()
  } catch {
    // The system knows of none.
    return undefined
  }
}
