/** Writes docs/events.schema.json anew, after a change of what `--json` prints. */
import { writeFileSync } from "node:fs"
import { jsonSchema } from "../packages/cli/src/json/Events.ts"

const file = new URL("../docs/events.schema.json", import.meta.url)
writeFileSync(file, `${JSON.stringify(jsonSchema(), null, 2)}\n`)
