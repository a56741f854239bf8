/** How full the windows are that every replicated log has, against `limits.ts`. */
import type { Gauge } from '../../core/gauge.ts'
import type { ReplicaState } from './state.ts'

export function commonGauges({
  applying,
  forwards,
  forwardedReads,
  leadership,
  limits,
}: ReplicaState): Gauge[] {
  const gauges: Gauge[] = [
    {
      name: 'replica: entries handed out and not applied',
      value: applying.emitted - applying.applied,
      max: limits.applyEntriesMax,
    },
    { name: 'replica: bytes of forwarded proposals', value: forwards.bytes, max: limits.forwardedBytesMax },
    { name: 'replica: forwarded reads', value: forwardedReads.size, max: limits.heldReadsMax },
  ]
  if (leadership === undefined) return gauges
  return [
    ...gauges,
    {
      name: 'replica: reads that wait for a round, and rounds',
      value: leadership.reads.size,
      max: limits.heldReadsMax + limits.readRoundsMax,
    },
  ]
}
