/** Numbers as people read them. */

const units = ["B", "kB", "MB", "GB", "TB"]

/** Bytes in decimal units, as disks and networks count: `12.3 MB`. */
export const bytes = (count: number): string => {
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`
}

/** A duration in two units at the most: `1m 05s`. */
export const time = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 1) return `${Math.round(milliseconds)}ms`
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, "0")}s`
  return `${Math.floor(seconds / 3600)}h ${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}m`
}

/** `[=======>      ]  47%  12.3 MB of 26.0 MB  45.1 MB/s  1s left` */
export const transferLine = (options: {
  readonly done: number
  readonly size: number | undefined
  readonly rate: number
  readonly width: number
}): string => {
  const { done, rate, size, width } = options
  const speed = rate > 0 ? `  ${bytes(rate)}/s` : ""
  if (size === undefined || size === 0) return `${bytes(done)}${speed}`
  const share = Math.min(1, done / size)
  const left = rate > 0 && done < size ? `  ${time((size - done) / rate * 1000)} left` : ""
  const words = ` ${String(Math.floor(share * 100)).padStart(3)}%  ${bytes(done)} of ${bytes(size)}${speed}${left}`
  const room = Math.min(30, width - words.length - 3)
  if (room < 8) return words.trim()
  const full = Math.floor(share * room)
  const bar = share === 1 ? "=".repeat(room) : `${"=".repeat(full)}>`.padEnd(room)
  return `[${bar}]${words}`
}

/** `1 archive`, `2 archives`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`
