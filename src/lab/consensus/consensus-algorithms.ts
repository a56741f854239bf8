/** Raft, Multi-Paxos, and the Synod, which is Paxos for a single decision. */
import type { Ballot } from '../../core/ids.ts'
import { formatBallot } from '../../protocols/paxos/ballot.ts'
import { synod as synodProtocol } from '../../protocols/paxos/index.ts'
import { paxos as paxosProtocol } from '../../protocols/paxos/multi/index.ts'
import { raft as raftProtocol } from '../../protocols/raft/index.ts'
import { type Algorithm, defineAlgorithm, type NodeRange } from '../algorithm.ts'
import { LOG_PROPERTIES, PAXOS_LESSONS, RAFT_LESSONS } from './consensus-lessons.ts'
import { ConsensusSubject } from './consensus-subject.ts'
import { paxosWords, raftWords, synodWords } from './consensus-words.ts'
import { SYNOD_LESSONS, SYNOD_PROPERTIES } from './synod-lessons.ts'

type Group = ConsensusSubject<unknown>

const NODES: NodeRange = {
  standard: 3,
  fewest: 1,
  most: 9,
  why: 'a group needs a member, and more than 9 nodes are too many to read',
}

export const raft: Algorithm = defineAlgorithm<Group>({
  name: 'raft',
  summary: 'Raft: a replicated log with a strong leader (Ongaro and Ousterhout 2014)',
  nodes: NODES,
  open: opening =>
    new ConsensusSubject(
      { protocol: raftProtocol, words: raftWords, describe: withoutId, ballotName: term, decidesOnce: false },
      opening,
    ) as Group,
  trouble: { crashes: true, settleMs: 2000 },
  lessons: RAFT_LESSONS,
  properties: LOG_PROPERTIES,
})

export const paxos: Algorithm = defineAlgorithm<Group>({
  name: 'paxos',
  summary: 'Multi-Paxos: a replicated log of which every slot is a decision of its own (Lamport 1998)',
  nodes: NODES,
  open: opening =>
    new ConsensusSubject(
      {
        protocol: paxosProtocol,
        words: paxosWords,
        describe: withoutId,
        ballotName: ballot,
        decidesOnce: false,
      },
      opening,
    ) as Group,
  trouble: { crashes: true, settleMs: 2000 },
  lessons: PAXOS_LESSONS,
  properties: LOG_PROPERTIES,
})

export const synod: Algorithm = defineAlgorithm<Group>({
  name: 'synod',
  summary: 'Paxos for a single decision: proposers, acceptors, learners (Lamport 2001)',
  nodes: NODES,
  open: opening =>
    new ConsensusSubject(
      {
        protocol: synodProtocol,
        words: synodWords,
        describe: line => line,
        ballotName: ballot,
        decidesOnce: true,
      },
      opening,
    ) as Group,
  trouble: { crashes: true, settleMs: 2000 },
  lessons: SYNOD_LESSONS,
  properties: SYNOD_PROPERTIES,
})

/** Their line begins with who they are, which stands beside it anyway. */
function withoutId(line: string): string {
  return line.replace(/^ *\S+ /, '')
}

function term(ballot: number): string {
  return `term ${ballot}`
}

function ballot(number: number): string {
  return `ballot ${formatBallot(number as Ballot)}`
}
