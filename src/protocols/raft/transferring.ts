/** Leadership transfer (thesis §3.10): when a follower may take over. */
import type { NodeId } from '../../core/ids.ts'
import { beginTransfer, passOnTransfer } from '../replica/transferring.ts'
import { isVoter } from './configuration.ts'
import type { RaftState } from './raft-state.ts'

/** Anybody may be asked. */
export function onTransferLeader(state: RaftState, to: NodeId): void {
  const { leadership, configuration } = state
  if (!leadership) passOnTransfer(state, to)
  else if (isVoter(configuration, to) && leadership.progress.has(to)) beginTransfer(state, to)
}

/** Once the target has everything, it is told to campaign. The leader goes on until somebody else leads. */
export function advanceTransfer(state: RaftState): void {
  const { progress, transfer } = state.leadership!
  if (!transfer || transfer.isTold) return
  if (progress.get(transfer.to)?.match !== state.log.lastIndex) return
  transfer.isTold = true
  state.send(transfer.to, { type: 'timeoutNow', ballot: state.ballot })
}
