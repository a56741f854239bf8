/** SHA-256 (FIPS 180-4), over bytes that come in parts. Platforms have a faster one; this one runs everywhere. */

export interface Sha256 {
  update(bytes: Uint8Array): void
  /** The hash of everything given; ends it. */
  digest(): Uint8Array
}

const BLOCK_BYTES = 64
const LENGTH_BYTES = 8

/** §4.2.2: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
const K = firstPrimes(64).map(prime => fractionOfRoot(prime, 3n))

/** §5.3.3: of the square roots of the first eight. */
const INITIAL = Int32Array.from(firstPrimes(8), prime => fractionOfRoot(prime, 2n))

export function portableSha256(): Sha256 {
  return new PortableSha256()
}

class PortableSha256 implements Sha256 {
  readonly #state = INITIAL.slice()
  readonly #schedule = new Int32Array(64)
  readonly #block = new Uint8Array(BLOCK_BYTES)
  #filled = 0
  #bytes = 0

  update(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    let at = 0
    while (at < bytes.length) {
      const count = Math.min(BLOCK_BYTES - this.#filled, bytes.length - at)
      this.#block.set(bytes.subarray(at, at + count), this.#filled)
      this.#filled += count
      at += count
      if (this.#filled === BLOCK_BYTES) this.#compress()
    }
  }

  digest(): Uint8Array {
    const bits = this.#bytes * 8
    this.#block[this.#filled++] = 0x80
    this.#block.fill(0, this.#filled)
    if (this.#filled > BLOCK_BYTES - LENGTH_BYTES) {
      this.#compress()
      this.#block.fill(0)
    }
    const view = new DataView(this.#block.buffer)
    view.setUint32(BLOCK_BYTES - 8, Math.floor(bits / 2 ** 32))
    view.setUint32(BLOCK_BYTES - 4, bits >>> 0)
    this.#compress()
    const digest = new Uint8Array(32)
    const words = new DataView(digest.buffer)
    for (const [i, word] of this.#state.entries()) words.setInt32(i * 4, word)
    return digest
  }

  /** §6.2.2 */
  #compress(): void {
    this.#filled = 0
    const w = this.#schedule
    const view = new DataView(this.#block.buffer)
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(t * 4)
    for (let t = 16; t < 64; t++) {
      const [w15, w2] = [w[t - 15]!, w[t - 2]!]
      const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3)
      const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10)
      w[t] = w[t - 16]! + s0 + w[t - 7]! + s1
    }
    let [a, b, c, d, e, f, g, h] = this.#state as unknown as Octet
    for (let t = 0; t < 64; t++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) this.#state[i]! += word
  }
}

type Octet = [number, number, number, number, number, number, number, number]

function rotate(word: number, count: number): number {
  return (word >>> count) | (word << (32 - count))
}

/** The first 32 bits behind the point of a root, by whole numbers: roots of doubles differ between machines. */
function fractionOfRoot(value: number, degree: bigint): number {
  const scaled = BigInt(value) << (32n * degree)
  let root = 0n
  for (let bit = 1n << 40n; bit > 0n; bit >>= 1n) if ((root + bit) ** degree <= scaled) root += bit
  return Number(BigInt.asIntN(32, root))
}

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every(prime => candidate % prime !== 0)) primes.push(candidate)
  }
  return primes
}
