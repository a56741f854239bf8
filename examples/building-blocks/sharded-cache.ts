/**
 * A cache on several servers: each key lives on two of them, and when a server is added or lost only the keys next to
 * it on the ring move. `addNode`, `removeNode` and `locate`, as textbooks have them.
 */
import { HashRing, type NodeId } from 'quorate/protocols/placement'

const COPIES = 2

class ShardedCache {
  #ring = new HashRing([])
  readonly #servers = new Map<NodeId, Map<string, string>>()

  addNode(id: bigint): void {
    this.#servers.set(id as NodeId, new Map())
    this.#ring = this.#ring.with({ node: id as NodeId })
  }

  removeNode(id: bigint): void {
    this.#servers.delete(id as NodeId)
    this.#ring = this.#ring.without(id as NodeId)
  }

  locate(key: string): NodeId[] {
    return this.#ring.locateMany(key, COPIES)
  }

  put(key: string, value: string): void {
    for (const node of this.locate(key)) this.#servers.get(node)!.set(key, value)
  }

  get(key: string): string | undefined {
    for (const node of this.locate(key)) {
      const value = this.#servers.get(node)!.get(key)
      if (value !== undefined) return value
    }
    return undefined
  }
}

/** How many of a thousand keys are still found, and how many have moved, after one of five servers was lost. */
export function loseServer(): { readonly found: number; readonly moved: number } {
  const cache = new ShardedCache()
  for (const id of [1n, 2n, 3n, 4n, 5n]) cache.addNode(id)
  const keys = Array.from({ length: 1000 }, (_, i) => `user/${i}`)
  for (const key of keys) cache.put(key, `value of ${key}`)
  const before = keys.map(key => cache.locate(key)[0])
  cache.removeNode(3n)
  return {
    found: keys.filter(key => cache.get(key) !== undefined).length,
    moved: keys.filter((key, i) => cache.locate(key)[0] !== before[i]).length,
  }
}
