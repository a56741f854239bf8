/**
 * A small deterministic generator: sfc32 (Chris Doty-Humphrey, PractRand), integers only, so that every
 * engine and machine draws the same numbers from the same seed. Not for secrets: those come from
 * `runtime`'s Entropy.
 */
import { assert } from './assert.ts'

export interface Random {
  /** Uniform over 0 .. 2^32 - 1. */
  uint32(): number
  /** Uniform over 0 .. bound - 1, for a whole bound from 1 to 2^32, without modulo bias. */
  below(bound: number): number
  /** True with probability `numerator / denominator`. */
  chance(numerator: number, denominator: number): boolean
  /** A generator of its own, so that one more draw there changes nothing here. */
  fork(): Random
}

class Sfc32 implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(a: number, b: number, c: number) {
    this.#a = a | 0
    this.#b = b | 0
    this.#c = c | 0
    for (let round = 0; round < 12; round++) this.uint32()
  }

  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  below(bound: number): number {
    assert(bound >= 1 && bound <= 2 ** 32, 'one draw has 32 bits')
    const unbiased = 2 ** 32 - (2 ** 32 % bound)
    let draw = this.uint32()
    while (draw >= unbiased) draw = this.uint32()
    return draw % bound
  }

  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator
  }

  fork(): Random {
    return new Sfc32(this.uint32(), this.uint32(), this.uint32())
  }
}

/** The same seed (a whole number below 2^53) always gives the same draws. */
export function randomFromSeed(seed: number): Random {
  return new Sfc32(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b9)
}
