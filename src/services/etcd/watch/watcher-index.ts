/**
 * Watchers by what they watch: those of single keys in a hash, those of ranges in a tree. Looking up a key costs as
 * many steps as there are watchers of that key, and hardly more when there are thousands of others.
 */
import type { KeySet } from '../../../machines/kv/key-range.ts'
import { IntervalTree } from './interval-tree.ts'
import { KEY_TEXT_CHUNK_BYTES } from './limits.ts'

export interface Watching {
  readonly keys: KeySet
}

export class WatcherIndex<Watcher extends Watching> {
  readonly #singles = new Map<string, Set<Watcher>>()
  readonly #spans = new IntervalTree<Watcher>()
  readonly #all = new Set<Watcher>()

  get size(): number {
    return this.#all.size
  }

  /** As they are now, in the order in which they came. */
  all(): Watcher[] {
    return [...this.#all]
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher)
    const { keys } = watcher
    if (keys.kind === 'span') return this.#spans.add(keys, watcher)
    const text = textOf(keys.key)
    const watchers = this.#singles.get(text)
    if (watchers === undefined) this.#singles.set(text, new Set([watcher]))
    else watchers.add(watcher)
  }

  /** Of a watcher that was added. */
  delete(watcher: Watcher): void {
    this.#all.delete(watcher)
    const { keys } = watcher
    if (keys.kind === 'span') return this.#spans.delete(keys, watcher)
    const text = textOf(keys.key)
    const watchers = this.#singles.get(text)!
    watchers.delete(watcher)
    if (watchers.size === 0) this.#singles.delete(text)
  }

  /** Calls `visit` for every watcher of the key. It may not add or delete. */
  visit(key: Uint8Array, visit: (watcher: Watcher) => void): void {
    if (this.#singles.size > 0) {
      const watchers = this.#singles.get(textOf(key))
      if (watchers !== undefined) for (const watcher of watchers) visit(watcher)
    }
    if (this.#spans.size > 0) this.#spans.stab(key, visit)
  }
}

/** A character for each byte: what the engine hashes, with a seed of its own that no client knows. */
function textOf(key: Uint8Array): string {
  if (key.length <= KEY_TEXT_CHUNK_BYTES) return characters(key)
  let text = ''
  for (let at = 0; at < key.length; at += KEY_TEXT_CHUNK_BYTES) {
    text += characters(key.subarray(at, at + KEY_TEXT_CHUNK_BYTES))
  }
  return text
}

function characters(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[])
}
