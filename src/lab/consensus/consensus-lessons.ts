/** What goes wrong with a replicated log: Raft's, or Multi-Paxos's. */
import { NOBODY, type NodeId } from '../../core/ids.ts'
import type { Lesson } from '../algorithm.ts'
import type { Property } from '../property.ts'
import { type ConsensusSubject, ELECTION_MS, HEARTBEAT_MS } from './consensus-subject.ts'
import { nodeNames } from './consensus-words.ts'

type Group = ConsensusSubject<unknown>
type ConsensusLesson = Lesson<Group>

/** A decision comes within this time where a leader stands. */
const SOON_MS = 3 * HEARTBEAT_MS

/** What every node has applied is a beginning of what the one that has applied most has. */
function difference(group: Group): string | undefined {
  const logs = group.stage.ids.map(id => group.appliedAt(id))
  const longest = logs.toSorted((a, b) => b.length - a.length)[0]!
  for (const [place, log] of logs.entries()) {
    const at = log.findIndex((value, i) => value !== longest[i])
    if (at >= 0)
      return `node ${group.stage.ids[place]} has ${log[at]} at place ${at + 1}, another ${longest[at]}`
  }
  return undefined
}

export const AGREEMENT: Property<Group> = {
  name: 'agreement',
  says: 'no two nodes know different values as decided at one place of the log',
  promised: 'always',
  broken: difference,
}

export const LOG_PROPERTIES: readonly Property<Group>[] = [
  AGREEMENT,
  {
    name: 'one-leader-a-term',
    says: 'in one term, or ballot, nobody but one node ever leads',
    promised: 'always',
    broken: ({ leadersOf }) => {
      for (const [ballot, leaders] of leadersOf)
        if (leaders.size > 1) return `${nodeNames(leaders)} led in the same one (${ballot})`
      return undefined
    },
  },
  {
    name: 'one-leader-at-a-time',
    says: 'no two nodes take themselves for the leader at the same moment',
    promised: 'never',
    broken: ({ leaders }) =>
      leaders.length > 1 ? `${nodeNames(leaders)} both believe that they lead` : undefined,
  },
  {
    name: 'highest-id-leads',
    says: 'whoever is elected has the highest id of those who live',
    promised: 'never',
    broken: ({ leader, stage }) =>
      leader !== NOBODY && leader !== stage.alive.at(-1)
        ? `${leader} leads, and ${stage.alive.at(-1)} lives`
        : undefined,
  },
]

const none: ConsensusLesson = {
  name: 'none',
  teaches:
    'nothing goes wrong: a leader is elected, and what it is asked for is decided once a majority has it',
  isLate: false,
  play: group => {
    group.elects()
    group.applies(group.propose(group.leader), undefined, SOON_MS)
    const follower = group.stage.ids.find(id => id !== group.leader)
    if (follower === undefined) return
    group.stage.say('Whoever is asked and does not lead passes it on.')
    group.applies(group.propose(follower))
    group.stage.pass(SOON_MS)
  },
}

/** Two stand at one instant, do not hear each other, and each is the first whom half of the others hear. */
function standTogether(group: Group): void {
  const { stage } = group
  const [one, two, ...voters] = stage.ids as [NodeId, NodeId, ...NodeId[]]
  const half = Math.ceil(voters.length / 2)
  for (const id of voters) stage.crash(id)
  stage.pass(1)
  stage.pause(one)
  stage.pause(two)
  stage.cutOneWay(one, two)
  stage.cutOneWay(two, one)
  stage.slowBetween(one, voters.slice(half), SLOW_MS)
  stage.slowBetween(two, voters.slice(0, half), SLOW_MS)
  stage.pass(3 * ELECTION_MS)
  stage.say(
    `Nodes ${one} and ${two} have waited equally long. They do not hear each other; the others hear both.`,
  )
  for (const id of voters) stage.start(id)
  stage.resume(one)
  stage.resume(two)
  stage.pass(4 * SLOW_MS)
  stage.healNetwork()
  group.elects()
  group.applies(group.propose(group.leader))
  stage.pass(SOON_MS)
}

/** Longer than a message takes, and shorter than anybody waits. */
const SLOW_MS = 25

const splitVote: ConsensusLesson = {
  name: 'split-vote',
  teaches:
    'two candidates halve the votes of an even group: the term has no leader, and random time-outs end the tie',
  isLate: true,
  nodesMin: 4,
  play: standTogether,
}

const competingProposers: ConsensusLesson = {
  name: 'competing-proposers',
  teaches:
    'two proposers prepare ballots at once: acceptors promise the higher one, and the lower is given up',
  isLate: true,
  nodesMin: 4,
  play: standTogether,
}

const leaderCrash: ConsensusLesson = {
  name: 'leader-crash',
  teaches: 'the leader dies: another is elected, has all that was decided, and goes on',
  isLate: false,
  nodesMin: 3,
  play: group => {
    const { stage } = group
    group.elects()
    const first = group.leader
    group.applies(group.propose(first))
    stage.say('The leader dies right after it was asked for something else.')
    group.propose(first)
    stage.pass(1)
    stage.crash(first)
    group.elects()
    group.applies(group.propose(group.leader))
    stage.say('It comes back, and follows.')
    stage.start(first)
    group.applies(group.propose(group.leader))
    stage.pass(SOON_MS)
  },
}

