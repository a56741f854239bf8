/** A message of any protocol in a few words, for traces: its kind, and each field that is short. */
export function describeMessage(message: unknown): string {
  const { kind, ...fields } = message as Readonly<Record<string, unknown>>
  const words = Object.entries(fields).map(([name, value]) => `${name} ${describeField(value)}`)
  return [kind, words.join(', ')].filter(word => word !== '').join(' ')
}

function describeField(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `[${value.map(describeField).join(' ')}]`
  if (typeof value === 'bigint') return value.toString(16)
  if (typeof value === 'object' && value !== null) return Object.values(value).map(describeField).join('/')
  return String(value)
}
