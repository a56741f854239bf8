/** Members of an election on a stage: the bully's, or the ring's. */
import { formatNodeId, NOBODY, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import type { Election, ElectionEffect, ElectionProtocol } from '../../protocols/election.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import type { Opening, Subject } from '../algorithm.ts'
import { observed } from '../observed-core.ts'
import type { MessageWords } from '../recorder.ts'
import { Stage } from '../stage.ts'

/** A living member answers within this time: more than twice the longest way of a message here. */
export const ANSWER_MS = 100

/** Messages take 4 to some 40 ms. */
const QUALITY = { delay: { minimumUs: 4000, meanUs: 5000 }, bytesPerMs: 0 }

type Leader = Extract<ElectionEffect<unknown>, { readonly kind: 'leader' }>

export class ElectionSubject<Message> implements Subject {
  readonly stage: Stage
  readonly #world: CoreWorld<never, Message, Leader>
  readonly #elections = new Map<NodeId, Election<Message>>()

  constructor(
    protocol: ElectionProtocol<Message>,
    words: (message: Message) => MessageWords,
    { nodes, seed, recorder, look }: Opening,
  ) {
    this.#world = new CoreWorld<never, Message, Leader>({
      seed,
      nodes,
      quality: QUALITY,
      onFlight: recorder.flightsIn(words),
      protocol: {
        create: ({ id, ids }) => {
          const election = protocol.create({ id, members: ids, answerMs: ANSWER_MS })
          this.#elections.set(id, election)
          return observed(id, election, (_, state) => {
            recorder.state(id, state)
            look()
          })
        },
        encode: protocol.encode,
        decode: protocol.decode,
      },
      perform: (id, { leader }) => {
        if (leader === id) recorder.event('decision', id, 'leads')
      },
    })
    this.stage = new Stage(this.#world, recorder)
    this.#world.startAll()
  }

  /** Whom a living node takes for the leader. */
  leaderAt(id: NodeId): NodeId {
    return this.#elections.get(id)?.leader ?? NOBODY
  }

  /** Those who think that they lead. */
  get leaders(): NodeId[] {
    return this.stage.alive.filter(id => this.leaderAt(id) === id)
  }

  /** The highest of those who live. */
  get highest(): NodeId {
    return this.stage.alive.at(-1) ?? NOBODY
  }

  get isAgreed(): boolean {
    return this.stage.alive.every(id => this.leaderAt(id) === this.highest)
  }

  /** Lets time pass until all know the same leader; some time at most. */
  settle(): void {
    this.stage.until(() => this.isAgreed, 40 * ANSWER_MS)
  }

  /** There is nothing to ask of an election: some time passes. */
  ask(random: Random): void {
    this.stage.pass(random.below(3 * ANSWER_MS))
  }

  conclude(): string[] {
    const { stage } = this
    return stage.ids.map(id => {
      if (!stage.isAlive(id)) return `node ${formatNodeId(id)} is down`
      const leader = this.leaderAt(id)
      const paused = stage.isPaused(id) ? ' (and is paused)' : ''
      if (leader === id) return `node ${formatNodeId(id)} leads${paused}`
      const follows = leader === NOBODY ? 'knows no leader' : `follows ${formatNodeId(leader)}`
      return `node ${formatNodeId(id)} ${follows}${paused}`
    })
  }
}
