/** Changes to a cluster that turn the verdict on its stall, and what it must be then. */
import type { NodeId } from '../../../core/ids.ts'
import type { Random } from '../../../core/prng.ts'
import type { StallCause } from '../liveness.ts'
import type { Operator } from './mutants.ts'
import { type Cluster, damage, isQuorum, type Member, PARTS } from './stall-model.ts'

function changeCore(cluster: Cluster, change: (member: Member) => Member): Cluster {
  const members = cluster.members.map(member => (cluster.core.includes(member.id) ? change(member) : member))
  return { ...cluster, members }
}

/** All that was committed and nothing else, whole. */
function perfect(member: Member, committed: readonly number[]): Member {
  const cells = committed.map((ballot, index) => (index === 0 ? undefined : { ballot, good: true }))
  return { id: member.id, keepsPromises: true, stateIndex: 0, damagedParts: [], cells }
}

/** One voter of the core has a damaged entry beyond the committed ones, the others never had it. */
function damagedTail(cluster: Cluster, random: Random): Cluster | undefined {
  const voters = cluster.voterSets[0]!
  if (cluster.voterSets.length > 1 || voters.length % 2 === 0) return undefined
  const core: NodeId[] = []
  for (const voter of voters) if (!isQuorum(voters, core)) core.push(voter)
  const holder = core[random.below(core.length)]
  const tail = { ballot: cluster.committed.at(-1)! + 1, good: false }
  return changeCore({ ...cluster, core }, member => {
    const whole = perfect(member, cluster.committed)
    return member.id === holder ? { ...whole, cells: [...whole.cells, tail] } : whole
  })
}

export const STALL_OPERATORS: readonly Operator<Cluster, 'failure' | StallCause>[] = [
  {
    name: 'voters that forget their ballots, until no quorum is left',
    breaks: 'who lost its promises must not vote',
    violation: 'noQuorum',
    mutate: (cluster, random) =>
      changeCore(cluster, member => {
        const voters = cluster.voterSets[random.below(cluster.voterSets.length)]!
        return voters.includes(member.id) || cluster.voterSets.length > 1
          ? { ...member, keepsPromises: false }
          : member
      }),
  },
  {
    name: 'a core without its last voter',
    breaks: 'a quorum is more than half of every set',
    violation: 'noQuorum',
    mutate(cluster) {
      const voters = cluster.voterSets[0]!
      const least = Math.floor(voters.length / 2)
      const core = cluster.core.filter(id => !voters.includes(id)).concat(voters.slice(0, least))
      return { ...cluster, core }
    },
  },
  {
    name: 'the last good copy of a committed entry',
    breaks: 'what was promised must be there to go on',
    violation: 'entryLost',
    mutate(cluster, random) {
      const index = 1 + random.below(cluster.committed.length - 1)
      return changeCore(cluster, member => {
        const cells = member.cells.map((cell, i) => (i === index && cell ? { ...cell, good: false } : cell))
        return { ...member, cells, stateIndex: 0, damagedParts: [] }
      })
    },
  },
  {
    name: 'the same part of every state',
    breaks: 'a state with a hole covers nothing',
    violation: 'stateLost',
    mutate(cluster, random) {
      const part = PARTS[random.below(PARTS.length)]!
      const index = cluster.committed.length - 1
      return changeCore(cluster, member => {
        const cells = member.cells.map((cell, i) => (i <= index ? undefined : cell))
        return { ...member, cells, stateIndex: index, damagedParts: [part] }
      })
    },
  },
  {
    name: 'a damaged entry of which the core cannot tell',
    breaks: 'what may have been committed is not thrown away',
    violation: 'undecidable',
    mutate: damagedTail,
  },
  {
    name: 'the same, and one voter more who never had it',
    breaks: 'enough denials settle what an entry was',
    violation: 'failure',
    mutate(cluster, random) {
      const stuck = damagedTail(cluster, random)
      if (stuck === undefined) return undefined
      const core = stuck.voterSets[0]!
      const members = stuck.members.map(member =>
        core.includes(member.id) && !stuck.core.includes(member.id)
          ? perfect(member, cluster.committed)
          : member,
      )
      return { ...stuck, core, members }
    },
  },
  {
    name: 'damage everywhere, and one good copy of everything in the core',
    breaks: 'one good copy in a quorum is enough to go on',
    violation: 'failure',
    mutate(cluster, random) {
      const broken = damage(cluster, random)
      const keeper = cluster.core[random.below(cluster.core.length)]!
      const last = cluster.committed.length - 1
      return changeCore(broken, member => {
        if (member.id === keeper) return perfect(member, cluster.committed)
        return { ...member, keepsPromises: true, cells: member.cells.slice(0, last + 1) }
      })
    },
  },
]
