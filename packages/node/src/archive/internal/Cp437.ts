/**
 * The code page of the IBM PC, in which ZIP names are written unless they say otherwise (APPNOTE D.1).
 *
 * @since 0.1.0
 */

/** The characters of the bytes from 128 on. */
const upperHalf =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0"

/**
 * The text of bytes. Those below 128 are ASCII, control characters too.
 *
 * @category combinators
 * @since 0.1.0
 */
export const decode = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : upperHalf.charAt(byte - 128))).join("")
