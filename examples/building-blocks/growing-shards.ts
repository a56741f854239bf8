/**
 * Keys in numbered shards, whose number grows (jump hashing), and each shard on some servers, which fail (rendezvous
 * hashing): `locate` says where, `grow` and `removeNode` move as little as can be. No table is kept of either.
 */
import { jumpHash, type NodeId, Rendezvous } from 'quorate/protocols/placement'

export class Shards {
  #count: number
  #servers: Rendezvous
  readonly #copies: number

  constructor(count: number, servers: readonly bigint[], copies: number) {
    this.#count = count
    this.#servers = new Rendezvous(servers.map(id => ({ node: id as NodeId })))
    this.#copies = copies
  }

  shardOf(key: string): number {
    return jumpHash(key, this.#count)
  }

  /** The servers of a key, the first of them before the others. */
  locate(key: string): bigint[] {
    return this.#servers.locateMany(`shard ${this.shardOf(key)}`, this.#copies)
  }

  /** More shards: keys move into the new ones, and between old ones none. */
  grow(count: number): void {
    this.#count = count
  }

  addNode(id: bigint): void {
    this.#servers = this.#servers.with({ node: id as NodeId })
  }

  /** A server fails: each of its shards goes to the one that was next for it. */
  removeNode(id: bigint): void {
    this.#servers = this.#servers.without(id as NodeId)
  }
}
