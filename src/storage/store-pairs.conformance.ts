/** Pairs as text, for tests: one character a byte. */
import { assert } from '../core/assert.ts'
import { equalBytes } from '../core/bytes.ts'
import type { Direction, StoreBatch, StoreView } from '../runtime/store.ts'

export type Pairs = readonly (readonly [key: string, value: string])[]

export function bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

export function text(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return text
}

export function range(from = '', to?: string): { from: Uint8Array; to?: Uint8Array } {
  return to === undefined ? { from: bytes(from) } : { from: bytes(from), to: bytes(to) }
}

/** The pairs of a range, as a cursor gives them. */
export function pairs(view: StoreView, from = '', to?: string, direction?: Direction): [string, string][] {
  const cursor = view.scan(range(from, to), direction)
  const found: [string, string][] = []
  while (cursor.next()) {
    const { key, value } = cursor
    assert(equalBytes(cursor.valueUntilNext, value), 'a value is the same whether it is to stay or not')
    found.push([text(key), text(value)])
  }
  return found
}

/** Of keys and values. */
export function bytesOf(pairs: Pairs): number {
  return pairs.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
}

/** What a store means by "about" so many bytes. */
export function isAbout(estimateBytes: number, bytes: number): boolean {
  return Math.abs(estimateBytes - bytes) <= Math.max(4096, 0.3 * bytes)
}

/** The same pairs by one batch. */
export function putAll(store: { batch(): StoreBatch }, pairs: Pairs): void {
  const batch = store.batch()
  for (const [key, value] of pairs) batch.put(bytes(key), bytes(value))
  batch.commit()
}
