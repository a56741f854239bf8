/** What the laboratory has, in the order of its list. */
import type { Algorithm } from './algorithm.ts'
import { replicatedCommit, threePhaseCommit, twoPhaseCommit } from './commit/commitments.ts'
import { paxos, raft, synod } from './consensus/consensus-algorithms.ts'
import { bullyElection, ringElectionAlgorithm } from './elections/elections.ts'
import { phiAccrual } from './failure-detector/phi-accrual.ts'

export const ALGORITHMS: readonly Algorithm[] = [
  raft,
  paxos,
  synod,
  phiAccrual,
  bullyElection,
  ringElectionAlgorithm,
  twoPhaseCommit,
  threePhaseCommit,
  replicatedCommit,
]

export function algorithmNamed(name: string): Algorithm | undefined {
  return ALGORITHMS.find(algorithm => algorithm.name === name)
}
