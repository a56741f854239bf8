/**
 * Whether a header section is a well-formed request, response or trailer section (RFC 9113 §8.2, §8.3). What is
 * malformed is a stream error, never ours to repair.
 */
import { FieldKind, type HeaderField } from '../hpack/header-field.ts'

export interface RequestHead {
  method: string
  path: string
  authority: string
  /** -1 without one. */
  contentLength: number
}

/** Fills `head`; returns what is wrong, or null. */
export function checkRequest(fields: readonly HeaderField[], head: RequestHead): string | null {
  let seen = 0
  let regular = false
  head.method = head.path = head.authority = ''
  head.contentLength = -1
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    const kind = field.kind
    if (kind === FieldKind.regular) {
      regular = true
      continue
    }
    if (kind >= FieldKind.method && kind <= FieldKind.authority) {
      if (regular) return 'pseudo-header behind a header'
      if ((seen & (1 << kind)) !== 0) return 'pseudo-header twice'
      seen |= 1 << kind
      if (kind === FieldKind.method) head.method = field.value
      else if (kind === FieldKind.path) head.path = field.value
      else if (kind === FieldKind.authority) head.authority = field.value
      continue
    }
    regular = true
    const wrong = checkRegular(field, head)
    if (wrong !== null) return wrong
  }
  const needed = (1 << FieldKind.method) | (1 << FieldKind.scheme) | (1 << FieldKind.path)
  if ((seen & needed) !== needed || head.path === '') return 'pseudo-header missing'
  return null
}

export interface ResponseHead {
  status: number
  contentLength: number
}

/** Fills `head`; returns what is wrong, or null. */
export function checkResponse(fields: readonly HeaderField[], head: ResponseHead): string | null {
  head.status = 0
  head.contentLength = -1
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    if (field.kind === FieldKind.regular) continue
    if (field.kind === FieldKind.status) {
      if (i > 0) return ':status behind another field'
      if (!/^[1-9][0-9][0-9]$/.test(field.value)) return 'invalid :status'
      head.status = Number(field.value)
      continue
    }
    const wrong = checkRegular(field, head)
    if (wrong !== null) return wrong
  }
  return head.status === 0 ? ':status missing' : null
}

/** §8.1: trailers hold no pseudo-headers. */
export function checkTrailers(fields: readonly HeaderField[]): string | null {
  for (const field of fields) {
    if (field.kind === FieldKind.regular || field.kind === FieldKind.contentLength) continue
    if (field.kind !== FieldKind.te) return 'pseudo-header or connection-specific field in trailers'
  }
  return null
}

function checkRegular(field: HeaderField, head: { contentLength: number }): string | null {
  switch (field.kind) {
    case FieldKind.te:
      return field.value === 'trailers' ? null : 'te other than trailers'
    case FieldKind.contentLength: {
      if (!/^[0-9]{1,15}$/.test(field.value)) return 'invalid content-length'
      const length = Number(field.value)
      if (head.contentLength >= 0 && head.contentLength !== length) return 'two content-lengths'
      head.contentLength = length
      return null
    }
    case FieldKind.connectionSpecific:
      return 'connection-specific field'
    default:
      return 'malformed field'
  }
}
