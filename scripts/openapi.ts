/** Writes docs/openapi.json anew, after a change of the contract. */
import { writeFileSync } from "node:fs"
import { openApi } from "../packages/core/src/testing/ScenarioApi.ts"

const file = new URL("../docs/openapi.json", import.meta.url)
writeFileSync(file, `${JSON.stringify(openApi(), null, 2)}\n`)
