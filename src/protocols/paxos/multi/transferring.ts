/** Leadership handed over on purpose, so that nobody has to wait for a timeout. */
import { NOBODY, type NodeId } from '../../../core/ids.ts'
import { type Instant, NEVER } from '../../../core/time.ts'
import type { PaxosState } from './state.ts'

/** Anybody may be asked; the leader is told. Nothing is promised: whoever asked looks who leads later. */
export function onTransferLeader(state: PaxosState, to: NodeId): void {
  const { leadership, leader, ballot } = state
  if (leadership) {
    if (to === state.id || !state.voters.includes(to) || !leadership.peers.has(to)) return
    if (leadership.transfer?.to === to) return
    const abortAt = (state.now + state.electionUs) as Instant
    leadership.transfer = { to, abortAt, isTold: false }
  } else if (leader !== NOBODY) {
    state.send(leader, { type: 'transferRequest', ballot, to }, 'promise')
  }
}

/**
 * Once nothing is open and the target knows of it, it is told to take over: it could do so at any time, but then
 * would have to learn first. The leader goes on until somebody else leads.
 */
export function advanceTransfer(state: PaxosState): void {
  const leadership = state.leadership!
  const { transfer, nextSlot } = leadership
  if (!transfer || transfer.isTold) return
  const peer = leadership.peers.get(transfer.to)
  if (peer === undefined || state.frontier !== nextSlot || peer.accepted.through < state.log.chosen) return
  transfer.isTold = true
  state.send(transfer.to, { type: 'handOver', ballot: state.ballot })
}

/** If it does not come about in the time that an attempt takes, it is called off. */
export function abortTransfer(state: PaxosState): void {
  if (state.leadership && state.now >= transferDeadline(state)) state.leadership.transfer = undefined
}

export function transferDeadline(state: PaxosState): Instant {
  return state.leadership?.transfer?.abortAt ?? NEVER
}
