/**
 * Changes of membership ("Paxos Made Simple" §3): chosen like anything else, and in force alpha slots later. A leader
 * proposes one only when everything before its slot is known to be chosen, and the one before it is in force. So a
 * configuration that anybody may have accepted was built on what nobody can change any more.
 *
 * Two waits see to it that nothing is lost with those who leave. Nothing is proposed behind a configuration before that
 * is known to be chosen: so whoever has accepted anything behind it can tell that it was, though it may not know
 * (`inquiries.ts`). And nothing is proposed in the first slot where others vote before a majority of them knows,
 * durably, that everything before is chosen: so once anything is chosen there, they can go on alone.
 */
import { type Index, NOBODY, type NodeId } from '../../../core/ids.ts'
import { probe } from '../../../core/seams.ts'
import type { Objection } from '../../consensus.ts'
import { refuse } from '../../replica/forwarding.ts'
import {
  type Configuration,
  encodeConfiguration,
  firstSlotOf,
  membersOf,
  planChange,
  votesAtOnce,
} from './configuration.ts'
import { isMajority } from './configurations.ts'
import type { Waiting } from './leadership.ts'
import { issueNew } from './leading.ts'
import type { PaxosState } from './state.ts'

/** Whether the next slot may decide who votes further on. */
export function mayDecideMembership(state: PaxosState): boolean {
  const { nextSlot } = state.leadership!
  const isSettled = firstSlotOf(state.configurations.newest) <= nextSlot
  return nextSlot === state.frontier && isSettled
}

/** Whether nothing may be proposed in this slot yet, for the sake of a change of who votes. */
export function mustWaitForChange(state: PaxosState, slot: Index): boolean {
  const { log, configurations } = state
  const { newest } = configurations
  if (votesAtOnce(newest)) return false
  if (state.leadership!.changesAt > log.chosen) return true
  const first = firstSlotOf(newest)
  if (slot < first || log.chosen >= first || newest.voters.join() === newest.before.voters.join())
    return false
  const isWaiting = !isMajority(newest.voters, id => knowsDurably(state, id, first - 1))
  if (isWaiting) probe('paxos: a leader waited until those who stay could go on alone')
  return isWaiting
}

/** Beats are answered by what is durable: `learnChosen` writes down that the last slot of a configuration is chosen. */
function knowsDurably(state: PaxosState, id: NodeId, slot: number): boolean {
  const { leadership, chosenWritten, promiseChanged } = state
  if (id !== state.id) return (leadership!.peers.get(id)?.chosen ?? 0) >= slot
  return chosenWritten >= slot && !promiseChanged && state.tokenOf('promise') === undefined
}

/** Proposes the change in the next slot, or says what there is against it. */
export function takeChange(state: PaxosState, waiting: Waiting): void {
  const { change, data, origin, id, forward } = waiting
  const { nextSlot } = state.leadership!
  const { newest } = state.configurations
  if (change!.basis !== undefined && change!.basis !== newest.version)
    return object(state, waiting, 'outdated')
  const next = planChange(newest, change!.membership, data, nextSlot)
  if (next === undefined) return object(state, waiting, 'invalid')
  if (!arePromotedInSync(state, next)) return object(state, waiting, 'behind')
  if (forward !== undefined) forward.isBegun = true
  issueNew(state, 'configuration', encodeConfiguration(next), origin, id)
}

/** Whoever is to vote must know what is chosen, but for as much as may be open: or it would be missing at once. */
function arePromotedInSync(state: PaxosState, next: Configuration): boolean {
  const { peers } = state.leadership!
  const { newest, alpha } = state.configurations
  const promoted = newest.learners.filter(id => id !== state.id && next.voters.includes(id))
  return promoted.every(id => (peers.get(id)?.chosen ?? 0) + alpha >= state.log.chosen)
}

/** Refuses what waits for a slot: nothing of it was proposed. */
export function object(state: PaxosState, { id, change, forward }: Waiting, objection: Objection): void {
  if (forward !== undefined) {
    const { from, request } = forward
    state.send(from, { type: 'forwardRefused', ballot: state.ballot, objection, ...request })
  } else {
    refuse(state, { id, change }, objection)
  }
}

/**
 * Once something was chosen under a configuration, those who left with it are told so, or they would stay for ever;
 * then, or when they have been silent for as long as an attempt takes, they hear no more. A leader without a vote hands
 * over.
 */
export function releaseTheDeparted(state: PaxosState): void {
  const leadership = state.leadership!
  const { newest } = state.configurations
  const firstSlot = firstSlotOf(newest)
  if (state.log.chosen < firstSlot) return
  const staying = membersOf(newest)
  let isWaiting = false
  for (const [id, peer] of leadership.peers) {
    if (staying.includes(id)) continue
    const isSilent = peer.heardAt + state.electionUs <= state.now
    if (isSilent || peer.chosen >= firstSlot) leadership.peers.delete(id)
    else isWaiting = true
  }
  if (!isWaiting && !newest.voters.includes(state.id)) stepAside(state)
}

function stepAside(state: PaxosState): void {
  const { peers } = state.leadership!
  let successor: NodeId = NOBODY
  let most = -1
  for (const id of state.voters) {
    const known = peers.get(id)?.accepted.through ?? -1
    if (known <= most) continue
    successor = id
    most = known
  }
  probe('paxos: a leader that left handed over')
  if (successor !== NOBODY) state.send(successor, { type: 'handOver', ballot: state.ballot })
  state.becomeFollower(state.ballot, NOBODY)
}
