import { randomBytes } from "node:crypto"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as DiskFile from "../../src/file/internal/DiskFile.ts"
import * as Buffers from "../../src/http/Buffers.ts"

const object = randomBytes(6 * 1024 * 1024 + 12_345)

/** The same bytes in a buffer of a kind. */
const inBuffer = (kind: Buffers.Buffers, bytes: Uint8Array, at = 0): Uint8Array => {
  const buffer = kind.take()
  buffer.set(bytes, at)
  return buffer.subarray(at, at + bytes.length)
}

const cut = (sizes: ReadonlyArray<number>): ReadonlyArray<readonly [offset: number, bytes: Uint8Array]> => {
  let offset = 0
  return sizes.map((size) => {
    const piece = [offset, object.subarray(offset, offset + size)] as const
    offset += size
    return piece
  })
}

const MiB = 1024 * 1024
const whole = [MiB, MiB, MiB, MiB, MiB, MiB, 12_345]
const odd = [MiB, 300_000, MiB - 300_000, 5, MiB - 5, MiB - 1, 1, 700_000, MiB, MiB - 700_000 + 12_345]

/** Where the file is: here, and in memory, which is no disk. */
const places = ["here", ...(existsSync("/dev/shm") ? ["in memory"] : [])]

describe("DiskFile", () => {
  for (const place of places) {
    for (const [what, sizes, order] of [
      ["whole buffers", whole, "forth"],
      ["whole buffers, from the end", whole, "back"],
      ["pieces of all sizes", odd, "forth"],
      ["pieces of all sizes, from the end", odd, "back"]
    ] as const) {
      it(`${place}: ${what} are all there, whatever memory they stand in`, async () => {
        const directory = place === "here" ? TestDirectory.make("disk") : "/dev/shm"
        const path = join(directory, `scenario-assets-${process.pid}-${sizes.length}-${order}`)
        const file = await DiskFile.open(path)
        try {
          const pieces = cut(sizes)
          for (const [index, [offset, bytes]] of (order === "back" ? pieces.toReversed() : pieces).entries()) {
            const kind = index % 3 === 1 ? Buffers.plain : Buffers.aligned
            const chunks = [inBuffer(kind, bytes.subarray(0, MiB), index % 4 === 3 && bytes.length < MiB ? 1 : 0)]
            if (bytes.length > MiB) chunks.push(bytes.subarray(MiB))
            await file.write(chunks, offset)
          }
          await file.handle.sync()
          assert.isTrue(readFileSync(path).equals(object))
        } finally {
          await file.close()
          rmSync(path)
        }
      })
    }
  }

  it("writes over what is there, block by block and otherwise", async () => {
    const path = join(TestDirectory.make("disk"), "file")
    const file = await DiskFile.open(path)
    await file.write([inBuffer(Buffers.aligned, object.subarray(MiB, 2 * MiB))], 0)
    await file.write([object.subarray(0, 5000)], 0)
    await file.write([inBuffer(Buffers.aligned, object.subarray(0, MiB))], MiB)
    await file.write([inBuffer(Buffers.aligned, object.subarray(5000, 5000 + MiB - 1))], 5000)
    const expected = Buffer.concat([object.subarray(0, 5000 + MiB - 1), object.subarray(5000 - 1, MiB)])
    assert.isTrue(readFileSync(path).equals(expected))
    await file.close()
  })
})
