/** The `grpc-timeout` header: at most eight digits and a unit. */

const MICROSECONDS: Readonly<Record<string, number>> = {
  H: 3_600_000_000,
  M: 60_000_000,
  S: 1_000_000,
  m: 1000,
  u: 1,
  n: 0.001,
}

/** In milliseconds; undefined for what is not a timeout. */
export function parseTimeoutMs(text: string): number | undefined {
  const unit = MICROSECONDS[text.charAt(text.length - 1)]
  if (unit === undefined || text.length < 2 || text.length > 9) return undefined
  let amount = 0
  for (let i = 0; i < text.length - 1; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    amount = amount * 10 + digit
  }
  return (amount * unit) / 1000
}

/** What is wrong with a timeout that is none, as grpc-go says it. */
export function timeoutFault(text: string): string {
  if (text.length < 2) return `transport: timeout string is too short: "${text}"`
  if (text.length > 9) return `transport: timeout string is too long: "${text}"`
  if (MICROSECONDS[text.charAt(text.length - 1)] === undefined) {
    return `transport: timeout unit is not recognized: "${text}"`
  }
  return `strconv.ParseUint: parsing "${text.slice(0, -1)}": invalid syntax`
}

/** The shortest unit that still has room; rounded up, so that the other end never gives up before us. */
export function formatTimeout(ms: number): string {
  let amount = Math.max(1, Math.ceil(ms))
  for (const [unit, scale] of [
    ['m', 1000],
    ['S', 60],
    ['M', 60],
  ] as const) {
    if (amount < 1e8) return `${amount}${unit}`
    amount = Math.ceil(amount / scale)
  }
  return `${Math.min(amount, 99_999_999)}H`
}
