/**
 * A duration as Go writes it, by the grammar of its `time.ParseDuration`: an optional sign, then numbers with
 * units (`1h30m`, `1.5h`, `.5s`); a bare `0` needs no unit.
 */

/** Both letters that Unicode has for micro count, as in Go. */
const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1_000,
  µs: 1_000,
  μs: 1_000,
  ms: 1_000_000,
  s: 1_000_000_000,
  m: 60_000_000_000,
  h: 3_600_000_000_000,
}
const NS_PER_MS = 1_000_000
const PART = String.raw`(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)`
const WHOLE = new RegExp(`^[+-]?(?:0|(?:${PART})+)$`)

/**
 * In whole milliseconds, rounded up: a time that is shorter than one must not become none at all, because zero
 * often means "never". Null: not a duration, or one below zero.
 */
export function parseGoDuration(text: string): number | null {
  if (!WHOLE.test(text)) return null
  let ns = 0
  for (const [, amount, unit] of text.matchAll(new RegExp(PART, 'g'))) ns += Number(amount) * UNIT_NS[unit!]!
  if (text.startsWith('-') && ns > 0) return null
  return Math.ceil(Math.round(ns) / NS_PER_MS)
}
