/** How full the windows and queues of a node are, against `limits.ts`. */
import type { Gauge } from '../../../core/gauge.ts'
import { commonGauges } from '../../replica/gauges.ts'
import type { PaxosState } from './state.ts'

export function gaugesOf(state: PaxosState): Gauge[] {
  const { leadership, limits, log } = state
  const gauges = [
    ...commonGauges(state),
    { name: 'paxos: bytes of open slots', value: log.openBytes, max: limits.openBytesMax },
  ]
  if (leadership === undefined) return gauges
  const { peers, queueBytes, nextSlot, campaign } = leadership
  let inflight = 0
  for (const { inflightCount } of peers.values()) inflight = Math.max(inflight, inflightCount)
  // What others know to be chosen is not open, though this one has yet to learn it.
  const open = Math.max(0, nextSlot - 1 - Math.max(log.chosen, campaign.chosen))
  return [
    ...gauges,
    { name: 'paxos: slots open at a time', value: open, max: state.configurations.alpha },
    { name: 'paxos: bytes that wait for a slot', value: queueBytes, max: limits.unchosenBytesMax },
    { name: 'paxos: proposals on their way to one', value: inflight, max: limits.inflightMessagesMax },
  ]
}
