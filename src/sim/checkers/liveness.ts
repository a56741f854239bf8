/**
 * A core of members was healed, everybody else was left as broken as they were, and nothing moves. Is that a
 * failure, or could no protocol have done better?
 *
 * A stall is legitimate in these cases and in no others:
 *  1. The voters of the core that still know what they promised (ballots, votes) are no quorum. One that lost its
 *     promises must not vote: it could contradict what it said before.
 *  2. A committed entry has no good copy in the core, neither in a log nor in a state that covers it. Going on
 *     without it would lose what was promised.
 *  3. A damaged entry beyond the committed ones may have been committed, as far as the core can know, and has no
 *     good copy in the core. It can be given up only when so many voters surely never held it that no quorum can
 *     ("Protocol-Aware Recovery for Consensus-Based Storage", FAST'18; Viewstamped Replication's and TigerBeetle's
 *     nacks). Voters outside the core, and damaged ones, may have held it.
 *
 * Judged from the truth that the simulator knows, and from what a protocol could find out; how it repairs is its
 * own affair. Copies of learners count: who is in the core can be read from.
 */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import { at, damagedBeyond, findMissing, type MemberDisk, type Run, wholeStateIndex } from './good-copies.ts'

export interface Stall {
  /** A quorum is a majority of every set: one set, or two while membership changes. */
  readonly voterSets: readonly (readonly NodeId[])[]
  /** Who was healed, learners included. */
  readonly core: readonly NodeId[]
  /** What was committed, whoever knows of it: contiguous from index 1. */
  readonly committed: readonly Run[]
  /** Of every member of the core. */
  readonly disks: ReadonlyMap<NodeId, MemberDisk>
}

export type StallVerdict =
  /** A quorum could have made progress with what it has: the run fails. */
  | { readonly kind: 'failure'; readonly reason: string }
  | { readonly kind: 'legitimate'; readonly cause: StallCause; readonly reason: string }

export type StallCause =
  /** Case 1. */
  | 'noQuorum'
  /** Case 2, and no state of the core ever covered the entry. */
  | 'entryLost'
  /** Case 2, and a state of the core that covered the entry is damaged. */
  | 'stateLost'
  /** Case 3. */
  | 'undecidable'

export function judgeStall(stall: Stall): StallVerdict {
  return withoutQuorum(stall) ?? withoutCopy(stall) ?? undecidable(stall) ?? couldMove(stall)
}

function couldMove({ core, committed }: Stall): StallVerdict {
  const last = committed.at(-1)?.to ?? 0
  const copies = last === 0 ? 'nothing was promised yet' : `hold good copies of all entries up to ${last}`
  return {
    kind: 'failure',
    reason: `${namesOf(core)} could make progress: they are a quorum, and ${copies}`,
  }
}

function withoutQuorum({ voterSets, core, disks }: Stall): StallVerdict | undefined {
  for (const voters of voterSets) {
    const present = voters.filter(voter => core.includes(voter))
    const able = present.filter(voter => disks.get(voter)!.promises === 'kept')
    if (able.length >= quorum(voters)) continue
    const forgot = present.length - able.length
    const why = forgot === 0 ? '' : `; ${forgot} more lost what they promised and must not vote`
    const count = `of ${voters.length} voters ${able.length} in the core can vote${why}`
    const reason = `${count}: a quorum needs ${quorum(voters)}`
    return { kind: 'legitimate', cause: 'noQuorum', reason }
  }
  return undefined
}

function withoutCopy(stall: Stall): StallVerdict | undefined {
  const disks = disksOf(stall)
  const state = wholeStateIndex(disks)
  const lost = findMissing(disks, stall.committed, state)
  if (lost === undefined) return undefined
  const broken = disks.filter(disk => disk.state.index >= lost)
  const first = `the committed entry ${lost} has no good copy in any log of the core`
  if (broken.length === 0) {
    const reason = `${first}, and its states reach ${state} at most`
    return { kind: 'legitimate', cause: 'entryLost', reason }
  }
  const parts = broken.map(({ state: { index, damaged } }) => `${damaged.join(', ')} at ${index}`)
  const reason = `${first}, and states that cover it are damaged: ${parts.join('; ')}`
  return { kind: 'legitimate', cause: 'stateLost', reason }
}

function undecidable(stall: Stall): StallVerdict | undefined {
  const disks = disksOf(stall)
  const last = stall.committed.at(-1)?.to ?? 0
  for (const { index, ballot } of damagedBeyond(disks, last)) {
    // A good copy of a later ballot tells too: whoever wrote it knew what was committed here.
    const isKnown = disks.some(disk => {
      const held = at(disk, index)
      return held?.condition === 'good' && held.ballot >= ballot
    })
    if (isKnown || !mayBeCommitted(stall, index, ballot)) continue
    const reason =
      `entry ${index} of ballot ${ballot} is damaged on every member of the core that has it, ` +
      'and the others are too few to tell that it was never committed'
    return { kind: 'legitimate', cause: 'undecidable', reason }
  }
  return undefined
}

/** Whether all who cannot deny that they held this entry would have been enough to commit it. */
function mayBeCommitted({ voterSets, core, disks }: Stall, index: number, ballot: number): boolean {
  const denies = (voter: NodeId): boolean => {
    const disk = core.includes(voter) ? disks.get(voter) : undefined
    if (disk?.promises !== 'kept') return false
    const held = at(disk, index)
    return held === undefined || (held.condition === 'good' && held.ballot !== ballot)
  }
  return voterSets.every(voters => voters.filter(voter => !denies(voter)).length >= quorum(voters))
}

function disksOf({ core, disks }: Stall): MemberDisk[] {
  return core.map(member => disks.get(member)!)
}

function quorum(voters: readonly NodeId[]): number {
  return Math.floor(voters.length / 2) + 1
}

function namesOf(members: readonly NodeId[]): string {
  return members.map(formatNodeId).join(', ')
}
