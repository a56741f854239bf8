/** The three ways to commit: what each promises is what its properties say. */
import { type Algorithm, defineAlgorithm, type NodeRange } from '../algorithm.ts'
import { COMMIT_LESSONS, commitProperties } from './commit-lessons.ts'
import { CommitSubject } from './commit-subject.ts'

const NODES: NodeRange = {
  standard: 3,
  fewest: 2,
  most: 9,
  why: 'a transaction needs a coordinator and a participant, and more than 9 nodes are too many to read',
}

export const twoPhaseCommit: Algorithm = defineAlgorithm({
  name: 'two-phase-commit',
  summary: 'Two-phase commit: all or none; waits while nobody who could decide is up (Gray 1978)',
  nodes: NODES,
  open: opening => new CommitSubject('two-phase', opening),
  trouble: { crashes: true, settleMs: 3000 },
  lessons: COMMIT_LESSONS,
  properties: commitProperties('always'),
})

export const threePhaseCommit: Algorithm = defineAlgorithm({
  name: 'three-phase-commit',
  summary: 'Three-phase commit: waits for nobody who is down; wrong where a network parts (Skeen 1981)',
  nodes: NODES,
  open: opening => new CommitSubject('three-phase', opening),
  trouble: { crashes: true, settleMs: 3000 },
  lessons: COMMIT_LESSONS,
  properties: commitProperties('unless-late'),
})

export const replicatedCommit: Algorithm = defineAlgorithm({
  name: 'replicated-commit',
  summary:
    'Commit with a decision that consensus keeps: neither waits nor errs (after Gray and Lamport 2006)',
  nodes: {
    ...NODES,
    fewest: 3,
    why: 'the register needs a majority without the coordinator, and more than 9 nodes are too many to read',
  },
  open: opening => new CommitSubject('replicated', opening),
  trouble: { crashes: true, settleMs: 3000 },
  lessons: COMMIT_LESSONS,
  properties: commitProperties('always'),
})
