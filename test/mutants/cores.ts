/** Every core of the laboratory, with its mutants. */
import type { MutatedCore } from './mutant.ts'
import { CLOCKS } from './planted/clocks.ts'
import { THREE_PHASE_COMMIT, TWO_PHASE_COMMIT } from './planted/commit.ts'
import { BULLY, RING_ELECTION } from './planted/elections.ts'
import { GOSSIP } from './planted/gossip.ts'
import { LAB } from './planted/lab.ts'
import { PAXOS, SYNOD } from './planted/paxos.ts'
import { PHI_ACCRUAL } from './planted/phi-accrual.ts'
import { PLACEMENT } from './planted/placement.ts'
import { RAFT } from './planted/raft.ts'
import { SWIM } from './planted/swim.ts'

export const CORES: readonly MutatedCore[] = [
  RAFT,
  PAXOS,
  SYNOD,
  SWIM,
  GOSSIP,
  PHI_ACCRUAL,
  BULLY,
  RING_ELECTION,
  TWO_PHASE_COMMIT,
  THREE_PHASE_COMMIT,
  CLOCKS,
  PLACEMENT,
  LAB,
]
