/** The version in `package.json`, found by the name of the package: from `src` and from `dist` alike. */
import { createRequire } from "node:module"

const manifest: unknown = createRequire(import.meta.url)("@scenario-assets/cli/package.json")

export const version: string =
  typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown"
