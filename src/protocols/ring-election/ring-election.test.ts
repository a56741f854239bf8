import { electionConformance } from '../election.conformance.ts'
import { ringElection } from './index.ts'

electionConformance(ringElection, 3600, new URL('./testdata/', import.meta.url))
