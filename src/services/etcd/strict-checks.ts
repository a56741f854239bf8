/**
 * etcd's strict checks of a change of membership (`--strict-reconfig-check`), to the letter of its server: none of them
 * is needed for safety. They refuse a change after which the cluster could not serve because members that count are not
 * there: an operator who adds a second voter with a wrong URL to a cluster of one could never take it back.
 */
import type { NodeId } from '../../core/ids.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { isStarted, memberOf, type Roster } from '../../replication/roster/roster.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'
import { CONNECTED_FOR_MS } from './limits.ts'

/** What the member that is asked knows of its connections. */
export interface Connections {
  readonly self: NodeId
  readonly now: Instant
  reachableSince(id: NodeId): Instant | undefined
}

export function mayAdd(roster: Roster, isLearner: boolean, connections: Connections): EtcdError | undefined {
  const voters = votersOf(roster)
  // The newcomer counts, and has not started.
  if (!isLearner && !isEnough(startedIn(roster), voters.length + 1)) return EtcdErrors.notEnoughStartedMembers
  const isWhole = connected(voters, connections) === voters.length
  return isWhole ? undefined : EtcdErrors.unhealthyCluster
}

export function mayRemove(roster: Roster, id: NodeId, connections: Connections): EtcdError | undefined {
  const member = memberOf(roster, id)
  if (member?.isLearner) return undefined
  const voters = votersOf(roster)
  const left = roster.members.filter(each => each.id !== id && !each.isLearner)
  const started = left.filter(isStarted).length
  if (started < majority(left.length)) return EtcdErrors.notEnoughStartedMembers
  // One that is down takes no part in what works now.
  if (id !== connections.self && connections.reachableSince(id) === undefined) return undefined
  const isHealthy = connected(voters, connections) - 1 >= majority(voters.length - 1)
  return isHealthy ? undefined : EtcdErrors.unhealthyCluster
}

export function mayPromote(roster: Roster): EtcdError | undefined {
  // The learner counts as started: it could not have caught up.
  const started = startedIn(roster) + 1
  const isEnoughStarted = started >= majority(votersOf(roster).length + 1)
  return isEnoughStarted ? undefined : EtcdErrors.notEnoughStartedMembers
}

/** A cluster of one may take a second voter, though the two need each other then: else it could never grow. */
function isEnough(started: number, voters: number): boolean {
  return started >= majority(voters) || (started === 1 && voters === 2)
}

export function votersOf({ members }: Roster): readonly NodeId[] {
  return members.filter(({ isLearner }) => !isLearner).map(({ id }) => id)
}

function startedIn({ members }: Roster): number {
  return members.filter(member => !member.isLearner && isStarted(member)).length
}

/** How many have been in touch for a while; the member that is asked always is. */
function connected(ids: readonly NodeId[], { self, now, reachableSince }: Connections): number {
  const before = addMs(now, -CONNECTED_FOR_MS)
  return ids.filter(id => id === self || (reachableSince(id) ?? now) <= before).length
}

function majority(count: number): number {
  return Math.floor(count / 2) + 1
}
