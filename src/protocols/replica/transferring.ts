/** Leadership handed over on purpose, so that nobody has to wait for a timeout (Ongaro's thesis §3.10). */
import { NOBODY, type NodeId } from '../../core/ids.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import type { ReplicaState } from './state.ts'

/** Whoever does not lead tells the leader. Nothing is promised: whoever asked looks who leads later. */
export function passOnTransfer(state: ReplicaState, to: NodeId): void {
  const { leader, ballot } = state
  if (leader !== NOBODY) state.send(leader, { type: 'transferRequest', ballot, to }, 'promise')
}

/** The leader means to hand over to this one, which may lead, and stops taking proposals until it has. */
export function beginTransfer({ id, leadership, now, electionUs }: ReplicaState, to: NodeId): void {
  if (to === id || leadership!.transfer?.to === to) return
  leadership!.transfer = { to, abortAt: (now + electionUs) as Instant, isTold: false }
}

/** "If leadership transfer does not complete after about an election timeout", it is called off. */
export function abortTransfer({ leadership, now }: ReplicaState): void {
  if (leadership?.transfer && now >= leadership.transfer.abortAt) leadership.transfer = undefined
}

export function transferDeadline({ leadership }: ReplicaState): Instant {
  return leadership?.transfer?.abortAt ?? NEVER
}
