/**
 * HTTP/1.1 responses to GET, from bytes as they arrive (RFC 9112). Strict: what could be read in two ways is refused, for a
 * body whose end is in doubt is worth nothing.
 */

/** What a response is told to, in this order: `onHead`, `onBody` any number of times, `onEnd`; or `onFault` at any time. */
export interface Listener {
  readonly onHead: (status: number, headers: ReadonlyArray<readonly [name: string, value: string]>) => void
  /** The bytes are gone when the call returns. */
  readonly onBody: (bytes: Uint8Array) => void
  /** `reusable`: the connection can carry another exchange. */
  readonly onEnd: (reusable: boolean) => void
  readonly onFault: (error: Error) => void
}

type State = "head" | "length" | "chunk size" | "chunk" | "chunk end" | "trailer" | "until close" | "over" | "broken"

/** The longest head and the longest trailer, in bytes. */
const longestHead = 64 * 1024
/** The longest line with the size of a chunk, in bytes. */
const longestChunkLine = 4 * 1024
const nothing = Buffer.alloc(0)

export class ResponseReader {
  #state: State = "head"
  /** The beginning of a head or line that has not come whole. */
  #begun = nothing
  /** Bytes of the body, or of the chunk, that are to come. */
  #left = 0
  /** Bytes of the trailer so far. */
  #trailer = 0
  #keepAlive = true
  readonly #listener: Listener

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** Nothing has come yet. */
  get isUntouched(): boolean {
    return this.#state === "head" && this.#begun.length === 0
  }

  /** Takes the next bytes. */
  push(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0 && !this.#isOver) rest = this.#step(rest)
    if (this.#state !== "over") return
    // Nothing was asked for, so whatever comes after the end belongs to nobody.
    if (rest.length > 0) this.#fault("sent bytes after the declared end")
    else this.#end()
  }

  /** The connection was closed, in order, by the other side. */
  close(): void {
    if (this.#isOver) return
    if (this.#state !== "until close") return this.#fault("closed the connection before the end")
    this.#state = "over"
    this.#keepAlive = false
    this.#end()
  }

  get #isOver(): boolean {
    return this.#state === "over" || this.#state === "broken"
  }

  #end(): void {
    this.#listener.onEnd(this.#keepAlive)
  }

  #fault(what: string): void {
    this.#state = "broken"
    this.#listener.onFault(new Error(`the host ${what}`))
  }

  /** Reads what can be read of one thing, and gives the rest. */
  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case "head": {
        const found = this.#until("\r\n\r\n", bytes, longestHead)
        if (found === undefined) return nothing
        this.#readHead(found.text)
        return found.rest
      }
      case "length":
      case "chunk": {
        const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left)
        this.#left -= part.length
        this.#listener.onBody(part)
        if (this.#left === 0) this.#state = this.#state === "length" ? "over" : "chunk end"
        return bytes.subarray(part.length)
      }
      case "until close":
        this.#listener.onBody(bytes)
        return nothing
      case "chunk end": {
        const found = this.#until("\r\n", bytes, 0)
        if (found !== undefined) this.#state = "chunk size"
        return found?.rest ?? nothing
      }
      case "chunk size": {
        const found = this.#until("\r\n", bytes, longestChunkLine)
        if (found === undefined) return nothing
        const size = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(found.text)?.[1]
        if (size === undefined) return this.#refuse("sent a chunk without a proper size")
        this.#left = Number.parseInt(size, 16)
        this.#state = this.#left === 0 ? "trailer" : "chunk"
        return found.rest
      }
      case "trailer": {
        const found = this.#until("\r\n", bytes, longestHead - this.#trailer)
        if (found === undefined) return nothing
        this.#trailer += found.text.length + 2
        if (found.text === "") this.#state = "over"
        return found.rest
      }
      case "over":
      case "broken":
        return bytes
    }
  }

  #refuse(what: string): Buffer {
    this.#fault(what)
    return nothing
  }

  /** The text before a mark, and what follows it; or nothing, where the mark has not come. */
  #until(mark: string, bytes: Buffer, longest: number): { readonly text: string; readonly rest: Buffer } | undefined {
    const all = this.#begun.length === 0 ? bytes : Buffer.concat([this.#begun, bytes])
    const end = all.indexOf(mark, 0, "latin1")
    if (end > longest || (end === -1 && all.length > longest + mark.length - 1)) {
      this.#fault("sent a response that is not proper HTTP/1.1: a head or line without an end")
      return undefined
    }
    this.#begun = end === -1 ? Buffer.from(all) : nothing
    return end === -1 ? undefined : { text: all.toString("latin1", 0, end), rest: all.subarray(end + mark.length) }
  }

  #readHead(text: string): void {
    const [start = "", ...lines] = text.split("\r\n")
    const parts = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(start)
    if (parts === null) return this.#fault("does not answer in HTTP/1.1")
    const headers: Array<readonly [string, string]> = []
    const framing: Framing = { connection: [], "content-length": [], "transfer-encoding": [] }
    for (const line of lines) {
      const header = headerLine.exec(line)
      if (header === null) return this.#fault("sent a header that is not proper HTTP/1.1")
      const name = (header[1] ?? "").toLowerCase()
      const value = (header[2] ?? "").replace(/[ \t]+$/, "")
      if (isFraming(name)) framing[name].push(...value.split(",").map((one) => one.trim().toLowerCase()))
      if (name !== "content-length") headers.push([name, value])
    }
    const status = Number(parts[2])
    // 1xx says something of the answer that is still to come (RFC 9110, 15.2); nobody asked for another protocol.
    if (status === 101) return this.#fault("switched to another protocol")
    if (status < 200) return
    this.#keepAlive = parts[1] === "1" && !framing.connection.includes("close")
    const body = bodyOf(status, framing)
    if (typeof body === "string") return this.#fault(body)
    this.#left = body.length
    this.#state = body.state
    // Said twice, it is said once.
    const [length] = framing["content-length"]
    if (length !== undefined) headers.push(["content-length", length])
    this.#listener.onHead(status, headers)
  }
}

const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/

/** What the headers say of the body and the connection, in lower case. */
type Framing = { readonly [Name in "connection" | "content-length" | "transfer-encoding"]: Array<string> }

const isFraming = (name: string): name is keyof Framing =>
  name === "content-length" || name === "transfer-encoding" || name === "connection"

/** Where the body ends (RFC 9112, 6.3); a text where that is in doubt. */
const bodyOf = (status: number, framing: Framing): { readonly state: State; readonly length: number } | string => {
  const lengths = new Set(framing["content-length"])
  // Those that say nothing leave nothing in doubt.
  const codings = framing["transfer-encoding"].filter((coding) => coding !== "" && coding !== "identity")
  if (status === 204 || status === 304) return { state: "over", length: 0 }
  if (codings.length > 0) {
    if (lengths.size > 0) return "declared the length of the body in two ways"
    if (codings.length !== 1 || codings[0] !== "chunked") return "sent a transfer coding that is not known"
    return { state: "chunk size", length: 0 }
  }
  const [length] = lengths
  if (length === undefined) return { state: "until close", length: 0 }
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) return "declared a length of the body that is none"
  return Number(length) === 0 ? { state: "over", length: 0 } : { state: "length", length: Number(length) }
}
