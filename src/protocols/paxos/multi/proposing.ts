/**
 * Proposals: taken by the leader, forwarded to it by everybody else (`../../replica/forwarding.ts`). A proposal is
 * proposed in one slot and no other, by whoever recovers it too: once something else is chosen there, it is surely not
 * done.
 */
import type { EntryKind } from '../../../core/entry.ts'
import type { NodeId, ProposalId } from '../../../core/ids.ts'
import type { Proposal } from '../../consensus.ts'
import {
  forwardChange,
  forwardCommands,
  isToBeTaken,
  refuse,
  refuseForward,
} from '../../replica/forwarding.ts'
import { forwardBytes } from '../../replica/forwards.ts'
import type { Change, Forward, ForwardedProposal } from '../../replica/request.ts'
import type { TakenForward } from './leadership.ts'
import type { PaxosState } from './state.ts'

export function onPropose(state: PaxosState, proposals: readonly Proposal[]): void {
  if (!state.leadership) return forwardCommands(state, proposals)
  for (const { id, command } of proposals) {
    if (admits(state, command.length)) enqueue(state, state.id, { id, command, change: undefined }, undefined)
    else state.outbox.refused.push(id)
  }
}

export function onReconfigure(state: PaxosState, id: ProposalId, change: Change, context: Uint8Array): void {
  if (!state.leadership) return forwardChange(state, id, change, context)
  const wish = { id, command: context, change }
  if (admits(state, context.length) && !isChanging(state)) enqueue(state, state.id, wish, undefined)
  else refuse(state, wish, 'busy')
}

/** A leader that hands over accepts nothing: the other one is not to wait for what it proposes. */
function admits({ leadership, log, limits }: PaxosState, bytes: number): boolean {
  const { transfer, queueBytes } = leadership!
  return !transfer && log.openBytes + queueBytes + bytes <= limits.unchosenBytesMax
}

/** One wish at a time waits for its slot. */
function isChanging({ leadership }: PaxosState): boolean {
  return leadership!.queue.some(({ change }) => change !== undefined)
}

function enqueue(
  state: PaxosState,
  origin: NodeId,
  { id, command, change }: ForwardedProposal,
  taken: TakenForward | undefined,
): void {
  const { leadership } = state
  const kind: EntryKind = change === undefined ? 'command' : 'configuration'
  leadership!.queue.push({ kind, origin, id, data: command, change, forward: taken })
  if (change === undefined) leadership!.queueBytes += command.length
}

export function onForward(state: PaxosState, from: NodeId, message: Forward): void {
  if (!isToBeTaken(state, from, message)) return
  const { incarnation, sequence, proposals } = message
  const isChange = proposals.some(({ change }) => change !== undefined)
  const isTaken =
    state.leadership !== undefined &&
    admits(state, forwardBytes(proposals)) &&
    !(isChange && isChanging(state))
  if (!isTaken) return refuseForward(state, from, message, 'busy')
  const taken: TakenForward = { from, request: { incarnation, sequence }, isBegun: false }
  for (const proposal of proposals) enqueue(state, from, proposal, taken)
}
