/** How full the windows and queues of a node are, against `limits.ts`. */
import type { Gauge } from '../../core/gauge.ts'
import type { RaftState } from './raft-state.ts'

export function gaugesOf({ applying, forwards, forwardedReads, leadership, limits }: RaftState): Gauge[] {
  const gauges: Gauge[] = [
    {
      name: 'raft: entries handed out and not applied',
      value: applying.emitted - applying.applied,
      max: limits.applyEntriesMax,
    },
    { name: 'raft: bytes of forwarded proposals', value: forwards.bytes, max: limits.forwardedBytesMax },
    { name: 'raft: forwarded reads', value: forwardedReads.size, max: limits.heldReadsMax },
  ]
  if (leadership === undefined) return gauges
  const { progress, reads, uncommittedBytes } = leadership
  let inflight = 0
  for (const each of progress.values()) inflight = Math.max(inflight, each.inflightCount)
  return [
    ...gauges,
    { name: 'raft: bytes not committed', value: uncommittedBytes, max: limits.uncommittedBytesMax },
    { name: 'raft: appends on their way to one', value: inflight, max: limits.inflightMessagesMax },
    {
      name: 'raft: reads that wait for a round, and rounds',
      value: reads.size,
      max: limits.heldReadsMax + limits.readRoundsMax,
    },
  ]
}
