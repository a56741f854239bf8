/** The `grpc-message` header: UTF-8, percent-encoded where it is not printable ASCII. */
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import { STATUS_MESSAGE_LENGTH_MAX } from './limits.ts'

const BLANK = 0x20
const PERCENT = 0x25
const HEX = '0123456789ABCDEF'

export function encodeStatusMessage(text: string): string {
  if (text.length > STATUS_MESSAGE_LENGTH_MAX) text = text.slice(0, STATUS_MESSAGE_LENGTH_MAX)
  if (isPlain(text)) return text
  const bytes = utf8Bytes(text)
  let encoded = ''
  for (const [i, byte] of bytes.entries()) {
    const blankAtEnd = byte === BLANK && (i === 0 || i === bytes.length - 1)
    if (byte >= BLANK && byte < 0x7f && byte !== PERCENT && !blankAtEnd) encoded += String.fromCharCode(byte)
    else encoded += `%${HEX[byte >> 4]}${HEX[byte & 15]}`
  }
  return encoded
}

/** Never fails: what is not well encoded is taken as it stands. */
export function decodeStatusMessage(encoded: string): string {
  if (!encoded.includes('%') && isPlain(encoded)) return encoded
  const bytes: number[] = []
  for (let i = 0; i < encoded.length; i++) {
    const hex = encoded.slice(i + 1, i + 3)
    if (encoded.charCodeAt(i) === PERCENT && /^[0-9A-Fa-f]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16))
      i += 2
    } else {
      bytes.push(encoded.charCodeAt(i) & 0xff)
    }
  }
  try {
    return utf8Text(Uint8Array.from(bytes))
  } catch {
    return encoded
  }
}

/** Blanks at the ends would make the field malformed, so they are encoded too. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code >= 0x7f || code === PERCENT) return false
  }
  return !(text.startsWith(' ') || text.endsWith(' '))
}
