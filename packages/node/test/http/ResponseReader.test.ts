/** What a listener is told of responses. */
import { assert, describe, it } from "@effect/vitest"
import { ResponseReader } from "../../src/http/ResponseReader.ts"

const toldOf = (response: string) => {
  const told: Array<string> = []
  const reader = new ResponseReader({
    onHead: () => told.push("head"),
    onBody: () => told.push("body"),
    onEnd: () => told.push("end"),
    onFault: () => told.push("fault")
  })
  reader.push(Buffer.from(response, "latin1"))
  reader.close()
  return told
}

describe("ResponseReader", () => {
  it.each<readonly [response: string, due: Array<string>]>([
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ["head", "body", "end"]],
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", ["head", "end"]],
    ["HTTP/1.1 200 OK\r\n\r\nok", ["head", "body", "end"]],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay", ["head", "body", "fault"]],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", ["head", "fault"]],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok", ["head", "body", "end"]],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\nok", ["head", "body", "end"]],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", ["head", "body", "end"]],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", ["fault"]],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", ["fault"]],
    ["HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", ["fault"]],
    ["HTTP/9.9 200 OK\r\n\r\n", ["fault"]],
    ["HTTP/9.9 200 OK\r\n\r\nand more", ["fault"]]
  ])("%j ends once", (response, due) => {
    assert.deepStrictEqual(toldOf(response), due)
  })

  const whole = [
    'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nETag: "a"\r\n\r\nhello, there',
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/100\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00b;name=value\r\n, over\r\n it\r\n0\r\nETag: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nwait"
  ]
  const untilClose = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nas long as it lasts"

  /** All that is told of these pieces; and then, perhaps, of the end of the connection. */
  const saidOf = (pieces: ReadonlyArray<string>, isClosed: boolean) => {
    const said = { heads: new Array<unknown>(), body: "", ends: new Array<boolean>(), faults: 0 }
    const reader = new ResponseReader({
      onHead: (status, headers) => said.heads.push([status, headers]),
      onBody: (bytes) => (said.body += Buffer.from(bytes).toString("latin1")),
      onEnd: (reusable) => said.ends.push(reusable),
      onFault: () => said.faults++
    })
    for (const piece of pieces) if (piece.length > 0) reader.push(Buffer.from(piece, "latin1"))
    if (isClosed) reader.close()
    return said
  }

  it.each([...whole, untilClose])("%j is the same, wherever it is cut in two, and byte by byte", (response) => {
    const due = saidOf([response], true)
    assert.strictEqual(due.faults, 0)
    assert.lengthOf(due.ends, 1)
    for (let at = 0; at <= response.length; at++) {
      assert.deepStrictEqual(saidOf([response.slice(0, at), response.slice(at)], true), due, `cut at ${at}`)
    }
    assert.deepStrictEqual(saidOf(response.split(""), true), due)
  })

  it.each(whole)("%j is not whole where any of its bytes are missing", (response) => {
    const due = saidOf([response], false)
    for (let at = 0; at < response.length; at++) {
      const said = saidOf([response.slice(0, at)], true)
      assert.strictEqual(said.faults, 1, `cut at ${at}`)
      assert.lengthOf(said.ends, 0, `cut at ${at}`)
      assert.isTrue(due.body.startsWith(said.body))
    }
  })
})
