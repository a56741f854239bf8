import { describeConsensus } from '../consensus.conformance.ts'
import { raft } from './index.ts'

describeConsensus(raft, { seeds: 30 })
