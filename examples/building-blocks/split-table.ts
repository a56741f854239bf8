/**
 * A table in ranges of neighbouring keys, each of one server, split where it has grown and merged where it has shrunk:
 * `locate`, `split`, `merge`, `assign`. Whoever asks by an old map is told so, and learns the new one.
 */
import { type NodeId, type Range, RangeMap } from 'quorate/protocols/placement'

const bytes = (key: string): Uint8Array => new TextEncoder().encode(key)

export class Table {
  /** In a cluster a replicated machine keeps it. */
  #map: RangeMap<NodeId>

  constructor(server: bigint) {
    this.#map = RangeMap.whole(server as NodeId)
  }

  /** What a client keeps, for as long as it is right. */
  locate(key: string): Range<NodeId> {
    return this.#map.locate(bytes(key))
  }

  /** The servers of all keys from one up to another, in order. */
  scan(from: string, to: string): bigint[] {
    return this.#map.overlapping(bytes(from), bytes(to)).map(({ owner }) => owner)
  }

  /** The upper part of a range goes to a server of its own. */
  split(at: string, server: bigint): void {
    const split = this.#map.split(bytes(at)) ?? this.#map
    this.#map = split.assign(bytes(at), server as NodeId)!
  }

  /** The range that begins there goes back to the server of the one before it. */
  merge(at: string): void {
    this.#map = this.#map.merge(bytes(at)) ?? this.#map
  }

  /** What a server does with a request: refused is who was sent by a range that is not any more. */
  serve(key: string, believed: Range<NodeId>): 'served' | 'stale' {
    return this.locate(key).version === believed.version ? 'served' : 'stale'
  }
}
