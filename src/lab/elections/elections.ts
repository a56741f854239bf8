/** The two elections: every member asks all higher ones, or candidates go around a ring. */
import { formatNodeId } from '../../core/ids.ts'
import { type BullyMessage, bully } from '../../protocols/bully/index.ts'
import type { RingMessage } from '../../protocols/ring-election/index.ts'
import { ringElection } from '../../protocols/ring-election/index.ts'
import { type Algorithm, defineAlgorithm, type NodeRange } from '../algorithm.ts'
import type { MessageWords } from '../recorder.ts'
import { ELECTION_LESSONS, ELECTION_PROPERTIES } from './election-lessons.ts'
import { ElectionSubject } from './election-subject.ts'

const NODES: NodeRange = {
  standard: 4,
  fewest: 1,
  most: 8,
  why: 'an election needs a member, and with more than 8 nobody can read who says what to whom',
}

export const bullyElection: Algorithm = defineAlgorithm<ElectionSubject<unknown>>({
  name: 'bully',
  summary: 'Bully election: the highest member that lives leads (Garcia-Molina 1982)',
  nodes: NODES,
  open: opening => new ElectionSubject(bully, bullyWords, opening) as ElectionSubject<unknown>,
  trouble: { crashes: true, settleMs: 4000 },
  lessons: ELECTION_LESSONS,
  properties: ELECTION_PROPERTIES,
})

export const ringElectionAlgorithm: Algorithm = defineAlgorithm<ElectionSubject<unknown>>({
  name: 'ring-election',
  summary: 'Ring election: candidates go around a circle, the highest comes through (Chang and Roberts 1979)',
  nodes: NODES,
  open: opening => new ElectionSubject(ringElection, ringWords, opening) as ElectionSubject<unknown>,
  trouble: { crashes: true, settleMs: 4000 },
  lessons: ELECTION_LESSONS,
  properties: ELECTION_PROPERTIES,
})

/** A leader says again and again that it leads. */
function bullyWords({ kind }: BullyMessage): MessageWords {
  return { kind, text: '', isRoutine: kind === 'coordinator' }
}

/** Every token is confirmed, and the leader's name goes around again and again. */
function ringWords(message: RingMessage): MessageWords {
  if (message.kind === 'arrived') return { kind: 'arrived', text: '', isRoutine: true }
  const { kind, candidate } = message
  return { kind, text: `candidate ${formatNodeId(candidate)}`, isRoutine: kind === 'elected' }
}
