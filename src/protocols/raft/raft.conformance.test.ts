import { describeConsensus } from '../consensus.conformance.ts'
import { raft } from './index.ts'

/** The 93rd seed installs a snapshot of a later term than the node's own. */
describeConsensus(raft, { seeds: 95 })
