/**
 * Workers elect the one who does the chores, and elect again when that one is gone. It is an election and no lock: for
 * a moment there may be two, so the chores must bear being done twice.
 */
import { bully, type ElectionEffect, type Instant, type NodeId } from 'quorate/protocols/bully'

type Effect = ElectionEffect<Parameters<typeof bully.encode>[0]>

export class Workers {
  readonly #workers: Map<NodeId, ReturnType<typeof bully.create>>
  #now = 0

  constructor(ids: readonly bigint[]) {
    const members = ids as readonly NodeId[]
    this.#workers = new Map(members.map(id => [id, bully.create({ id, members, answerMs: 100 })]))
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
      this.#now = Math.max(
        this.#now,
        Math.min(end, ...[...this.#workers.values()].map(one => one.deadline())),
      )
      for (const [id, worker] of this.#workers) {
        if (worker.deadline() <= this.#now) this.#step(id, { kind: 'deadline' })
      }
    }
  }

  #step(id: NodeId, input: Parameters<ReturnType<typeof bully.create>['step']>[1][number]): void {
    const effects: Effect[] = []
    this.#workers.get(id)?.step(this.#now as Instant, [input], effects)
    for (const effect of effects) {
      if (effect.kind === 'send')
        this.#step(effect.to, { kind: 'receive', from: id, message: effect.message })
    }
  }
}
