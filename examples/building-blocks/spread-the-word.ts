/**
 * News that one member has and all others hear, though nobody tells it to all: `broadcast` and `deliver`. A third of
 * all messages is lost, and one member was away when it was told.
 */
import { Gossip, type GossipInput, type Instant, type NodeId, randomFromSeed } from 'quorate/protocols/gossip'

const MEMBERS = Array.from({ length: 20 }, (_, i) => BigInt(i + 1) as NodeId)

export class Village {
  readonly heard = new Map<NodeId, string[]>(MEMBERS.map(id => [id, []]))
  messages = 0
  readonly #members = new Map<NodeId, Gossip>()
  readonly #luck = randomFromSeed(1)
  #now = 0

  constructor() {
    for (const id of MEMBERS) {
      const random = randomFromSeed(Number(id))
      this.#members.set(id, new Gossip({ id, random, epoch: 1, members: MEMBERS }))
    }
  }

  broadcast(by: bigint, news: string): void {
    this.#step(by as NodeId, { kind: 'broadcast', payload: new TextEncoder().encode(news) })
  }

  /** Time passes; whoever wants to be woken is woken, but for the one who is away. */
  pass(seconds: number, away?: bigint): void {
    const end = this.#now + seconds * 1_000_000
    const present = [...this.#members].filter(([id]) => id !== away)
    while (this.#now < end) {
      this.#now = Math.min(end, ...present.map(([, member]) => Math.max(this.#now, member.deadline())))
      const due = present.filter(([, member]) => member.deadline() <= this.#now)
      for (const [id] of due) this.#step(id, { kind: 'deadline' }, away)
    }
  }

  #step(id: NodeId, input: GossipInput, away?: bigint): void {
    const effects: Parameters<Gossip['step']>[2] = []
    this.#members.get(id)!.step(this.#now as Instant, [input], effects)
    for (const effect of effects) {
      if (effect.kind === 'deliver') this.heard.get(id)!.push(new TextDecoder().decode(effect.rumour.payload))
      if (effect.kind !== 'send') continue
      this.messages++
      if (effect.to === away || this.#luck.chance(1, 3)) continue
      this.#step(effect.to, { kind: 'receive', from: id, message: effect.message }, away)
    }
  }
}

/** Who has heard what was broadcast, soon and in the end, and how many messages the first took. */
export function spread(): { readonly soon: number; readonly inTheEnd: number; readonly messages: number } {
  const village = new Village()
  const count = (): number => [...village.heard.values()].filter(news => news.join() === 'rain').length
  village.broadcast(1n, 'rain')
  village.pass(4, 20n)
  const [soon, messages] = [count(), village.messages]
  village.pass(60)
  return { soon, messages, inTheEnd: count() }
}
