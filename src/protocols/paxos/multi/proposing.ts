/**
 * Proposals: taken by the leader, forwarded to it by everybody else. Whatever happens, their origin ends up with a
 * chosen entry, with a refusal that it can rely on, or with an honest "unknown". A proposal is proposed in one slot and
 * no other, by whoever recovers it too: once something else is chosen there, it is surely not done.
 */
import type { EntryKind } from '../../../core/entry.ts'
import { NOBODY, type NodeId, type ProposalId } from '../../../core/ids.ts'
import { probe } from '../../../core/seams.ts'
import type { Instant } from '../../../core/time.ts'
import type { Objection, Proposal } from '../../consensus.ts'
import { chunks, forwardBytes } from '../../replica/forwards.ts'
import type { Change, ForwardedProposal } from '../../replica/request.ts'
import type { TakenForward } from './leadership.ts'
import type { Forward, ForwardRefused } from './message.ts'
import type { PaxosState } from './state.ts'

/** After so many election timeouts without a word the outcome of a forward is called unknown. */
const FORWARD_TIMEOUTS = 4

export function onPropose(state: PaxosState, proposals: readonly Proposal[]): void {
  if (!state.leadership) {
    return forward(
      state,
      proposals.map(({ id, command }) => ({ id, command, change: undefined })),
    )
  }
  for (const { id, command } of proposals) {
    if (admits(state, command.length)) enqueue(state, state.id, { id, command, change: undefined }, undefined)
    else state.outbox.refused.push(id)
  }
}

export function onReconfigure(state: PaxosState, id: ProposalId, change: Change, context: Uint8Array): void {
  const wish = { id, command: context, change }
  if (!state.leadership) forward(state, [wish])
  else if (admits(state, context.length) && !isChanging(state)) enqueue(state, state.id, wish, undefined)
  else drop(state, wish, 'busy')
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

function forward(state: PaxosState, proposals: readonly ForwardedProposal[]): void {
  const { leader, ballot, forwards } = state
  const { incarnation } = state.promised
  const giveUpAt = (state.now + FORWARD_TIMEOUTS * state.electionUs) as Instant
  for (const chunk of chunks(proposals, state.limits)) {
    if (leader === NOBODY || !forwards.admits(forwardBytes(chunk))) {
      for (const proposal of chunk) drop(state, proposal, 'busy')
      continue
    }
    const sequence = forwards.begin(chunk, giveUpAt)
    state.send(leader, { type: 'forward', ballot, incarnation, sequence, proposals: chunk }, 'promise')
  }
}

/**
 * Only this incarnation's leaderships are answered for: what a former one did with a copy of the message nobody
 * remembers. Copies of what this one has dealt with are ignored. What remains was surely never proposed, so that a
 * refusal is true.
 */
export function onForward(state: PaxosState, from: NodeId, message: Forward): void {
  if (state.firstLedBallot === undefined || message.ballot < state.firstLedBallot) return
  const { incarnation, sequence, proposals } = message
  if (!state.forwardWindow.take(from, message)) return
  const isChange = proposals.some(({ change }) => change !== undefined)
  const isTaken =
    state.leadership !== undefined &&
    admits(state, forwardBytes(proposals)) &&
    !(isChange && isChanging(state))
  if (!isTaken) {
    probe('paxos: a forwarded proposal was refused')
    return state.send(from, {
      type: 'forwardRefused',
      ballot: state.ballot,
      incarnation,
      sequence,
      objection: 'busy',
    })
  }
  const taken: TakenForward = { from, request: { incarnation, sequence }, isBegun: false }
  for (const proposal of proposals) enqueue(state, from, proposal, taken)
}

export function onForwardRefused(
  state: PaxosState,
  { incarnation, sequence, objection }: ForwardRefused,
): void {
  if (incarnation !== state.promised.incarnation) return
  for (const proposal of state.forwards.refused(sequence)) drop(state, proposal, objection)
}

function drop(state: PaxosState, { id, change }: ForwardedProposal, objection: Objection): void {
  if (change === undefined) state.outbox.refused.push(id)
  else state.outbox.objected.push({ id, objection })
}
