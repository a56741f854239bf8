/** From what is committed to what the group applies. */
import { entryBytes } from '../../core/entry.ts'
import type { Index } from '../../core/ids.ts'
import { bug, buggify } from '../../core/seams.ts'
import type { ConsensusEffect } from '../consensus.ts'
import type { RaftMessage } from './message.ts'
import type { RaftState } from './raft-state.ts'

/**
 * Hands out what is committed and durable here, in slices. Not while a snapshot is being installed: the store could
 * apply it and then be replaced by an older state (etcd issue 18055).
 */
export function handOut(state: RaftState, out: ConsensusEffect<RaftMessage>[]): void {
  const { applying, commitIndex, log, installing, forwards, displaced, outbox, id } = state
  const end = Math.min(commitIndex, log.durableIndex)
  if (installing !== undefined && !bug('snapshot-over-newer')) return
  if (applying.emitted >= end) return
  if (applying.entriesLeft === 0 || applying.bytesLeft === 0) return
  const from = (applying.emitted + 1) as Index
  const countMax = buggify('raft: what is committed is handed out one by one') ? 1 : applying.entriesLeft
  const entries = log.slice(from, (end + 1) as Index, applying.bytesLeft, countMax)
  let bytes = 0
  for (const entry of entries) {
    bytes += entryBytes(entry)
    if (forwards.size > 0 && entry.origin === id) forwards.committed(entry.proposal)
  }
  const last = entries.at(-1)!.index
  if (displaced.size > 0) outbox.refused.push(...displaced.refusedBy(last, index => log.ballotAt(index)))
  applying.emit(last, bytes)
  const awaited = last < end || applying.entriesLeft === 0 || applying.bytesLeft === 0
  out.push({ kind: 'committed', entries, awaited })
}
