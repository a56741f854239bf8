/** How full the windows and queues of a node are, against `limits.ts`. */
import type { Gauge } from '../../core/gauge.ts'
import { commonGauges } from '../replica/gauges.ts'
import type { RaftState } from './raft-state.ts'

export function gaugesOf(state: RaftState): Gauge[] {
  const { leadership, limits } = state
  const gauges = commonGauges(state)
  if (leadership === undefined) return gauges
  let inflight = 0
  for (const each of leadership.progress.values()) inflight = Math.max(inflight, each.inflightCount)
  return [
    ...gauges,
    {
      name: 'raft: bytes not committed',
      value: leadership.uncommittedBytes,
      max: limits.uncommittedBytesMax,
    },
    { name: 'raft: appends on their way to one', value: inflight, max: limits.inflightMessagesMax },
  ]
}
