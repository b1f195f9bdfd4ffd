/**
 * Values that look drawn by chance and are the same on every run.
 *
 * @since 0.1.0
 */

/** A 32-bit hash of a text (FNV-1a over UTF-16, well mixed). Not for secrets. */
export const hash = (text: string, start = 0): number => {
  let h = 0x811c9dc5 ^ start
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix(h)
}

const mix = (value: number): number => {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A source of 32-bit numbers (mulberry32). */
export const numbers = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/** `length` characters of base 62, the same for the same text. */
export const base62 = (text: string, length: number): string => {
  const next = numbers(hash(text))
  let result = ""
  for (let i = 0; i < length; i++) {
    result += letters.charAt(((next() ^ hash(text, i)) >>> 0) % 62)
  }
  return result
}

/** An id in the shape Scenario's have: a prefix and 24 characters of base 62. */
export const id = (prefix: string, text: string): string => `${prefix}_${base62(`${prefix}:${text}`, 24)}`
