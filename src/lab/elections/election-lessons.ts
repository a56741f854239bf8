/** What goes wrong in elections that ask nobody for a majority. */
import type { NodeId } from '../../core/ids.ts'
import type { Lesson } from '../algorithm.ts'
import type { Property } from '../property.ts'
import { ANSWER_MS, type ElectionSubject } from './election-subject.ts'

type ElectionLesson = Lesson<ElectionSubject<unknown>>

const names = (ids: readonly NodeId[]): string => ids.join(' and ')

export const ELECTION_PROPERTIES: readonly Property<ElectionSubject<unknown>>[] = [
  {
    name: 'highest-leads',
    says: 'in the end the highest that lives leads, and all know it',
    promised: 'unless-late',
    missing: subject => (subject.isAgreed ? undefined : `in the end: ${subject.conclude().join('; ')}`),
  },
  {
    name: 'one-leader',
    says: 'no two nodes take themselves for the leader at the same moment',
    promised: 'never',
    broken: ({ leaders }) => (leaders.length > 1 ? `${names(leaders)} both lead` : undefined),
  },
]

const none: ElectionLesson = {
  name: 'none',
  teaches: 'nothing goes wrong: the highest member leads, and all come to know it',
  isLate: false,
  play: subject => {
    subject.settle()
    subject.stage.pass(2 * ANSWER_MS)
  },
}

const leaderCrash: ElectionLesson = {
  name: 'leader-crash',
  teaches: 'the leader dies: its silence begins an election, and the highest that is left leads',
  isLate: false,
  play: subject => {
    subject.settle()
    subject.stage.say('The leader dies.')
    subject.stage.crash(subject.highest)
    subject.settle()
    subject.stage.pass(2 * ANSWER_MS)
  },
}

const leaderReturns: ElectionLesson = {
  name: 'leader-returns',
  teaches: 'a higher member that comes back takes over at once: until its word arrives, two nodes lead',
  isLate: false,
  play: subject => {
    const { stage } = subject
    subject.settle()
    const highest = subject.highest
    stage.say('The leader dies, and the others elect another.')
    stage.crash(highest)
    subject.settle()
    stage.say('It comes back.')
    stage.start(highest)
    stage.pass(ANSWER_MS)
    subject.settle()
  },
}

const partition: ElectionLesson = {
  name: 'partition',
  teaches:
    'the network parts: each side elects a leader of its own, for as long as that lasts. It is no lock',
  isLate: true,
  nodesMin: 2,
  play: subject => {
    const { stage } = subject
    subject.settle()
    stage.say('The network parts. Nobody can tell a dead process from one that cannot be reached.')
    stage.split()
    stage.until(() => subject.leaders.length > 1, 40 * ANSWER_MS)
    stage.pass(5 * ANSWER_MS)
    stage.say('The network is whole again.')
    stage.healNetwork()
    subject.settle()
    stage.pass(2 * ANSWER_MS)
  },
}

const pausedLeader: ElectionLesson = {
  name: 'paused-leader',
  teaches: 'a leader that is paused is replaced, and wakes up still believing that it leads',
  isLate: true,
  nodesMin: 2,
  play: subject => {
    const { stage } = subject
    subject.settle()
    const paused = subject.highest
    stage.say('The leader is paused: a long garbage collection, a virtual machine that is moved.')
    stage.pause(paused)
    stage.until(() => subject.leaders.length > 1, 40 * ANSWER_MS)
    stage.pass(2 * ANSWER_MS)
    stage.resume(paused)
    stage.pass(ANSWER_MS)
    subject.settle()
  },
}

const lossyNetwork: ElectionLesson = {
  name: 'lossy-network',
  teaches:
    'messages are lost and doubled: elections begin without need, and one leader is left once they arrive',
  isLate: true,
  play: subject => {
    const { stage } = subject
    stage.loseSome(30)
    stage.pass(12 * ANSWER_MS)
    stage.healNetwork()
    subject.settle()
    stage.pass(2 * ANSWER_MS)
  },
}

export const ELECTION_LESSONS = [
  none,
  leaderCrash,
  leaderReturns,
  partition,
  pausedLeader,
  lossyNetwork,
] as const
