/**
 * Phi: how surprising a silence is, on a scale where every step is ten times as surprising (-log10 of the chance that a
 * heartbeat comes even later, if intervals are normally distributed). The normal distribution's tail is taken from a
 * logistic approximation, off by 0.00014 at most in probability.
 *
 * It is made of additions, multiplications and divisions alone, so that every machine suspects at the same instant.
 */

/** Of a silence of so many milliseconds, where intervals have this mean and deviation. */
export function phiOf(silentMs: number, meanMs: number, deviationMs: number): number {
  const y = (silentMs - meanMs) / deviationMs
  const z = y * (1.5976 + 0.070566 * y * y)
  // -log10(1 / (1 + e^z)), written so that nothing overflows.
  return ((z > 0 ? z : 0) + logOfOnePlus(expOfMinus(z > 0 ? z : -z))) / Math.LN10
}

/** After how many milliseconds of silence phi reaches the threshold: the inverse, to a hundredth of a millisecond. */
export function silenceUntil(threshold: number, meanMs: number, deviationMs: number): number {
  let low = 0
  let high = meanMs + deviationMs
  while (phiOf(high, meanMs, deviationMs) < threshold) {
    low = high
    high *= 2
  }
  while (high - low > 0.01) {
    const middle = (low + high) / 2
    if (phiOf(middle, meanMs, deviationMs) < threshold) low = middle
    else high = middle
  }
  return high
}

/** e^-x for an x from 0: a short series for x / 1024, squared ten times. */
function expOfMinus(x: number): number {
  if (x > 700) return 0
  const part = -x / 1024
  let power =
    1 + part * (1 + (part / 2) * (1 + (part / 3) * (1 + (part / 4) * (1 + (part / 5) * (1 + part / 6)))))
  for (let i = 0; i < 10; i++) power *= power
  return power
}

/** ln(1 + x) for an x from 0 to 1: twice the area hyperbolic tangent of x / (2 + x). */
function logOfOnePlus(x: number): number {
  const step = x / (2 + x)
  let sum = 0
  for (let term = 31; term >= 1; term -= 2) sum = sum * step * step + 1 / term
  return 2 * step * sum
}
