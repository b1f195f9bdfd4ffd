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
})
