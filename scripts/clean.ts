/** Removes what the build made, so that nothing of a deleted module is packed. */
import { globSync, rmSync } from "node:fs"

for (const dist of globSync(["packages/*/dist", "packages/fleet/command"])) rmSync(dist, { recursive: true })
