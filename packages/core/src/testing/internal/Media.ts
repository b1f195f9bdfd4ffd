/**
 * A short film and a short tone, for assets that are neither picture nor landscape.
 *
 * @since 0.1.0
 */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Bytes from "../../transfer/internal/Bytes.ts"

/** One second of a test card, 32 × 32, H.264 in MP4, made with ffmpeg. */
const card =
  "AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDEAAAMObW9vdgAAAGxtdmhkAAAAAAAAAAAAAAAAAAAD6AAAA+gAAQAAAQAAAAAAAAAAAAAAAAEA" +
  "AAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAl10cmFrAAAAXHRraGQAAAADAAAAAAAA" +
  "AAAAAAABAAAAAAAAA+gAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAACAAAAAgAAAAAAAkZWR0cwAAABxl" +
  "bHN0AAAAAAAAAAEAAAPoAAAAAAABAAAAAAHVbWRpYQAAACBtZGhkAAAAAAAAAAAAAAAAAABAAAAAQABVxAAAAAAALWhkbHIAAAAAAAAAAHZpZGUAAAAA" +
  "AAAAAAAAAABWaWRlb0hhbmRsZXIAAAABgG1pbmYAAAAUdm1oZAAAAAEAAAAAAAAAAAAAACRkaW5mAAAAHGRyZWYAAAAAAAAAAQAAAAx1cmwgAAAAAQAA" +
  "AUBzdGJsAAAAuHN0c2QAAAAAAAAAAQAAAKhhdmMxAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAACAAIABIAAAASAAAAAAAAAABDExhdmMgbGlieDI2NAAA" +
  "AAAAAAAAAAAAAAAAAAAAAAAAGP//AAAALmF2Y0MBQsAK/+EAFmdCwArZCWwEQAAAAwBAAAADAgPEiZIBAAVoy4DksgAAABBwYXNwAAAAAQAAAAEAAAAU" +
  "YnRydAAAAAAAABwQAAAcEAAAABhzdHRzAAAAAAAAAAEAAAAEAAAQAAAAABRzdHNzAAAAAAAAAAEAAAABAAAAHHN0c2MAAAAAAAAAAQAAAAEAAAAEAAAA" +
  "AQAAACRzdHN6AAAAAAAAAAAAAAAEAAADPAAAABYAAAAaAAAAFgAAABRzdGNvAAAAAAAAAAEAAAM+AAAAPXVkdGEAAAA1bWV0YQAAAAAAAAAhaGRscgAA" +
  "AAAAAAAAbWRpcmFwcGwAAAAAAAAAAAAAAAAIaWxzdAAAAAhmcmVlAAADim1kYXQAAAJwBgX//2zcRem95tlIt5Ys2CDZI+7veDI2NCAtIGNvcmUgMTY0" +
  "IHIzMDk1IGJhZWU0MDAgLSBILjI2NC9NUEVHLTQgQVZDIGNvZGVjIC0gQ29weWxlZnQgMjAwMy0yMDIyIC0gaHR0cDovL3d3dy52aWRlb2xhbi5vcmcv" +
  "eDI2NC5odG1sIC0gb3B0aW9uczogY2FiYWM9MCByZWY9MyBkZWJsb2NrPTE6MDowIGFuYWx5c2U9MHgxOjB4MTExIG1lPWhleCBzdWJtZT03IHBzeT0x" +
  "IHBzeV9yZD0xLjAwOjAuMDAgbWl4ZWRfcmVmPTEgbWVfcmFuZ2U9MTYgY2hyb21hX21lPTEgdHJlbGxpcz0xIDh4OGRjdD0wIGNxbT0wIGRlYWR6b25l" +
  "PTIxLDExIGZhc3RfcHNraXA9MSBjaHJvbWFfcXBfb2Zmc2V0PS0yIHRocmVhZHM9MSBsb29rYWhlYWRfdGhyZWFkcz0xIHNsaWNlZF90aHJlYWRzPTAg" +
  "bnI9MCBkZWNpbWF0ZT0xIGludGVybGFjZWQ9MCBibHVyYXlfY29tcGF0PTAgY29uc3RyYWluZWRfaW50cmE9MCBiZnJhbWVzPTAgd2VpZ2h0cD0wIGtl" +
  "eWludD0yNTAga2V5aW50X21pbj00IHNjZW5lY3V0PTQwIGludHJhX3JlZnJlc2g9MCByY19sb29rYWhlYWQ9NDAgcmM9Y3JmIG1idHJlZT0xIGNyZj00" +
  "MC4wIHFjb21wPTAuNjAgcXBtaW49MCBxcG1heD02OSBxcHN0ZXA9NCBpcF9yYXRpbz0xLjQwIGFxPTE6MS4wMACAAAAAxGWIhCcMYAKafsGV2O/tgI9e" +
  "2z8mDJS/bdMY+ePITO5+GIGEhhxWWoXEfwLZbAk42XrQ1fz2Wi0JgtCY4en0lHRqYUs+55FDFGHIMGiPbHfPhgRQFwjg2HyJ0PalstzTOciDD/QZZeuL" +
  "QmC0JiEP9RDY/wBvVfHvG+opOWUcttAZNkBwAMChAAEaEjBiJRFh+5wGpCdygCBqM+8/xAAGAWEPAjraXZeKNORvv6h8MsEIDwwtWvQVjSAfZgx2D5DE" +
  "5RhC1OgAAAASQZo4Tsv+TgjquUSrwRxXzCLMAAAAFkGaVAjvzwDlWfp5dP/nimZYxzvierAAAAASQZpgZ34I5O/0o/BRe1m+AiA2"

/** The film, with the note in a box that players pass over. */
export const film = (note: string): Uint8Array => {
  const text = new TextEncoder().encode(note)
  const box = new Uint8Array(8 + text.length)
  new DataView(box.buffer).setUint32(0, box.length)
  box.set(new TextEncoder().encode("free"), 4)
  box.set(text, 8)
  return Bytes.join([Result.getOrElse(Base64.decode(card), () => new Uint8Array()), box])
}

const [rate, seconds] = [8000, 0.25]

/** A tone between 200 and 1000 Hz as WAV, of 8 bits at 8 kHz, with the note in a chunk behind the samples. */
export const tone = (seed: number, note: string): Uint8Array => {
  const pitch = 200 + (seed % 800)
  const samples = Uint8Array.from({ length: rate * seconds }, (_, index) =>
    Math.round(128 + 100 * Math.sin((2 * Math.PI * pitch * index) / rate))
  )
  const text = new TextEncoder().encode(note.length % 2 === 0 ? note : `${note} `)
  const format = chunk("fmt ", 16, (view) => {
    view.setUint16(0, 1, true)
    view.setUint16(2, 1, true)
    view.setUint32(4, rate, true)
    view.setUint32(8, rate, true)
    view.setUint16(12, 1, true)
    view.setUint16(14, 8, true)
  })
  const data = chunk("data", samples.length, (view) => samples.forEach((sample, index) => view.setUint8(index, sample)))
  const comment = chunk("note", text.length, (view) => text.forEach((byte, index) => view.setUint8(index, byte)))
  const body = Bytes.join([new TextEncoder().encode("WAVE"), format, data, comment])
  return Bytes.join([chunk("RIFF", 0, () => {}, body.length), body])
}

const chunk = (id: string, length: number, fill: (view: DataView) => void, declared = length): Uint8Array => {
  const bytes = new Uint8Array(8 + length)
  bytes.set(new TextEncoder().encode(id))
  new DataView(bytes.buffer).setUint32(4, declared, true)
  fill(new DataView(bytes.buffer, 8))
  return bytes
}
