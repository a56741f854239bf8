import { describeConsensus } from '../consensus.conformance.ts'
import { synod } from './index.ts'

describeConsensus(synod, { decidesOnce: true })
