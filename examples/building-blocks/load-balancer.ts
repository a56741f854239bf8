/**
 * Connections that stay with their server while others come and go (Maglev), and requests of which no server gets more
 * than a quarter above its share, though all want one key (bounded loads): `addNode`, `removeNode`, `locate`, and
 * `begin` and `end` of a request.
 */
import { BoundedLoads, HashRing, MaglevTable, type NodeId } from 'quorate/protocols/placement'

export class Balancer {
  #table = new MaglevTable([])
  #ring = new HashRing([])
  readonly #loads = new BoundedLoads(this.#ring, 0.25)

  /** @param weight twice the weight, twice the share */
  addNode(id: bigint, weight = 1): void {
    const member = { node: id as NodeId, weight }
    this.#table = this.#table.with(member)
    this.#become(this.#ring.with(member))
  }

  removeNode(id: bigint): void {
    this.#table = this.#table.without(id as NodeId)
    this.#become(this.#ring.without(id as NodeId))
  }

  /** Whose a connection is: the same for everybody who knows the same servers, and one step in a table. */
  locate(connection: string): bigint {
    return this.#table.locate(connection)
  }

  /** Who takes this request: whoever has the key warm, unless that one has its share. */
  begin(key: string): bigint {
    return this.#loads.acquire(key)
  }

  end(server: bigint): void {
    this.#loads.release(server as NodeId)
  }

  #become(ring: HashRing): void {
    this.#ring = ring
    this.#loads.become(ring)
  }
}
