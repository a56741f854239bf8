/**
 * Members of a group who know each other: `join` by asking anybody, `leave`, `crash`, and `members` as each of them
 * sees it. Nobody keeps a list; in a cluster messages are UDP packets, and here they arrive at once.
 */
import { type Instant, type NodeId, randomFromSeed, Swim, type SwimInput } from 'quorate/protocols/swim'

export class Group {
  readonly #members = new Map<NodeId, Swim>()
  #now = 0

  /** @param seed a member whom it asks who is here; nobody if it is the first */
  join(id: bigint, seed?: bigint): void {
    const random = randomFromSeed(Number(id))
    const seeds = seed === undefined ? [] : [seed as NodeId]
    this.#members.set(id as NodeId, new Swim({ id: id as NodeId, random, seeds }))
    this.#step(id as NodeId)
  }

  leave(id: bigint): void {
    this.#step(id as NodeId, { kind: 'leave' })
  }

  /** Dies, and says nothing. */
  crash(id: bigint): void {
    this.#members.delete(id as NodeId)
  }

  /** Whom a member takes to be here, itself included. */
  members(id: bigint): bigint[] {
    const others = this.#members.get(id as NodeId)!.members
    const here = others.filter(({ state }) => state === 'alive' || state === 'suspect')
    return [id, ...here.map(member => member.id)].sort((a, b) => Number(a - b))
  }

  /** Time passes; whoever wants to be woken is woken. */
  pass(seconds: number): void {
    const end = this.#now + seconds * 1_000_000
    while (this.#now < end) {
      const wakes = [...this.#members.values()].map(member => member.deadline())
      this.#now = Math.min(end, ...wakes.map(at => Math.max(this.#now, at)))
      for (const [id, member] of this.#members) {
        if (member.deadline() <= this.#now) this.#step(id, { kind: 'deadline' })
      }
    }
  }

  #step(id: NodeId, ...inputs: SwimInput[]): void {
    const effects: Parameters<Swim['step']>[2] = []
    this.#members.get(id)?.step(this.#now as Instant, inputs, effects)
    for (const effect of effects) {
      if (effect.kind === 'departed') this.#members.delete(id)
      if (effect.kind !== 'send') continue
      this.#step(effect.to, { kind: 'receive', from: id, message: effect.message })
    }
  }
}
