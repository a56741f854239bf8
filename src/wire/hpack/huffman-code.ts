/**
 * The Huffman code of RFC 7541 appendix B. It is canonical: codes of one length follow each other in the order
 * of their symbols, and a longer code continues where the shorter ones ended. So the lengths say it all.
 */

/** Code lengths in bits, by symbol (a byte). */
// biome-ignore format: thirty-two symbols a row
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
]

/** The symbol that ends a string and never appears in one: thirty one-bits. */
export const END_OF_STRING = 256
const END_OF_STRING_BITS = 30

export interface HuffmanCode {
  /** Codes of up to thirty bits, by symbol, the end of string last. */
  readonly codes: Uint32Array
  readonly bits: Uint8Array
}

export const HUFFMAN_CODE: HuffmanCode = makeCode([...LENGTHS, END_OF_STRING_BITS])

function makeCode(lengths: readonly number[]): HuffmanCode {
  const codes = new Uint32Array(lengths.length)
  let code = 0
  for (let bits = 1; bits <= END_OF_STRING_BITS; bits++) {
    code *= 2
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] === bits) codes[symbol] = code++
    }
  }
  return { codes, bits: Uint8Array.from(lengths) }
}
