/** From what is chosen to what the group applies. */
import type { Entry } from '../../../core/entry.ts'
import type { Index } from '../../../core/ids.ts'
import { buggify, probe } from '../../../core/seams.ts'
import type { ConsensusEffect } from '../../consensus.ts'
import type { PaxosMessage } from './message.ts'
import type { PaxosState } from './state.ts'

/**
 * Hands out what is chosen and durable here, in slices. Not while a snapshot is being installed: the store could apply
 * it and then be replaced by an older state (etcd issue 18055).
 */
export function handOut(state: PaxosState, out: ConsensusEffect<PaxosMessage>[]): void {
  const { applying, log, installing } = state
  const { emitted, entriesLeft, bytesLeft } = applying
  if (installing !== undefined || emitted >= log.chosen || entriesLeft === 0 || bytesLeft === 0) return
  const countMax = buggify('paxos: what is chosen is handed out one by one') ? 1 : entriesLeft
  const end = log.durableFrom(emitted, countMax)
  if (end <= emitted) return
  const entries = log.slice((emitted + 1) as Index, (end + 1) as Index, bytesLeft, countMax)
  let bytes = 0
  for (const entry of entries) {
    bytes += entry.data.length
    settle(state, entry)
  }
  const last = entries.at(-1)!.index
  applying.emit(last, bytes)
  const isMore = last < log.chosen && log.isDurable((last + 1) as Index)
  const awaited = isMore || applying.entriesLeft === 0 || applying.bytesLeft === 0
  out.push({ kind: 'committed', entries, awaited })
}

/** What this slot says about what was proposed here. */
function settle({ forwards, issued, outbox, id }: PaxosState, { index, origin, proposal }: Entry): void {
  if (forwards.size > 0 && origin === id) forwards.committed(proposal)
  const own = issued.get(index)
  if (own === undefined) return
  issued.delete(index)
  // Something else was chosen in the only slot that it was ever proposed in.
  if (origin === id && own === proposal) return
  probe('paxos: a proposal was surely not chosen')
  outbox.refused.push(own)
}
