/** A storage host in memory, which answers one request after the other as it is told, and what a transfer makes of that. */
import { assert } from "@effect/vitest"
import {
  StorageClient,
  type StoredObject,
  Transfer,
  type TransferError,
  type TransferEvent
} from "@scenario-assets/core"
import { Effect, Exit, Layer, Ref, Stream } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Time from "../Time.ts"

/** A body that is not easily mistaken: `P`, `K`, then a pattern that does not repeat soon. */
export const content = Uint8Array.from({ length: 10_000 }, (_, index) =>
  index === 0 ? 0x50 : index === 1 ? 0x4b : (index * 7919) >> 3
)
export const etag = '"one"'
export const modified = "Wed, 21 Oct 2026 07:28:00 GMT"

export interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export type Answer = (asked: Asked, from: number) => Response | "refused" | "silence"

/** The bytes from `from` to `to`, and what happens then. */
export const body = (from: number, to: number, after: "end" | "break" | "stall" = "end", bytes = content) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = from; at < to; at += 1000) controller.enqueue(bytes.slice(at, Math.min(to, at + 1000)))
      if (after === "end") controller.close()
    },
    pull(controller) {
      if (after === "break") controller.error(new Error("socket hang up"))
      return new Promise(() => {})
    }
  })

export const whole =
  (
    options: {
      readonly to?: number
      readonly after?: "end" | "break" | "stall"
      readonly headers?: Record<string, string>
      readonly bytes?: Uint8Array<ArrayBuffer>
    } = {}
  ): Answer =>
  () =>
    new Response(body(0, options.to ?? content.length, options.after, options.bytes), {
      status: 200,
      headers: {
        "content-length": String(content.length),
        etag,
        "last-modified": modified,
        "content-type": "application/zip",
        ...options.headers
      }
    })

export const rest =
  (
    options: {
      readonly to?: number
      readonly after?: "end" | "break" | "stall"
      readonly headers?: Record<string, string>
    } = {}
  ): Answer =>
  (_, from) =>
    new Response(body(from, options.to ?? content.length, options.after), {
      status: 206,
      headers: {
        "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
        etag,
        "last-modified": modified,
        "content-type": "application/zip",
        ...options.headers
      }
    })

export const status =
  (code: number, headers: Record<string, string> = {}, text = ""): Answer =>
  () =>
    new Response(text, { status: code, headers })

/** A storage host that answers one request after the other, the last answer for ever. */
export const host = Effect.fnUntraced(function* (answers: ReadonlyArray<Answer>, baseUrl = "https://api.test/v1") {
  const asked: Array<Asked> = []
  const refreshes = yield* Ref.make(0)
  const client = HttpClient.make((request, url) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    const record = { url: url.href, headers: { ...request.headers } }
    asked.push(record)
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers["range"] ?? "")?.[1] ?? 0)
    const given = answer?.(record, from) ?? "refused"
    if (given === "silence") return Effect.never
    return given === "refused"
      ? Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({
              request,
              cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })
            })
          })
        )
      : Effect.succeed(HttpClientResponse.fromWeb(request, given))
  }).pipe(
    HttpClient.mapRequest(
      HttpClientRequest.setHeaders({ authorization: `Basic ${Canary.basic}`, "x-api-key": Canary.key })
    )
  )
  const layer = Transfer.layer({ allowHttp: baseUrl.startsWith("http:") }).pipe(
    Layer.provide(StorageClient.layerHttpClient),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
  )
  const link = (serial: number) =>
    signedUrl(
      `${baseUrl.startsWith("https") ? "https" : "http"}://storage.test/a.zip?n=${serial}&Signature=${Canary.signature}`
    )
  const source: Transfer.Source = {
    url: link(0),
    refresh: Effect.map(
      Ref.updateAndGet(refreshes, (n) => n + 1),
      link
    )
  }
  return { asked, refreshes, layer, source }
})

export type Host = Effect.Success<ReturnType<typeof host>>

export const bytesOf = ({ layer, source }: Host, options?: Omit<Transfer.ReadOptions, "resume">) =>
  Effect.flatMap(Transfer.Transfer, (transfer) => Stream.runCollect(transfer.bytes(source, options))).pipe(
    Effect.map((chunks) => Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))),
    Effect.provide(layer),
    Time.letPass
  )

export const eventsOf = ({ layer, source }: Host, options?: Transfer.ReadOptions) =>
  Effect.flatMap(Transfer.Transfer, (transfer) => Stream.runCollect(transfer.events(source, options))).pipe(
    Effect.provide(layer),
    Time.letPass
  )

/** What a file would hold in the end. */
export const assemble = (events: ReadonlyArray<TransferEvent.TransferEvent>, from = 0): Uint8Array => {
  let bytes: Array<number> = [...content.subarray(0, from)]
  for (const event of events) {
    if (event._tag === "StartedOver") bytes = []
    if (event._tag === "Bytes") {
      assert.strictEqual(event.offset, bytes.length, "no gap, no overlap")
      bytes.push(...event.bytes)
    }
  }
  return Uint8Array.from(bytes)
}

export const tags = (events: ReadonlyArray<TransferEvent.TransferEvent>) =>
  events.map((event) => event._tag).filter((tag) => tag !== "Bytes")

export const isWhole = (exit: Exit.Exit<Uint8Array, unknown>) => {
  assert(Exit.isSuccess(exit))
  assert.deepStrictEqual(exit.value, content)
}

export const reasonOf = Effect.fnUntraced(function* <A>(exit: Exit.Exit<A, TransferError.TransferError>) {
  const error = yield* Time.errorOf(exit)
  assert.notInclude(`${error.message} ${JSON.stringify(error)}`, Canary.signature)
  assert.include(error.message, "storage.test")
  return error.reason
})

export const stored: StoredObject.StoredObject = { size: content.length, etag, lastModified: modified }
