/** What a member is begun with, and what it takes if nobody says otherwise: right for a local network. */
import { assert } from '../../core/assert.ts'
import { EMPTY } from '../../core/bytes.ts'
import { NOBODY, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import { META_BYTES_MAX, PACKET_BYTES_MAX, PACKET_BYTES_MIN } from './limits.ts'

export interface SwimOptions {
  readonly id: NodeId
  readonly random: Random
  /** Members that may know the group. They are asked until one answers, and now and then if they seem dead. */
  readonly seeds?: readonly NodeId[]
  /** What others are told about this member, such as its address: at most 512 bytes. */
  readonly meta?: Uint8Array
  /** The paper's T': one member is probed in each. At least three times what a message takes there and back. */
  readonly periodMs?: number
  /** How long a probe is waited for before others are asked to probe; less than a period. */
  readonly probeTimeoutMs?: number
  /** The paper's k: how many others are asked. */
  readonly indirectProbes?: number
  /** Times log10 of the group's size: so many periods a suspect has at least to say that it lives. */
  readonly suspicionPeriods?: number
  /** The paper's lambda: times log2 of the group's size, so often each member passes a claim on. */
  readonly retransmissions?: number
  /** How often all that is known is exchanged with one member, in groups of up to 64. */
  readonly syncMs?: number
  /** How long a member that is gone is remembered, so that no old claim brings it back. */
  readonly forgetMs?: number
  /** No packet is larger. */
  readonly packetBytesMax?: number
  /** Woken so much later than it asked for, this process was away: a pause, a busy event loop. */
  readonly stallMs?: number
  /**
   * All of it, or some parts, for comparison. False is the protocol of 2002; a `stallMs` of infinity takes the rest
   * away.
   */
  readonly lifeguard?: boolean | readonly LifeguardPart[]
}

/**
 * What Lifeguard (§IV) adds: a member that notices that it is slow probes less (`probe`), suspicions are shorter the
 * more confirm them (`suspicion`), suspects are told first (`buddy`). And what is added here: every verdict takes two
 * `looks`, with a call between them.
 */
export type LifeguardPart = 'probe' | 'suspicion' | 'buddy' | 'looks'

export function hasPart({ lifeguard }: Required<SwimOptions>, part: LifeguardPart): boolean {
  return typeof lifeguard === 'boolean' ? lifeguard : lifeguard.includes(part)
}

export function completeOptions(options: SwimOptions): Required<SwimOptions> {
  const complete = {
    seeds: [],
    meta: EMPTY,
    periodMs: 1000,
    probeTimeoutMs: 500,
    indirectProbes: 3,
    suspicionPeriods: 5,
    retransmissions: 2,
    syncMs: 30_000,
    forgetMs: 600_000,
    packetBytesMax: PACKET_BYTES_MAX,
    stallMs: 200,
    lifeguard: true,
    ...options,
  }
  assert(complete.id !== NOBODY, 'a member is somebody')
  assert(complete.probeTimeoutMs < complete.periodMs, 'others are asked before the period is over')
  assert(complete.meta.length <= META_BYTES_MAX, 'what a member tells about itself has at most 512 bytes')
  assert(complete.packetBytesMax >= PACKET_BYTES_MIN, 'one claim has room in a packet')
  return complete
}
