/** Leadership handed over on purpose: when a member may take over. */
import type { NodeId } from '../../../core/ids.ts'
import { beginTransfer, passOnTransfer } from '../../replica/transferring.ts'
import type { PaxosState } from './state.ts'

/** Anybody may be asked. */
export function onTransferLeader(state: PaxosState, to: NodeId): void {
  const { leadership, voters } = state
  if (!leadership) passOnTransfer(state, to)
  else if (voters.includes(to) && leadership.peers.has(to)) beginTransfer(state, to)
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
