/**
 * Small pieces of binary formats.
 *
 * @since 0.1.0
 */

export { join } from "../../transfer/internal/Bytes.ts"

/** A text of 7-bit characters; others become `?`. */
export const ascii = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => (character.charCodeAt(0) < 0x80 ? character.charCodeAt(0) : 0x3f))

/** 32 bits, the high byte first. */
export const uint32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
