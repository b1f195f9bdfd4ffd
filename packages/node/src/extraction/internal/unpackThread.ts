/** A thread that does what it is sent, with memory that it shares with who sends it. */
import { parentPort, workerData } from "node:worker_threads"
import { type Request, work } from "./Unpack.ts"

const { slots }: { readonly slots: ReadonlyArray<Uint8Array> } = workerData

parentPort?.on("message", (request: Request) => parentPort?.postMessage(work(request, slots)))
