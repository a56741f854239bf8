import { electionConformance } from '../election.conformance.ts'
import { bully } from './index.ts'

electionConformance(bully, 1200, new URL('./testdata/', import.meta.url))
