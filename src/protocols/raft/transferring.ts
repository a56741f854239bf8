/** Leadership transfer (thesis §3.10). */
import { NOBODY, type NodeId } from '../../core/ids.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import { isVoter } from './configuration.ts'
import type { RaftState } from './raft-state.ts'

/** Anybody may be asked; the leader is told. Nothing is promised: whoever asked looks who leads later. */
export function onTransferLeader(state: RaftState, to: NodeId): void {
  const { leadership, leader, ballot } = state
  if (leadership) {
    if (to === state.id || !isVoter(state.configuration, to) || !leadership.progress.has(to)) return
    if (leadership.transfer?.to === to) return
    const abortAt = (state.now + state.electionUs) as Instant
    leadership.transfer = { to, abortAt, told: false }
  } else if (leader !== NOBODY) {
    state.send(leader, { type: 'transferRequest', ballot, to }, 'promise')
  }
}

/** Once the target has everything, it is told to campaign. The leader goes on until somebody else leads. */
export function advanceTransfer(state: RaftState): void {
  const { leadership } = state
  const transfer = leadership?.transfer
  if (!leadership || !transfer || transfer.told) return
  if (leadership.progress.get(transfer.to)?.match !== state.log.lastIndex) return
  transfer.told = true
  state.send(transfer.to, { type: 'timeoutNow', ballot: state.ballot })
}

/** Thesis §3.10: "if leadership transfer does not complete after about an election timeout", it is called off. */
export function abortTransfer(state: RaftState): void {
  if (state.leadership && state.now >= transferDeadline(state)) state.leadership.transfer = undefined
}

export function transferDeadline(state: RaftState): Instant {
  return state.leadership?.transfer?.abortAt ?? NEVER
}
