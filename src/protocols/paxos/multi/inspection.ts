/** What a node can be asked about itself, between steps: its role, its invariants, one line for people. */
import { assert } from '../../../core/assert.ts'
import { formatNodeId, NOBODY, type NodeId } from '../../../core/ids.ts'
import type { Role } from '../../consensus.ts'
import { formatBallot } from '../ballot.ts'
import { firstSlotOf } from './configuration.ts'
import type { PaxosState } from './state.ts'

export function roleOf({ stance, voters, id }: PaxosState): Role {
  if (stance === 'leader') return 'leader'
  if (stance !== 'follower') return 'candidate'
  return voters.includes(id) ? 'follower' : 'learner'
}

/** Asserts what must hold between any two steps. */
export function checkState(state: PaxosState): void {
  const { log, applying, leadership, campaign, stance, promised, id, leader, configurations } = state
  log.check()
  assert(applying.applied <= applying.emitted, 'only what was handed out is applied')
  assert(applying.emitted <= log.chosen, 'only what is chosen is handed out')
  assert(log.base.index <= applying.emitted, 'the log forgets only what was handed out')
  const isKnown = configurations.isKnownAt(log.chosen)
  assert(
    !isKnown || configurations.newest.chosenAt <= log.chosen,
    'a configuration is chosen before anybody heeds it',
  )
  assert(isKnown || stance === 'follower', 'who was merely told of a configuration proposes nothing')
  assert((stance === 'leader') === (leadership !== undefined), 'exactly leaders have a leadership')
  assert((stance === 'leader') === (leader === id), 'a leader knows that it leads, and nobody else does')
  assert(
    (campaign !== undefined) === (stance === 'canvassing' || stance === 'preparing'),
    'exactly who attempts has an attempt',
  )
  assert(stance !== 'preparing' || campaign!.ballot === promised.ballot, 'a proposer promises its own ballot')
  for (const { ballot } of log.openFrom(state.frontier)) {
    assert(ballot <= promised.ballot, 'P1a: nothing was accepted beyond the promise')
  }
  if (!leadership) return
  assert(leadership.ballot === promised.ballot, 'a leadership lasts for one ballot')
  assert(
    leadership.nextSlot <= Math.max(log.chosen, leadership.campaign.chosen) + configurations.alpha + 1,
    'no more slots are open than somebody can know who votes in',
  )
  for (const { sent } of leadership.peers.values()) {
    assert(sent < leadership.nextSlot || sent <= log.chosen, 'only what was proposed is sent')
  }
}

export function describeState(state: PaxosState): string {
  const { id, promised, leader, log, applying, leadership, configurations } = state
  const { newest } = configurations
  const pending =
    firstSlotOf(newest) > state.frontier ? `>${names(newest.voters)}@${firstSlotOf(newest)}` : ''
  const { learners } = newest
  const line = [
    formatNodeId(id).padStart(2),
    (state.inquiries ? 'inquiring' : stanceOf(state)).padEnd(10),
    `promised ${formatBallot(promised.ballot)}`.padEnd(14),
    `lead ${name(leader)}`.padEnd(7),
    `base ${log.base.index}`.padEnd(7),
    `chosen ${log.chosen}`.padEnd(10),
    `open ${describeOpen(state)}`.padEnd(12),
    `applied ${applying.applied}`.padEnd(11),
    `voters ${names(state.voters)}${pending}${learners.length > 0 ? `/${names(learners)}` : ''}`,
  ]
  if (promised.floor > log.chosen) line.push(`floor ${promised.floor}`)
  if (leadership) {
    line.push(`next ${leadership.nextSlot}`)
    for (const [peer, { accepted, sent }] of leadership.peers) {
      line.push(`${formatNodeId(peer)}:${accepted.through}${accepted.hasGaps ? '+' : ''}<${sent}`)
    }
  }
  return line.join(' ')
}

/** How many slots behind the chosen ones, and the last of them. */
function describeOpen({ log }: PaxosState): string {
  return log.openCount === 0 ? '-' : `${log.openCount}..${log.last}`
}

function stanceOf(state: PaxosState): string {
  return state.stance === 'follower' ? roleOf(state) : state.stance
}

function name(id: NodeId): string {
  return id === NOBODY ? '-' : formatNodeId(id)
}

function names(ids: readonly NodeId[]): string {
  return ids.length === 0 ? '-' : ids.map(formatNodeId).join(',')
}
