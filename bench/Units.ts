/** Numbers for people. */

export const mebibyte = 1024 ** 2

const factors: { readonly [unit: string]: number } = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** `2GiB`, `512M`, `4096`: bytes; `undefined` for what is no size. */
export const parseSize = (text: string): number | undefined => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim()) ?? []
  const factor = factors[unit?.toLowerCase() ?? "none"]
  return factor === undefined ? undefined : Math.round(Number(amount) * factor)
}

export const formatSize = (bytes: number): string => {
  for (const [unit, factor] of [["GiB", 1024 ** 3] as const, ["MiB", mebibyte] as const]) {
    if (bytes >= factor) return `${Number((bytes / factor).toFixed(1))} ${unit}`
  }
  return `${bytes} bytes`
}

export const median = (values: ReadonlyArray<number>): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [below, above] = [sorted[middle - 1 + (sorted.length % 2)], sorted[middle]]
  return below === undefined || above === undefined ? undefined : (below + above) / 2
}
