/** The acceptor in phase 2 ("Paxos Made Simple" §2.2): every slot for itself, in whatever order proposals arrive. */
import { assert } from '../../../core/assert.ts'
import type { Entry } from '../../../core/entry.ts'
import { entryBytes } from '../../../core/entry.ts'
import { type Ballot, type Index, NOBODY, type NodeId } from '../../../core/ids.ts'
import { bug, probe } from '../../../core/seams.ts'
import { reject } from './campaigning.ts'
import { hearChosen } from './learning.ts'
import type { Accept } from './message.ts'
import { runsOf } from './slot-set.ts'
import type { PaxosState } from './state.ts'

/**
 * P1a: nothing of a lower ballot than the promised one. Whoever sends a higher one, or the same, leads: only who has
 * the promises of a majority proposes.
 */
export function heedLeader(state: PaxosState, from: NodeId, ballot: Ballot): boolean {
  state.see(ballot)
  if (ballot < state.ballot) {
    probe('paxos: a former leader was told of a higher ballot')
    reject(state, from, ballot)
    return false
  }
  assert(ballot > state.ballot || !state.leadership, 'a ballot belongs to one node')
  if (ballot > state.ballot || state.stance !== 'follower') state.becomeFollower(ballot, from)
  state.follow(from)
  state.leaderHeardAt = state.now
  state.restartElectionTimer()
  return true
}

/** Phase 2b. */
export function onAccept(state: PaxosState, from: NodeId, { ballot, chosen, entries }: Accept): void {
  if (!heedLeader(state, from, ballot)) return
  for (const entry of entries) accept(state, entry)
  hearChosen(state, from, ballot, chosen)
}

function accept(state: PaxosState, entry: Entry): void {
  const { log, limits } = state
  const { index, ballot } = entry
  // What is chosen cannot be anything else: it is as good as accepted.
  if (index > log.chosen && log.ballotAt(index) !== ballot) {
    if (log.openBytes + entryBytes(entry) > limits.openBytesMax) return
    const isEarly = index > log.chosen + 1 && log.ballotAt((index - 1) as Index) !== ballot
    if (isEarly) probe('paxos: a slot was accepted before the one that comes before it')
    log.put(entry)
  }
  state.acceptedSlots.push(index)
}

/** At the end of a step: everything that was accepted in it is said at once, when it is durable. */
export function acknowledge(state: PaxosState): void {
  const { acceptedSlots, leader, ballot } = state
  if (acceptedSlots.length === 0) return
  state.acceptedSlots = []
  if (leader === NOBODY || state.heard.ballot !== ballot) return
  const gate = bug('paxos-accepted-before-durable') ? 'none' : 'log'
  state.send(leader, { type: 'accepted', ballot, runs: runsOf(acceptedSlots) }, gate)
}
