/** Nodes on a stage that watch each other. */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import type { DetectorEffect } from '../../protocols/phi-accrual/index.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import type { Opening, Subject } from '../algorithm.ts'
import { observed } from '../observed-core.ts'
import { Stage } from '../stage.ts'
import {
  decodeHeartbeat,
  encodeHeartbeat,
  HEARTBEAT_MS,
  type Heartbeat,
  HeartbeatNode,
} from './heartbeat-node.ts'

const QUALITY = { delay: { minimumUs: 4000, meanUs: 5000 }, bytesPerMs: 0 }

/** Whoever has been down for so long is found out by all. */
export const FOUND_MS = 10 * HEARTBEAT_MS

/** For so long nothing must have been wrong with a peer before a suspicion of it is called unfounded. */
const CALM_MS = 5 * HEARTBEAT_MS

export class DetectorSubject implements Subject {
  readonly stage: Stage
  /** A suspicion of somebody who lived. */
  mistaken: string | undefined
  /** One of somebody who lived, ran, and could be heard. */
  unfounded: string | undefined
  readonly #world: CoreWorld<never, Heartbeat, DetectorEffect>
  readonly #suspects = new Map<NodeId, Set<NodeId>>()
  readonly #look: () => void

  constructor({ nodes, seed, recorder, look }: Opening) {
    this.#look = look
    this.#world = new CoreWorld<never, Heartbeat, DetectorEffect>({
      seed,
      nodes,
      quality: QUALITY,
      onFlight: recorder.flightsIn(({ kind }) => ({ kind, text: '', isRoutine: true })),
      protocol: {
        create: ({ id, ids }) => {
          this.#suspects.set(id, new Set())
          return observed(id, new HeartbeatNode(id, ids), (_, state) => {
            recorder.state(id, state, state.replace(/^.*, /, ''))
            look()
          })
        },
        encode: encodeHeartbeat,
        decode: decodeHeartbeat,
      },
      perform: (id, effect) => this.#perform(id, effect),
    })
    this.stage = new Stage(this.#world, recorder)
    this.#world.startAll()
  }

  suspectsOf(id: NodeId): ReadonlySet<NodeId> {
    return this.#suspects.get(id) ?? new Set()
  }

  /** Who has been down for long, and is trusted by somebody who runs. */
  overlooked(): string | undefined {
    const { stage } = this
    const down = stage.ids.filter(id => !stage.isAlive(id) && stage.quietMsOf(id) > FOUND_MS)
    for (const watcher of stage.alive.filter(id => !stage.isPaused(id))) {
      const missed = down.find(id => !this.suspectsOf(watcher).has(id))
      if (missed === undefined) continue
      const downMs = Math.floor(stage.quietMsOf(missed))
      return `${formatNodeId(missed)} has been down for ${downMs} ms, and ${formatNodeId(watcher)} trusts it`
    }
    return undefined
  }

  ask(random: Random): void {
    this.stage.pass(random.below(4 * HEARTBEAT_MS))
  }

  conclude(): string[] {
    return this.stage.ids.map(id => {
      const name = `node ${formatNodeId(id)}`
      if (!this.stage.isAlive(id)) return `${name} is down`
      const suspects = [...this.suspectsOf(id)].map(formatNodeId).sort().join(', ')
      return `${name} suspects ${suspects || 'nobody'}${this.stage.isPaused(id) ? ' (and is paused)' : ''}`
    })
  }

  #perform(id: NodeId, { kind, peer }: DetectorEffect): void {
    const { stage } = this
    if (kind === 'trusted') {
      this.#suspects.get(id)!.delete(peer)
      stage.recorder.event('decision', id, `trusts ${formatNodeId(peer)} again`)
      return
    }
    this.#suspects.get(id)!.add(peer)
    stage.recorder.event('decision', id, `suspects ${formatNodeId(peer)}`)
    if (!stage.isAlive(peer)) return
    const what = `${formatNodeId(id)} suspects ${formatNodeId(peer)}, which lives`
    this.mistaken ??= what
    const isCalm = !stage.isPaused(peer) && stage.isNetworkWhole && stage.quietMsOf(peer) > CALM_MS
    if (isCalm) this.unfounded ??= `${what}, runs, and can be heard`
    this.#look()
  }
}
