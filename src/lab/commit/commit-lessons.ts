/** What goes wrong in the middle of a transaction. Messages take 10 ms, so that faults can strike between two. */
import type { Lesson } from '../algorithm.ts'
import type { Property } from '../property.ts'
import type { Promised } from '../recording.ts'
import { BLOCKED_MS, type CommitSubject, TIMEOUT_MS } from './commit-subject.ts'

type CommitLesson = Lesson<CommitSubject>

/** The votes are said, and have not arrived. */
const VOTES_UNDER_WAY_MS = 16

/** @param agreement when it is promised: that is what the three ways differ in */
export function commitProperties(agreement: Promised): readonly Property<CommitSubject>[] {
  return [
    {
      name: 'agreement',
      says: 'no two nodes finish one transaction differently, and its caller is told what it came to',
      promised: agreement,
      broken: subject => subject.contradiction,
    },
    {
      name: 'legitimacy',
      says: 'what somebody refused is not committed',
      promised: 'always',
      broken: subject => subject.illegitimate,
    },
    {
      name: 'progress',
      says: `nobody who lives waits longer than ${BLOCKED_MS} ms to be told what becomes of its locks`,
      promised: 'never',
      broken: subject => subject.blocked(),
    },
  ]
}

const none: CommitLesson = {
  name: 'none',
  teaches: 'nothing goes wrong: all vote yes, and all commit',
  isLate: false,
  play: subject => {
    subject.begin()
    subject.stage.pass(2 * TIMEOUT_MS)
  },
}

const refusal: CommitLesson = {
  name: 'refusal',
  teaches: 'one participant cannot prepare: all abort',
  isLate: false,
  play: subject => {
    subject.refusers.add(subject.stage.ids.at(-1)!)
    subject.begin()
    subject.stage.pass(2 * TIMEOUT_MS)
  },
}

const coordinatorCrash: CommitLesson = {
  name: 'coordinator-crash-after-prepare',
  teaches:
    'the coordinator dies while the votes are under way: in two phases nobody else can know, and all wait for it',
  isLate: false,
  play: subject => {
    const { stage, coordinator } = subject
    subject.begin()
    stage.pass(VOTES_UNDER_WAY_MS)
    stage.say('All have prepared. The coordinator dies before the votes reach it.')
    stage.crash(coordinator)
    stage.pass(BLOCKED_MS + 3 * TIMEOUT_MS)
    stage.say('It comes back, and knows nothing of the transaction that it had not decided.')
    stage.start(coordinator)
    stage.pass(6 * TIMEOUT_MS)
  },
}

const decisionToOne: CommitLesson = {
  name: 'coordinator-crash-after-decision',
  teaches:
    'the decision reaches one participant, then the coordinator dies: the one who knows tells the others',
  isLate: true,
  nodesMin: 3,
  play: subject => {
    const { stage, coordinator, participants } = subject
    const [first, ...others] = participants
    const transaction = subject.begin()
    stage.until(() => subject.uncertainAt(first!).length > 0, TIMEOUT_MS)
    stage.pass(6)
    for (const id of others) stage.cutOneWay(coordinator, id)
    stage.until(() => subject.endAt(first!, transaction) !== undefined, 3 * TIMEOUT_MS)
    stage.say(`Node ${first} knows the decision, and nobody else does. The coordinator dies.`)
    stage.crash(coordinator)
    stage.healNetwork()
    stage.pass(8 * TIMEOUT_MS)
  },
}

const partitionInPrecommit: CommitLesson = {
  name: 'partition-in-precommit',
  teaches:
    'one participant knows that all voted yes when the network parts: three phases then end in two ways',
  isLate: true,
  nodesMin: 3,
  play: subject => {
    const { stage, coordinator, participants } = subject
    const [first, ...others] = participants
    subject.begin()
    stage.pass(VOTES_UNDER_WAY_MS)
    for (const id of others) stage.cutOneWay(coordinator, id)
    stage.pass(VOTES_UNDER_WAY_MS + 1)
    stage.say(
      `What follows the votes can reach node ${first} alone. The coordinator dies, and the network parts.`,
    )
    stage.crash(coordinator)
    stage.partition([first!], others)
    stage.pass(BLOCKED_MS + 3 * TIMEOUT_MS)
    stage.say('The network is whole again, and the coordinator comes back.')
    stage.healAll()
    stage.pass(8 * TIMEOUT_MS)
  },
}

const participantCrash: CommitLesson = {
  name: 'participant-crash',
  teaches: 'a participant dies after its yes: it may not forget it, and asks when it comes back',
  isLate: false,
  play: subject => {
    const { stage, participants } = subject
    subject.begin()
    stage.pass(VOTES_UNDER_WAY_MS)
    stage.say('The last participant has voted yes. It dies.')
    stage.crash(participants.at(-1)!)
    stage.pass(3 * TIMEOUT_MS)
    stage.start(participants.at(-1)!)
    stage.pass(8 * TIMEOUT_MS)
  },
}

const slowMember: CommitLesson = {
  name: 'slow-member',
  teaches:
    'one participant is slower than the time-out: nobody is dead, and the transaction is aborted, or worse',
  isLate: true,
  play: subject => {
    const { stage, participants } = subject
    stage.slow([participants.at(-1)!], 2 * TIMEOUT_MS)
    subject.begin()
    stage.pass(12 * TIMEOUT_MS)
    stage.healNetwork()
    stage.pass(8 * TIMEOUT_MS)
  },
}

const lossyNetwork: CommitLesson = {
  name: 'lossy-network',
  teaches: 'messages are lost and doubled while transactions run: who is not told asks again',
  isLate: true,
  play: subject => {
    const { stage } = subject
    stage.loseSome(25)
    for (let times = 0; times < 3; times++) {
      subject.begin()
      stage.pass(2 * TIMEOUT_MS)
    }
    stage.healNetwork()
    stage.pass(10 * TIMEOUT_MS)
  },
}

export const COMMIT_LESSONS = [
  none,
  refusal,
  coordinatorCrash,
  decisionToOne,
  partitionInPrecommit,
  participantCrash,
  slowMember,
  lossyNetwork,
] as const
