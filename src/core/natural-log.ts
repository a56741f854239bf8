/**
 * The natural logarithm by additions, multiplications and divisions alone: those are the same to the last bit on every
 * engine and machine, as `Math.log` is not. Nodes that disagree about the last bit would place a key twice, and a
 * simulated run would not come out the same elsewhere.
 */

/** 1/23 to 1/3, 1: of the series' terms. What would come before them is less than a double can hold. */
const COEFFICIENTS: readonly number[] = Array.from({ length: 12 }, (_, i) => 1 / (23 - 2 * i))

/** Of two, up to the 33rd: exact, which `**` need not be. */
const POWERS: readonly number[] = Array.from({ length: 34 }, (_, i) =>
  i < 31 ? 1 << i : (1 << 30) * (1 << (i - 30)),
)

/** -ln of the fraction (draw + 1/2) / 2^32, for a draw from 0 to 2^32 - 1. Positive, and falls as the draw rises. */
export function minusLogOfFraction(draw: number): number {
  // The fraction is mantissa / 2^exponent, with a mantissa from 1 to 2.
  let exponent = draw === 0 ? 33 : Math.clz32(draw) + 1
  let mantissa = ((draw + 0.5) / 2 ** 32) * POWERS[exponent]!
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent--
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), which is a quick series for an m close to 1.
  const step = (mantissa - 1) / (mantissa + 1)
  const square = step * step
  let sum = 0
  for (let i = 0; i < COEFFICIENTS.length; i++) sum = sum * square + COEFFICIENTS[i]!
  return exponent * Math.LN2 - 2 * step * sum
}

/** ln of a number from 1 to 2^32. */
export function naturalLog(value: number): number {
  return 32 * Math.LN2 - minusLogOfFraction(value - 0.5)
}
