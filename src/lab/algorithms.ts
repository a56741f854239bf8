/** What the laboratory has, in the order of its list. */
import type { Algorithm } from './algorithm.ts'
import { hybridClock, lamportClock, vectorClock } from './clocks/clock-algorithms.ts'
import { replicatedCommit, threePhaseCommit, twoPhaseCommit } from './commit/commitments.ts'
import { paxos, raft, synod } from './consensus/consensus-algorithms.ts'
import { bullyElection, ringElectionAlgorithm } from './elections/elections.ts'
import { phiAccrual } from './failure-detector/phi-accrual.ts'
import { gossip } from './membership/gossip.ts'
import { swim } from './membership/swim.ts'
import { consistentHashing } from './placement/consistent-hashing.ts'

export const ALGORITHMS: readonly Algorithm[] = [
  raft,
  paxos,
  synod,
  swim,
  gossip,
  phiAccrual,
  bullyElection,
  ringElectionAlgorithm,
  twoPhaseCommit,
  threePhaseCommit,
  replicatedCommit,
  lamportClock,
  vectorClock,
  hybridClock,
  consistentHashing,
]

export function algorithmNamed(name: string): Algorithm | undefined {
  return ALGORITHMS.find(algorithm => algorithm.name === name)
}
