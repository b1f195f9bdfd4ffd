/** What is in the archives that are extracted: made one entry at a time, and the same in every run. */
import * as Content from "./Content.ts"

export interface Entry {
  readonly name: string
  readonly content: Buffer
}

/** Images of 1 to 2 MB: a head that a compressor makes smaller, then pixels that none does. */
export function* images(bytes: number): Generator<Entry> {
  const noise = Content.noise()
  const words = text(noise)
  let index = 0
  for (const size of sizes(noise, bytes, 1_000_000, 2_000_000)) {
    const head = Math.floor(size / 16)
    yield {
      name: `inf_${number(index % 20, 2)}/image_${number(index, 4)}.png`,
      content: join(words(head), noise, size)
    }
    index++
  }
}

/** Models as text, of some 20 MB. */
export function* models(bytes: number): Generator<Entry> {
  const noise = Content.noise()
  const words = text(noise)
  let index = 0
  for (const size of sizes(noise, bytes, 18_000_000, 22_000_000)) {
    yield { name: `models/model_${number(index, 3)}.obj`, content: words(size) }
    index++
  }
}

/** So many small texts, of some hundred bytes to 4 KB, in 50 directories. */
export function* smallFiles(count: number): Generator<Entry> {
  const noise = Content.noise()
  const words = text(noise)
  for (let index = 0; index < count; index++) {
    const directory = number(Math.floor((index * 50) / count), 2)
    yield { name: `set_${directory}/asset_${number(index, 5)}.txt`, content: words(between(noise, 300, 4096)) }
  }
}

const number = (value: number, digits: number): string => String(value).padStart(digits, "0")

const join = (head: Buffer, noise: Content.Noise, size: number): Buffer =>
  Buffer.concat([head, noise(size - head.length)], size)

const between = (noise: Content.Noise, least: number, most: number): number =>
  least + (noise(4).readUInt32LE() % (most - least + 1))

/** Sizes that come to `total`. */
function* sizes(noise: Content.Noise, total: number, least: number, most: number): Generator<number> {
  for (let left = total; left > 0;) {
    const size = Math.min(left, between(noise, least, most))
    left -= size
    yield size
  }
}

/** Lines of a sheet, such as `v 0.12345 0.91827 0.55512`. */
const lines = 65_536
/** So few numbers that three bytes become one. */
const vocabulary = 2048

/** Text like that of a 3D model, compressible about 3:1. */
const text = (noise: Content.Noise): ((bytes: number) => Buffer) => {
  const numbers = Array.from({ length: vocabulary }, () => (between(noise, 10_000, 99_999) / 1e5).toFixed(5))
  const one = () => numbers[between(noise, 0, vocabulary - 1)] ?? ""
  const sheet = Array.from({ length: lines }, () => Buffer.from(`v ${one()} ${one()} ${one()}\n`, "latin1"))
  return (bytes) => {
    const content = Buffer.alloc(bytes)
    const picks = noise(2 * Math.ceil(bytes / (sheet[0]?.length ?? 1)))
    for (let at = 0, pick = 0; at < bytes; pick += 2) at += sheet[picks.readUInt16LE(pick)]?.copy(content, at) ?? bytes
    return content
  }
}
