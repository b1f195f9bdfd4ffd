/** The Node that the rest needs. What stands here, and in the modules that `bin` imports at once, runs on older ones as well. */

/** As `engines` in `package.json` says. */
const needed = { major: 22, minor: 19 }

/** What is told to a Node that is too old. */
export const refusal = (version: string): string | undefined => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const isNewEnough = major > needed.major || (major === needed.major && minor >= needed.minor)
  return isNewEnough ? undefined : `needs Node >= ${needed.major}.${needed.minor}, this is v${version}`
}
