/** A process that says which one it is, and then does nothing until it is killed. */
import * as ProcessId from "../../src/file/internal/ProcessId.ts"

console.log(JSON.stringify(ProcessId.own()))
setInterval(() => {}, 60_000)