const partition: ConsensusLesson = {
  name: 'partition',
  teaches:
    'the leader is cut off with a minority: that side decides nothing, the majority goes on without it',
  isLate: true,
  nodesMin: 3,
  play: group => {
    const { stage } = group
    group.elects()
    const cut = group.leader
    group.applies(group.propose(cut))
    stage.say('The leader is cut off. It is asked for something that it can no longer get decided.')
    stage.isolate(cut)
    group.propose(cut)
    stage.until(() => group.leader !== cut && group.leader !== NOBODY, 20 * ELECTION_MS)
    const rest = stage.alive.filter(id => id !== cut)
    const value = group.propose(group.leader)
    group.applies(value, rest)
    stage.say('The network is whole again: what the cut one had in its log alone gives way.')
    stage.healNetwork()
    group.applies(value, [cut])
    stage.pass(SOON_MS)
  },
}

const pausedLeader: ConsensusLesson = {
  name: 'paused-leader',
  teaches:
    'a leader that is paused is replaced, and still believes that it leads when it goes on: nobody follows it',
  isLate: true,
  nodesMin: 3,
  play: group => {
    const { stage } = group
    group.elects()
    const paused = group.leader
    stage.pause(paused)
    stage.until(() => group.leader !== paused && group.leader !== NOBODY, 20 * ELECTION_MS)
    group.applies(
      group.propose(group.leader),
      stage.alive.filter(id => id !== paused),
    )
    stage.say('It goes on, and is asked at once. A majority has moved on, so it decides nothing.')
    stage.resume(paused)
    group.propose(paused)
    stage.pass(3 * SOON_MS)
  },
}

const staleCandidate: ConsensusLesson = {
  name: 'stale-candidate',
  teaches: 'who lacks what was decided is not elected, however high its id and however long it has waited',
  isLate: true,
  nodesMin: 3,
  play: group => {
    const { stage } = group
    group.elects()
    const stale = stage.ids.filter(id => id !== group.leader).at(-1)!
    stage.say(`Node ${stale} is cut off, and misses what is decided meanwhile.`)
    stage.isolate(stale)
    const others = stage.ids.filter(id => id !== stale)
    group.applies(group.propose(group.leader), others)
    group.applies(group.propose(group.leader), others)
    const leader = group.leader
    stage.say(`It is back, and the leader dies. Of those who are left, node ${stale} lacks two decisions.`)
    stage.crash(leader)
    stage.healNetwork()
    group.elects()
    stage.start(leader)
    group.applies(group.propose(group.leader))
    stage.pass(SOON_MS)
  },
}

const slowMember: ConsensusLesson = {
  name: 'slow-member',
  teaches: 'one follower is slow: decisions wait for a majority, not for everybody',
  isLate: true,
  nodesMin: 3,
  play: group => {
    const { stage } = group
    group.elects()
    const slow = stage.ids.find(id => id !== group.leader)!
    stage.slow([slow], HEARTBEAT_MS)
    for (let times = 0; times < 3; times++) {
      group.propose(group.leader)
      stage.pass(HEARTBEAT_MS)
    }
    stage.pass(SOON_MS)
  },
}

const majorityLost: ConsensusLesson = {
  name: 'majority-lost',
  teaches: 'a majority dies: nothing is decided any more, and nothing is decided wrongly, until it is back',
  isLate: false,
  nodesMin: 3,
  play: group => {
    const { stage } = group
    group.elects()
    const value = group.propose(group.leader)
    group.applies(value)
    const dying = tooMany(stage.ids, group.leader)
    stage.say('Of all nodes fewer than a majority stay.')
    for (const id of dying) stage.crash(id)
    const asked = group.propose(group.leader === NOBODY ? stage.alive[0]! : group.leader)
    stage.pass(6 * ELECTION_MS)
    stage.say('They are back.')
    for (const id of dying) stage.start(id)
    group.elects()
    group.applies(asked, undefined, 4 * ELECTION_MS)
    group.applies(group.propose(group.leader))
  },
}

/** So many that no majority is left without them; the leader stays. */
function tooMany(ids: readonly NodeId[], leader: NodeId): NodeId[] {
  return ids.filter(id => id !== leader).slice(0, Math.ceil(ids.length / 2))
}

const lossyNetwork: ConsensusLesson = {
  name: 'lossy-network',
  teaches: 'messages are lost and doubled: what was not confirmed is said again, and is decided once',
  isLate: true,
  play: group => {
    const { stage } = group
    stage.loseSome(20)
    group.elects()
    for (let times = 0; times < 3; times++) {
      if (group.leader !== NOBODY) group.propose(group.leader)
      stage.pass(SOON_MS)
    }
    stage.healNetwork()
    group.elects()
    group.applies(group.propose(group.leader))
  },
}

const COMMON = [
  leaderCrash,
  partition,
  pausedLeader,
  staleCandidate,
  slowMember,
  majorityLost,
  lossyNetwork,
] as const

export const RAFT_LESSONS = [none, splitVote, ...COMMON] as const

export const PAXOS_LESSONS = [none, competingProposers, ...COMMON] as const
