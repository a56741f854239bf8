/** The request line and the headers of an HTTP/1.1 request (RFC 9112 §3, §5). */

export interface RequestHead {
  readonly method: string
  readonly target: string
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minor: number
  /** Lower-case names; the first value of each. */
  readonly headers: ReadonlyMap<string, string>
  /** How the body ends. */
  readonly body: BodyLength
  readonly keepAlive: boolean
}

export type BodyLength = { readonly kind: 'sized'; readonly length: number } | { readonly kind: 'chunked' }

/** An answer that ends the connection: what follows in the stream of bytes cannot be trusted. */
export interface Refusal {
  readonly refused: number
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** `text` is everything up to the empty line, a character per byte. */
export function parseRequestHead(text: string, headersMax: number): RequestHead | Refusal {
  const lines = text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
  const request = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\s]+) HTTP\/([0-9])\.([0-9])$/.exec(lines[0] ?? '')
  if (request === null) return { refused: 400 }
  const [, method, target, major, minor] = request as unknown as [string, string, string, string, string]
  if (major !== '1') return { refused: 505 }
  if (lines.length - 1 > headersMax) return { refused: 431 }
  const headers = new Map<string, string>()
  for (const line of lines.slice(1)) {
    const wrong = addHeader(headers, line)
    if (wrong !== null) return wrong
  }
  const body = bodyLength(headers)
  if ('refused' in body) return body
  const connection = (headers.get('connection') ?? '').toLowerCase()
  const keepAlive = minor === '0' ? connection.includes('keep-alive') : !connection.includes('close')
  return { method, target, minor: Number(minor), headers, body, keepAlive }
}

function addHeader(headers: Map<string, string>, line: string): Refusal | null {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon).toLowerCase()
  // §5.1, §5.2: no blank before the colon, no folded lines.
  if (colon < 1 || !TOKEN.test(name)) return { refused: 400 }
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
  if (/[\0\r]/.test(value)) return { refused: 400 }
  const before = headers.get(name)
  // §6.3: two lengths, or two hosts, are how requests are smuggled.
  const single = name === 'content-length' || name === 'transfer-encoding' || name === 'host'
  if (before !== undefined && single && before !== value) return { refused: 400 }
  if (before === undefined) headers.set(name, value)
  return null
}

/** §6.3 */
function bodyLength(headers: ReadonlyMap<string, string>): BodyLength | Refusal {
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (coding !== undefined) {
    if (length !== undefined) return { refused: 400 }
    return coding.toLowerCase() === 'chunked' ? { kind: 'chunked' } : { refused: 501 }
  }
  if (length === undefined) return { kind: 'sized', length: 0 }
  if (!/^[0-9]{1,15}$/.test(length)) return { refused: 400 }
  return { kind: 'sized', length: Number(length) }
}
