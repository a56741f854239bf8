/**
 * Changes of a roster, as pure functions: the roster before, and the change to ask the group for or why there is none.
 * Each names the version that it was made from, so that of two changes made at the same time one is made again.
 */
import type { NodeId } from '../../core/ids.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { ConfigurationChange } from '../proposals.ts'
import { MEMBER_BYTES_MAX, MEMBERS_MAX } from './limits.ts'
import { memberOf, NO_LIFE, type Roster, type RosterMember, UNKNOWN_MEMBER, writeRoster } from './roster.ts'

export type RosterChange =
  | { readonly kind: 'change'; readonly change: ConfigurationChange; readonly context: Uint8Array }
  | { readonly kind: 'impossible'; readonly reason: RosterProblem }
  /** It is so already. */
  | { readonly kind: 'nothing' }

export type RosterProblem =
  | 'memberExists'
  | 'memberNotFound'
  | 'memberRemoved'
  | 'urlTaken'
  | 'notLearner'
  | 'tooManyLearners'
  | 'tooLarge'

export interface NewMember {
  readonly id: NodeId
  readonly peerUrls: readonly string[]
  readonly isLearner: boolean
  /** Of a learner: it is to vote as soon as it has caught up. */
  readonly isToVote: boolean
}

export function addMember(roster: Roster, member: NewMember, learnersMax: number): RosterChange {
  const { id, peerUrls, isLearner } = member
  if (roster.removed.includes(id)) return impossible('memberRemoved')
  if (memberOf(roster, id)) return impossible('memberExists')
  if (isAnyTaken(roster, peerUrls, id)) return impossible('urlTaken')
  const learners = roster.members.filter(other => other.isLearner).length
  if (isLearner && learners >= learnersMax) return impossible('tooManyLearners')
  if (roster.members.length >= MEMBERS_MAX) return impossible('tooLarge')
  return changed(roster, [...roster.members, { ...UNKNOWN_MEMBER, ...member, life: NO_LIFE }])
}

export function removeMember(roster: Roster, id: NodeId): RosterChange {
  return withMember(roster, id, () =>
    changed(
      roster,
      roster.members.filter(member => member.id !== id),
      [...roster.removed, id],
    ),
  )
}

export function moveMember(roster: Roster, id: NodeId, peerUrls: readonly string[]): RosterChange {
  if (memberOf(roster, id) && isAnyTaken(roster, peerUrls, id)) return impossible('urlTaken')
  return replaced(roster, id, member => ({ ...member, peerUrls }))
}

export function promoteMember(roster: Roster, id: NodeId): RosterChange {
  return withMember(roster, id, ({ isLearner }) => {
    if (!isLearner) return impossible('notLearner')
    return replaced(roster, id, member => ({ ...member, isLearner: false, isToVote: false }))
  })
}

/** What a member says of itself when it has started. Of one that no roster ever named, its peer URLs too. */
export function publishMember(
  roster: Roster,
  id: NodeId,
  about: Pick<RosterMember, 'name' | 'peerUrls' | 'clientUrls'>,
): RosterChange {
  const { name, clientUrls } = about
  return withMember(roster, id, ({ peerUrls, ...before }) => {
    const isSame = before.name === name && before.clientUrls.join() === clientUrls.join()
    if (isSame && peerUrls.length > 0) return { kind: 'nothing' }
    const urls = peerUrls.length > 0 ? peerUrls : about.peerUrls
    return replaced(roster, id, member => ({ ...member, name, clientUrls, peerUrls: urls }))
  })
}

/** Says for good on which empty directory a member that was added begins; of another one, nothing changes. */
export function beginMember(roster: Roster, id: NodeId, life: bigint): RosterChange {
  return withMember(roster, id, member => {
    if (member.life !== NO_LIFE) return { kind: 'nothing' }
    return replaced(roster, id, one => ({ ...one, life }))
  })
}

function withMember(
  roster: Roster,
  id: NodeId,
  change: (member: RosterMember) => RosterChange,
): RosterChange {
  const member = memberOf(roster, id)
  if (member) return change(member)
  return impossible(roster.removed.includes(id) ? 'memberRemoved' : 'memberNotFound')
}

function replaced(roster: Roster, id: NodeId, change: (member: RosterMember) => RosterMember): RosterChange {
  return withMember(roster, id, () =>
    changed(
      roster,
      roster.members.map(member => (member.id === id ? change(member) : member)),
    ),
  )
}

function changed(
  roster: Roster,
  members: readonly RosterMember[],
  removed: readonly NodeId[] = roster.removed,
): RosterChange {
  if (members.some(isTooLong)) return impossible('tooLarge')
  const voters = members.filter(({ isLearner }) => !isLearner).map(({ id }) => id)
  const learners = members.filter(({ isLearner }) => isLearner).map(({ id }) => id)
  const change = { membership: { voters, learners }, basis: roster.version }
  return { kind: 'change', change, context: writeRoster({ members, removed }) }
}

function isTooLong({ name, peerUrls, clientUrls }: RosterMember): boolean {
  return utf8Bytes([name, ...peerUrls, ...clientUrls].join()).length > MEMBER_BYTES_MAX
}

function isAnyTaken({ members }: Roster, urls: readonly string[], by: NodeId): boolean {
  return members.some(({ id, peerUrls }) => id !== by && peerUrls.some(url => urls.includes(url)))
}

function impossible(reason: RosterProblem): RosterChange {
  return { kind: 'impossible', reason }
}
