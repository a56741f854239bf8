/** The phi accrual failure detector: who has been silent for surprisingly long. */
import { type Algorithm, defineAlgorithm, type Lesson } from '../algorithm.ts'
import type { Property } from '../property.ts'
import { DetectorSubject, FOUND_MS } from './detector-subject.ts'
import { HEARTBEAT_MS } from './heartbeat-node.ts'

const PROPERTIES: readonly Property<DetectorSubject>[] = [
  {
    name: 'the-dead-are-found',
    says: `whoever has been down for ${FOUND_MS} ms is suspected by all who run`,
    promised: 'always',
    missing: subject => subject.overlooked(),
  },
  {
    name: 'the-audible-are-trusted',
    says: 'nobody suspects a peer that lives, runs, and whose heartbeats arrive, however busy it was itself',
    promised: 'always',
    broken: subject => subject.unfounded,
  },
  {
    name: 'suspects-are-dead',
    says: 'whoever is suspected is down',
    promised: 'never',
    broken: subject => subject.mistaken,
  },
]

type DetectorLesson = Lesson<DetectorSubject>

/** Long enough for a detector to know how regularly its peers send. */
const LEARNING_MS = 8 * HEARTBEAT_MS

const none: DetectorLesson = {
  name: 'none',
  teaches: 'nothing goes wrong: heartbeats come, and nobody suspects anybody',
  isLate: false,
  play: ({ stage }) => stage.pass(2 * LEARNING_MS),
}

const crash: DetectorLesson = {
  name: 'member-crash',
  teaches:
    'a member dies: all suspect it once its silence is too surprising, and trust it again when it is back',
  isLate: false,
  play: ({ stage }) => {
    const dying = stage.ids.at(-1)!
    stage.pass(LEARNING_MS)
    stage.crash(dying)
    stage.pass(FOUND_MS + HEARTBEAT_MS)
    stage.start(dying)
    stage.pass(LEARNING_MS)
  },
}

const partition: DetectorLesson = {
  name: 'partition',
  teaches: 'the network parts: each side suspects the other, and both are wrong. A suspect is no corpse',
  isLate: true,
  play: ({ stage }) => {
    stage.pass(LEARNING_MS)
    stage.split()
    stage.pass(FOUND_MS)
    stage.healNetwork()
    stage.pass(LEARNING_MS)
  },
}

const paused: DetectorLesson = {
  name: 'paused-member',
  teaches:
    'a process is paused: others suspect it; it accuses nobody when it goes on, for it was itself away',
  isLate: true,
  play: ({ stage }) => {
    const busy = stage.ids[0]!
    stage.pass(LEARNING_MS)
    stage.pause(busy)
    stage.pass(FOUND_MS)
    stage.resume(busy)
    stage.pass(LEARNING_MS)
  },
}

const slow: DetectorLesson = {
  name: 'slow-member',
  teaches: 'messages of one member take longer from now on: it is suspected once, and its new pace is learnt',
  isLate: true,
  play: ({ stage }) => {
    stage.pass(LEARNING_MS)
    stage.slow([stage.ids.at(-1)!], 4 * HEARTBEAT_MS)
    stage.pass(2 * LEARNING_MS)
    stage.healNetwork()
    stage.pass(LEARNING_MS)
  },
}

const lossy: DetectorLesson = {
  name: 'lossy-network',
  teaches:
    'heartbeats are lost and doubled: the detector learns how regularly they come here, and waits for longer',
  isLate: true,
  play: ({ stage }) => {
    stage.loseSome(20)
    stage.pass(5 * LEARNING_MS)
    stage.healNetwork()
    stage.pass(LEARNING_MS)
  },
}

export const phiAccrual: Algorithm = defineAlgorithm({
  name: 'phi-accrual',
  summary: 'Phi accrual failure detector: who has been silent for surprisingly long (Hayashibara 2004)',
  nodes: {
    standard: 3,
    fewest: 2,
    most: 8,
    why: 'somebody must be watched, and heartbeats of more than 8 nodes are too many to read',
  },
  open: opening => new DetectorSubject(opening),
  trouble: { crashes: true, settleMs: 1500 },
  lessons: [none, crash, partition, paused, slow, lossy],
  properties: PROPERTIES,
})
