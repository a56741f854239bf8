import { describeConsensus } from '../../consensus.conformance.ts'
import { paxos } from './index.ts'

describeConsensus(paxos)
