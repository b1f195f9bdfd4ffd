/** What stands in a directory. */
import { lstatSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** Each file with its content as latin1, each directory that is empty with `/`; by relative path, sorted. */
export const treeOf = (directory: string): Record<string, string> => {
  const found: Array<readonly [string, string]> = []
  const walk = (relative: string) => {
    const names = readdirSync(join(directory, relative))
    if (names.length === 0 && relative !== "") found.push([`${relative}/`, ""])
    for (const name of names) {
      const path = relative === "" ? name : `${relative}/${name}`
      const stat = lstatSync(join(directory, path))
      if (stat.isDirectory()) walk(path)
      else found.push([path, stat.isFile() ? readFileSync(join(directory, path), "latin1") : "(special)"])
    }
  }
  walk("")
  return Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
