/** Proposals: appended by the leader, forwarded to it by everybody else (`../replica/forwarding.ts`). */
import type { NodeId, ProposalId } from '../../core/ids.ts'
import type { Proposal } from '../consensus.ts'
import { forwardChange, forwardCommands, isToBeTaken, refuseForward } from '../replica/forwarding.ts'
import { forwardBytes } from '../replica/forwards.ts'
import type { Change, Forward } from '../replica/request.ts'
import { appendOwn } from './leading.ts'
import type { RaftState } from './raft-state.ts'
import { reconfigure } from './reconfiguring.ts'

export function onPropose(state: RaftState, proposals: readonly Proposal[]): void {
  if (!state.leadership) return forwardCommands(state, proposals)
  for (const { id, command } of proposals) {
    if (admits(state, command.length)) appendOwn(state, 'command', command, state.id, id)
    else state.outbox.refused.push(id)
  }
}

export function onReconfigure(state: RaftState, id: ProposalId, change: Change, context: Uint8Array): void {
  if (!state.leadership) return forwardChange(state, id, change, context)
  const objection = reconfigure(state, change, context, state.id, id)
  if (objection) state.outbox.objected.push({ id, objection })
}

/** A leader that hands over accepts nothing, or the other one would never catch up (thesis §3.10). */
function admits(state: RaftState, bytes: number): boolean {
  const { transfer, uncommittedBytes } = state.leadership!
  return !transfer && uncommittedBytes + bytes <= state.limits.uncommittedBytesMax
}

export function onForward(state: RaftState, from: NodeId, message: Forward): void {
  if (!isToBeTaken(state, from, message)) return
  if (!state.leadership || !admits(state, forwardBytes(message.proposals))) {
    return refuseForward(state, from, message, 'busy')
  }
  for (const { id, command, change } of message.proposals) {
    const objection = change && reconfigure(state, change, command, from, id)
    if (objection) return refuseForward(state, from, message, objection)
    if (!change) appendOwn(state, 'command', command, from, id)
  }
}
