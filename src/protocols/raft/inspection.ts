/** What a node can be asked about itself, between steps: its role, its invariants, one line for people. */
import { assert } from '../../core/assert.ts'
import { formatNodeId, NOBODY, type NodeId } from '../../core/ids.ts'
import type { Role } from '../consensus.ts'
import { isVoter } from './configuration.ts'
import type { RaftState } from './raft-state.ts'

export function roleOf({ stance, configuration, id }: RaftState): Role {
  if (stance === 'leader') return 'leader'
  if (stance !== 'follower') return 'candidate'
  return isVoter(configuration, id) ? 'follower' : 'learner'
}

/** Asserts what must hold between any two steps. */
export function checkState(state: RaftState): void {
  const { log, commitIndex, applying, leadership, stance, configurations, promised, id, leader } = state
  log.check()
  assert(applying.applied <= applying.emitted, 'only what was handed out is applied')
  assert(applying.emitted <= commitIndex, 'only committed entries are handed out')
  assert(applying.emitted <= log.durableIndex, 'only durable entries are handed out')
  assert(commitIndex <= log.lastIndex, 'what is committed is in the log')
  assert(log.base.index <= applying.emitted, 'the log forgets only what was handed out')
  assert(log.lastBallot <= promised.ballot, 'no entry is newer than the term')
  assert(configurations.currentIndex <= log.lastIndex, 'the configuration in force is in the log')
  assert((stance === 'leader') === (leadership !== undefined), 'exactly leaders have a leadership')
  assert((stance === 'leader') === (leader === id), 'a leader knows that it leads, and nobody else does')
  assert(stance !== 'candidate' || promised.vote === id, 'a candidate votes for itself')
  if (!leadership) return
  assert(leadership.ballot === promised.ballot, 'a leadership lasts for one term')
  assert(promised.vote === id, 'a leader has voted for itself')
  assert(leadership.uncommittedBytes >= 0, 'uncommitted bytes add up')
  assert(commitIndex === log.lastIndex || log.lastBallot === promised.ballot, 'a leader appends only its own')
  for (const progress of leadership.progress.values()) progress.check(log.lastIndex)
}

export function describeState(state: RaftState): string {
  const { id, promised, leader, log, commitIndex, applying, leadership, configuration } = state
  const { voters, outgoing, learners } = configuration
  const joint = outgoing.length > 0 ? `+${names(outgoing)}` : ''
  const line = [
    formatNodeId(id).padStart(2),
    stanceOf(state).padEnd(13),
    `term ${promised.ballot}`.padEnd(8),
    `vote ${name(promised.vote)}`.padEnd(7),
    `lead ${name(leader)}`.padEnd(7),
    `log ${log.base.index}..${log.lastIndex}@${log.lastBallot}`.padEnd(14),
    `durable ${log.durableIndex}`.padEnd(11),
    `commit ${commitIndex}`.padEnd(10),
    `applied ${applying.applied}`.padEnd(11),
    `voters ${names(voters)}${joint}${learners.length > 0 ? `/${names(learners)}` : ''}`,
  ]
  if (leadership) {
    for (const [peer, { state: standing, match, next }] of leadership.progress) {
      line.push(`${formatNodeId(peer)}:${standing} ${match}<${next}`)
    }
  }
  return line.join(' ')
}

function stanceOf(state: RaftState): string {
  if (state.inquiries) return 'inquiring'
  if (state.stance === 'preCandidate') return 'pre-candidate'
  return state.stance === 'candidate' ? 'candidate' : roleOf(state)
}

function name(id: NodeId): string {
  return id === NOBODY ? '-' : formatNodeId(id)
}

function names(ids: readonly NodeId[]): string {
  return ids.length === 0 ? '-' : ids.map(formatNodeId).join(',')
}
