/**
 * Proposals on their way to the leader. Whatever happens, their origin ends up with a committed entry, with a refusal
 * that it can rely on, or with an honest "unknown".
 */
import { NOBODY, type NodeId, type ProposalId } from '../../core/ids.ts'
import { bug, probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type { Objection, Proposal } from '../consensus.ts'
import { chunks, forwardBytes } from './forwards.ts'
import type { Change, Forward, ForwardedProposal, ForwardRefused } from './request.ts'
import type { ReplicaState } from './state.ts'

/** After so many election timeouts without a word the outcome of a forward is called unknown. */
const FORWARD_TIMEOUTS = 4

export function forwardCommands(state: ReplicaState, proposals: readonly Proposal[]): void {
  forward(
    state,
    proposals.map(({ id, command }) => ({ id, command, change: undefined })),
  )
}

export function forwardChange(
  state: ReplicaState,
  id: ProposalId,
  change: Change,
  context: Uint8Array,
): void {
  forward(state, [{ id, command: context, change }])
}

function forward(state: ReplicaState, proposals: readonly ForwardedProposal[]): void {
  const { leader, ballot, forwards } = state
  const { incarnation } = state.promised
  const giveUpAt = (state.now + FORWARD_TIMEOUTS * state.electionUs) as Instant
  for (const chunk of chunks(proposals, state.limits)) {
    if (leader === NOBODY || !forwards.admits(forwardBytes(chunk))) {
      for (const proposal of chunk) refuse(state, proposal, 'busy')
      continue
    }
    const sequence = forwards.begin(chunk, giveUpAt)
    state.send(leader, { type: 'forward', ballot, incarnation, sequence, proposals: chunk }, 'promise')
  }
}

/**
 * Whether this one is to deal with a forward, for the first and the only time. Only this incarnation's leaderships are
 * answered for: what a former one did with a copy of the message nobody remembers. Copies of what this one has dealt
 * with are ignored. What remains was surely never proposed anywhere, so that a refusal is true.
 */
export function isToBeTaken(state: ReplicaState, from: NodeId, message: Forward): boolean {
  if (state.firstLedBallot === undefined || message.ballot < state.firstLedBallot) return false
  return state.forwardWindow.take(from, message) || bug('forward-taken-twice')
}

export function refuseForward(
  state: ReplicaState,
  to: NodeId,
  { incarnation, sequence }: Forward,
  objection: Objection,
): void {
  probe('replica: a forwarded proposal was refused')
  state.send(to, { type: 'forwardRefused', ballot: state.ballot, incarnation, sequence, objection })
}

export function onForwardRefused(
  state: ReplicaState,
  { incarnation, sequence, objection }: ForwardRefused,
): void {
  if (incarnation !== state.promised.incarnation) return
  for (const proposal of state.forwards.refused(sequence)) refuse(state, proposal, objection)
}

/** What the own group asked for. Why a command was refused does not matter: it may be tried again. */
export function refuse(
  state: ReplicaState,
  { id, change }: Pick<ForwardedProposal, 'id' | 'change'>,
  objection: Objection,
): void {
  if (change === undefined) state.outbox.refused.push(id)
  else state.outbox.objected.push({ id, objection })
}
