/**
 * Proposals: appended by the leader, forwarded to it by everybody else. Whatever happens, their origin ends
 * up with a committed entry, with a refusal that it can rely on, or with an honest "unknown".
 */
import { NOBODY, type NodeId, type ProposalId } from '../../core/ids.ts'
import { bug, probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type { Objection, Proposal } from '../consensus.ts'
import { chunks, forwardBytes } from '../replica/forwards.ts'
import type { Change, ForwardedProposal } from '../replica/request.ts'
import { appendOwn } from './leading.ts'
import type { Forward, ForwardRefused } from './message.ts'
import type { RaftState } from './raft-state.ts'
import { reconfigure } from './reconfiguring.ts'

/** After so many election timeouts without a word the outcome of a forward is called unknown. */
const FORWARD_TIMEOUTS = 4

export function onPropose(state: RaftState, proposals: readonly Proposal[]): void {
  if (!state.leadership) {
    return forward(
      state,
      proposals.map(({ id, command }) => ({ id, command, change: undefined })),
    )
  }
  for (const { id, command } of proposals) {
    if (admits(state, command.length)) appendOwn(state, 'command', command, state.id, id)
    else state.outbox.refused.push(id)
  }
}

export function onReconfigure(state: RaftState, id: ProposalId, change: Change, context: Uint8Array): void {
  if (!state.leadership) return forward(state, [{ id, command: context, change }])
  const objection = reconfigure(state, change, context, state.id, id)
  if (objection) state.outbox.objected.push({ id, objection })
}

/** A leader that hands over accepts nothing, or the other one would never catch up (thesis §3.10). */
function admits(state: RaftState, bytes: number): boolean {
  const { transfer, uncommittedBytes } = state.leadership!
  return !transfer && uncommittedBytes + bytes <= state.limits.uncommittedBytesMax
}

function forward(state: RaftState, proposals: readonly ForwardedProposal[]): void {
  const { leader, ballot, forwards } = state
  const { incarnation } = state.promised
  const giveUpAt = (state.now + FORWARD_TIMEOUTS * state.electionUs) as Instant
  for (const chunk of chunks(proposals, state.limits)) {
    const bytes = chunk.reduce((sum, { command }) => sum + command.length, 0)
    if (leader === NOBODY || !forwards.admits(bytes)) {
      for (const { id, change } of chunk) drop(state, id, change, 'busy')
      continue
    }
    const sequence = forwards.begin(chunk, giveUpAt)
    state.send(leader, { type: 'forward', ballot, incarnation, sequence, proposals: chunk }, 'promise')
  }
}

/**
 * Only this incarnation's leaderships are answered for: what a former one did with a copy of the message
 * nobody remembers. Copies of what this one has dealt with are ignored. What remains was surely never
 * appended anywhere, so that a refusal is true.
 */
export function onForward(state: RaftState, from: NodeId, message: Forward): void {
  if (state.firstLedBallot === undefined || message.ballot < state.firstLedBallot) return
  if (!state.forwardWindow.take(from, message) && !bug('forward-taken-twice')) return
  if (!state.leadership || !admits(state, forwardBytes(message.proposals))) {
    return refuse(state, from, message, 'busy')
  }
  for (const { id, command, change } of message.proposals) {
    const objection = change && reconfigure(state, change, command, from, id)
    if (objection) return refuse(state, from, message, objection)
    if (!change) appendOwn(state, 'command', command, from, id)
  }
}

function refuse(
  state: RaftState,
  to: NodeId,
  { incarnation, sequence }: Forward,
  objection: Objection,
): void {
  probe('raft: a forwarded proposal was refused')
  state.send(to, { type: 'forwardRefused', ballot: state.ballot, incarnation, sequence, objection })
}

export function onForwardRefused(
  state: RaftState,
  { incarnation, sequence, objection }: ForwardRefused,
): void {
  if (incarnation !== state.promised.incarnation) return
  for (const { id, change } of state.forwards.refused(sequence)) drop(state, id, change, objection)
}

function drop(state: RaftState, id: ProposalId, change: Change | undefined, objection: Objection): void {
  if (change) state.outbox.objected.push({ id, objection })
  else state.outbox.refused.push(id)
}
