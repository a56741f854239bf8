/** Lamport's clock, vector clocks and hybrid clocks: what their stamps say of events, beside what is true. */
import type { NodeId } from '../../core/ids.ts'
import { type Algorithm, defineAlgorithm, type Lesson, type NodeRange } from '../algorithm.ts'
import type { Property } from '../property.ts'
import { DRIFT_MS, hybridManner, lamportManner, vectorManner } from './clock-manners.ts'
import { ClockSubject } from './clock-subject.ts'

type Clocks = ClockSubject<unknown>

const NODES: NodeRange = {
  standard: 3,
  fewest: 2,
  most: 8,
  why: 'what one node alone does needs no logical clock, and more than 8 nodes are too many to read',
}

const CLOCK_CONDITION: Property<Clocks> = {
  name: 'clock-condition',
  says: 'if one event happened before another, its stamp comes before',
  promised: 'always',
  broken: ({ found }) => found.disordered,
}

/** What stamps of a total order do not tell. */
const STAMPS_TELL: Property<Clocks> = {
  name: 'smaller-means-before',
  says: 'of two writes, the one whose stamp comes before happened before the other',
  promised: 'never',
  broken: ({ found }) => found.overordered,
}

const NOTHING_REFUSED: Property<Clocks> = {
  name: 'nothing-is-refused',
  says: 'every message that arrives is taken, whatever its stamp',
  promised: 'always',
  broken: ({ found }) => found.refused,
}

/** Everything that is under way has arrived. */
const SETTLED_MS = 200

/** Others hear of a write before they write themselves. */
const TURN_MS = 60

function firstThree({ stage }: Clocks): readonly [NodeId, NodeId, NodeId] {
  const [one, two] = stage.ids as [NodeId, NodeId]
  return [one, two, stage.ids.at(-1)!]
}

const none: Lesson<Clocks> = {
  name: 'none',
  teaches: 'each writes when it has heard of the write before: every stamp comes after the one that it knows',
  isLate: false,
  play: subject => {
    for (const id of subject.stage.ids) {
      subject.write(id)
      subject.stage.pass(TURN_MS)
    }
    subject.stage.pass(SETTLED_MS)
  },
}

const concurrent: Lesson<Clocks> = {
  name: 'concurrent-writes',
  teaches:
    'two write at once, and neither knows of the other: both writes are taken everywhere, nobody decides',
  isLate: false,
  play: subject => {
    const { stage } = subject
    const [one, two, three] = firstThree(subject)
    subject.write(three)
    stage.pass(TURN_MS)
    stage.say('Two nodes write at once. Neither has heard of the other.')
    subject.write(one)
    stage.pass(2)
    subject.write(two)
    stage.pass(TURN_MS)
    stage.say('Whoever writes now knows both.')
    subject.write(three)
    stage.pass(SETTLED_MS)
  },
}

const partition: Lesson<Clocks> = {
  name: 'partition',
  teaches: 'both sides of a partition write: what they wrote is concurrent, however often the sides wrote',
  isLate: true,
  play: subject => {
    const { stage } = subject
    const [one, two, three] = firstThree(subject)
    subject.write(one)
    stage.pass(TURN_MS)
    stage.isolate(three)
    subject.write(one)
    stage.pass(TURN_MS)
    subject.write(two)
    stage.pass(TURN_MS)
    subject.write(three)
    stage.pass(TURN_MS)
    stage.healNetwork()
    stage.say('The network is whole again, and one who has heard of all but the lost messages writes.')
    subject.write(one)
    stage.pass(SETTLED_MS)
  },
}

const slow: Lesson<Clocks> = {
  name: 'slow-member',
  teaches: 'one node hears everything late: its writes are concurrent to what others have long known',
  isLate: true,
  play: subject => {
    const { stage } = subject
    const [one, two, three] = firstThree(subject)
    stage.slowBetween(
      three,
      [one, two].filter(id => id !== three),
      SETTLED_MS,
    )
    for (const id of [one, two, three]) {
      subject.write(id)
      stage.pass(TURN_MS)
    }
    stage.healNetwork()
    stage.pass(2 * SETTLED_MS)
  },
}

const lossy: Lesson<Clocks> = {
  name: 'lossy-network',
  teaches: 'messages are lost and doubled: who did not hear of a write does not come after it',
  isLate: true,
  play: subject => {
    const { stage } = subject
    stage.loseSome(30)
    for (const id of [...stage.ids, ...stage.ids]) {
      subject.write(id)
      stage.pass(TURN_MS)
    }
    stage.healNetwork()
    stage.pass(SETTLED_MS)
  },
}

const skewed: Lesson<Clocks> = {
  name: 'skewed-clocks',
  teaches: 'the wall clock of one node is ahead: stamps follow it as far as the drift allows, and no further',
  isLate: false,
  play: subject => {
    const { stage } = subject
    const [one, two, three] = firstThree(subject)
    stage.say(
      `The clock of node ${one} is ${DRIFT_MS / 2} ms ahead. Others take its stamps, and go on from there.`,
    )
    subject.skewMs.set(one, DRIFT_MS / 2)
    subject.write(one)
    stage.pass(2)
    subject.write(two)
    stage.pass(TURN_MS)
    subject.write(three)
    stage.pass(SETTLED_MS)
    stage.say(
      `Now it is ${4 * DRIFT_MS} ms ahead, more than the drift: its stamps are refused, and not followed.`,
    )
    subject.skewMs.set(one, 4 * DRIFT_MS)
    subject.write(one)
    stage.pass(SETTLED_MS)
  },
}

const LESSONS = [none, concurrent, partition, slow, lossy] as const

export const lamportClock: Algorithm = defineAlgorithm<Clocks>({
  name: 'lamport-clock',
  summary: 'Lamport clock: a number that respects what happened before (Lamport 1978)',
  nodes: NODES,
  open: opening => new ClockSubject(lamportManner, opening) as Clocks,
  trouble: { crashes: false, settleMs: SETTLED_MS },
  lessons: LESSONS,
  properties: [CLOCK_CONDITION, NOTHING_REFUSED, STAMPS_TELL],
})

export const vectorClock: Algorithm = defineAlgorithm<Clocks>({
  name: 'vector-clock',
  summary:
    'Vector clock: exactly what happened before what, and what is concurrent (Fidge 1988, Mattern 1989)',
  nodes: NODES,
  open: opening => new ClockSubject(vectorManner, opening) as Clocks,
  trouble: { crashes: false, settleMs: SETTLED_MS },
  lessons: LESSONS,
  properties: [
    CLOCK_CONDITION,
    { ...STAMPS_TELL, promised: 'always' },
    NOTHING_REFUSED,
    {
      name: 'any-two-are-ordered',
      says: 'of any two writes the stamps say which comes first',
      promised: 'never',
      broken: ({ found }) => found.concurrent,
    },
  ],
})

export const hybridClock: Algorithm = defineAlgorithm<Clocks>({
  name: 'hybrid-clock',
  summary: 'Hybrid logical clock: a Lamport clock that stays close to the wall clock (Kulkarni 2014)',
  nodes: NODES,
  open: opening => new ClockSubject(hybridManner, opening) as Clocks,
  trouble: { crashes: false, settleMs: SETTLED_MS },
  lessons: [...LESSONS, skewed],
  properties: [CLOCK_CONDITION, { ...NOTHING_REFUSED, promised: 'never' }, STAMPS_TELL],
})
