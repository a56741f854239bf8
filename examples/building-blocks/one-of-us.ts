/**
 * Workers elect the one who does the chores, and elect again when that one is gone; by the rule of the bully, or around
 * a ring. It is an election and no lock: for a moment there may be two, so the chores must bear being done twice.
 */
import type {
  ElectionEffect,
  ElectionInput,
  ElectionProtocol,
  Instant,
  NodeId,
} from 'quorate/protocols/bully'

export class Workers<Message> {
  readonly #workers: Map<NodeId, ReturnType<ElectionProtocol<Message>['create']>>
  #now = 0

  constructor(ids: readonly bigint[], { create }: ElectionProtocol<Message>) {
    const members = ids as readonly NodeId[]
    this.#workers = new Map(members.map(id => [id, create({ id, members, answerMs: 100 })]))
  }

  /** Whom each living worker takes for the leader. */
  get leaders(): bigint[] {
    return [...this.#workers.values()].map(worker => worker.leader)
  }

  remove(id: bigint): void {
    this.#workers.delete(id as NodeId)
  }

  /** Time passes; whoever wants to be woken is woken, and messages arrive at once. */
  pass(milliseconds: number): void {
    const end = this.#now + milliseconds * 1000
    while (this.#now < end) {
      const wakes = [...this.#workers.values()].map(worker => worker.deadline())
      this.#now = Math.min(end, ...wakes.map(at => Math.max(this.#now, at)))
      for (const [id, worker] of this.#workers) {
        if (worker.deadline() <= this.#now) this.#step(id, { kind: 'deadline' })
      }
    }
  }

  #step(id: NodeId, input: ElectionInput<Message>): void {
    const effects: ElectionEffect<Message>[] = []
    this.#workers.get(id)?.step(this.#now as Instant, [input], effects)
    for (const effect of effects) {
      if (effect.kind === 'send')
        this.#step(effect.to, { kind: 'receive', from: id, message: effect.message })
    }
  }
}
