/** The version of this command line, and the Node that it needs. Everything that `bin` imports runs on older ones as well. */
import { createRequire } from "node:module"

const require = createRequire(import.meta.url)

/** The package has one above `src` and `dist`, which this stands in, or in a room of. */
const read = (): unknown => {
  try {
    return require("../package.json")
  } catch {
    return require("../../package.json")
  }
}

const manifest = read()

export const version: string =
  typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown"

/** As `engines` in `package.json` says. */
const needed = { major: 22, minor: 19 }

/** What is told to a Node that is too old. */
export const refusal = (version: string): string | undefined => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const isNewEnough = major > needed.major || (major === needed.major && minor >= needed.minor)
  return isNewEnough ? undefined : `needs Node >= ${needed.major}.${needed.minor}, this is v${version}`
}
