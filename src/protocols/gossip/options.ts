/** What a member is begun with, and what it takes if nobody says otherwise. */
import { assert } from '../../core/assert.ts'
import { NOBODY, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import { PACKET_BYTES_MAX, PACKET_BYTES_MIN } from './limits.ts'

/**
 * When a member stops to pass a rumour on (Demers §1.4).
 *
 * - `counter`: after `k` times; `coin`: each time with a chance of one in `k`.
 * - With `feedback` those times count in which the other knew it; without (`blind`), all.
 */
export interface Ending {
  readonly rule: 'counter' | 'coin'
  readonly feedback: boolean
  readonly k: number
}

export interface GossipOptions {
  readonly id: NodeId
  readonly random: Random
  /** A whole number that this member has not used in an earlier life: a counter on disk, or the time in seconds. */
  readonly epoch: number
  /** Everyone, this member included or not; `members` tells of changes. */
  readonly members?: readonly NodeId[]
  /** How often a member that has something to tell tells it. */
  readonly roundMs?: number
  /** To how many others, each time. */
  readonly fanout?: number
  readonly ending?: Ending
  /** How often what is known is compared with one other member, whether or not there is news. */
  readonly antiEntropyMs?: number
  /** No packet is larger. */
  readonly packetBytesMax?: number
}

export function completeOptions(options: GossipOptions): Required<GossipOptions> {
  const complete = {
    members: [],
    roundMs: 200,
    fanout: 1,
    ending: { rule: 'counter', feedback: true, k: 3 } as const,
    antiEntropyMs: 10_000,
    packetBytesMax: PACKET_BYTES_MAX,
    ...options,
  }
  assert(complete.id !== NOBODY, 'a member is somebody')
  assert(Number.isSafeInteger(complete.epoch) && complete.epoch >= 0, 'lives are numbered')
  assert(Number.isInteger(complete.fanout) && complete.fanout >= 1, 'a rumour is told to somebody')
  assert(Number.isInteger(complete.ending.k) && complete.ending.k >= 1, 'a rumour is told once at least')
  assert(complete.packetBytesMax >= PACKET_BYTES_MIN, 'one rumour has room in a packet')
  return complete
}
