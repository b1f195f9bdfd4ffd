/** The same calls by undici alone: requests, statuses, JSON, and nothing that this project adds. */
import { Pool } from "undici"
import { credentials } from "../Server.ts"

const [baseUrl = "", jobId = "", thousands = "1", atOnce = "16"] = process.argv.slice(2)
const { origin, pathname } = new URL(baseUrl)
const pool = new Pool(origin, { connections: Number(atOnce), pipelining: 1 })
const basic = Buffer.from(`${credentials.apiKey}:${credentials.apiSecret}`).toString("base64")
const headers = { accept: "application/json", authorization: `Basic ${basic}` }

const call = async (): Promise<void> => {
  const { body, statusCode } = await pool.request({
    method: "GET",
    path: `${pathname}/assets/download/${jobId}`,
    headers
  })
  const answer: unknown = await body.json()
  if (statusCode !== 200 || typeof answer !== "object") throw new Error(`status ${statusCode}`)
}

const seconds: Array<number> = []
for (let round = 0; round < Number(thousands); round++) {
  const started = performance.now()
  let left = 1000
  const one = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: Number(atOnce) }, one))
  seconds.push((performance.now() - started) / 1000)
}
await pool.close()
process.stdout.write(JSON.stringify({ seconds }))
