/** Numbers of bytes as people write them. */

/**
 * Reads `100MB`, `2 GiB`, `512K`, or a number of bytes; `undefined` for anything else. The unit may be in upper or lower case.
 * As with `curl` and `rclone`, a letter alone counts in steps of 1024.
 */
export const parse = (text: string): number | undefined => {
  const [, amount, unit = ""] = /^(\d{1,16}(?:\.\d{1,9})?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = factors.get(unit.toLowerCase())
  if (amount === undefined || factor === undefined) return undefined
  const size = Math.round(Number(amount) * factor)
  return Number.isSafeInteger(size) ? size : undefined
}

const factors: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ...["k", "m", "g", "t"].flatMap((letter, index): ReadonlyArray<readonly [string, number]> => {
    const [decimal, binary] = [1000 ** (index + 1), 1024 ** (index + 1)]
    return [
      [`${letter}b`, decimal],
      [`${letter}ib`, binary],
      [letter, binary]
    ]
  })
])

/** What may be written, in words. */
export const units = "no unit (bytes), kB MB GB TB (steps of 1000), or KiB MiB GiB TiB and K M G T (steps of 1024)"
