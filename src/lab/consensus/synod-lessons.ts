/** What goes wrong where one value is to be decided, and several are proposed. */
import type { Lesson } from '../algorithm.ts'
import type { Property } from '../property.ts'
import { AGREEMENT } from './consensus-lessons.ts'
import { type ConsensusSubject, ELECTION_MS } from './consensus-subject.ts'

type Synod = ConsensusSubject<unknown>
type SynodLesson = Lesson<Synod>

export const SYNOD_PROPERTIES: readonly Property<Synod>[] = [
  AGREEMENT,
  {
    name: 'first-asked-wins',
    says: 'what is decided is what was asked for first',
    promised: 'never',
    broken: synod => {
      const decided = synod.stage.ids.flatMap(id => synod.appliedAt(id))[0]
      return decided === undefined || decided === 'v1'
        ? undefined
        : `v1 was asked for first, and ${decided} is decided`
    },
  },
]

const isDecided = (synod: Synod): boolean => synod.stage.alive.every(id => synod.appliedAt(id).length > 0)

const none: SynodLesson = {
  name: 'none',
  teaches: 'nothing goes wrong: prepare and promise, accept and accepted, and all learn what was chosen',
  isLate: false,
  play: synod => {
    synod.propose(synod.stage.ids[0]!)
    synod.stage.until(() => isDecided(synod), 20 * ELECTION_MS)
  },
}

const competing: SynodLesson = {
  name: 'competing-proposers',
  teaches:
    'everybody proposes a value at once: numbers outbid each other until somebody gets through with one',
  isLate: false,
  nodesMin: 2,
  play: synod => {
    for (const id of synod.stage.ids) synod.propose(id)
    synod.stage.until(() => isDecided(synod), 40 * ELECTION_MS)
  },
}

const adopted: SynodLesson = {
  name: 'proposer-crash',
  teaches: 'the proposer dies when one other has accepted its value: whoever hears of that must adopt it',
  isLate: true,
  nodesMin: 3,
  play: synod => {
    const { stage } = synod
    const [first, second, ...others] = stage.ids
    const last = others.at(-1)!
    synod.propose(first!)
    stage.until(() => stage.recorder.messages.some(({ kind }) => kind === 'accept'), 4 * ELECTION_MS)
    stage.say(
      `Node ${first} asks all to accept its value. It reaches node ${second} alone, and ${first} dies.`,
    )
    for (const id of others) stage.cutOneWay(first!, id)
    stage.crash(first!)
    stage.pass(ELECTION_MS / 4)
    stage.healNetwork()
    stage.say(
      `Node ${last} wants another value, prepares a higher number, and hears what ${second} has accepted.`,
    )
    synod.propose(last)
    stage.until(() => isDecided(synod), 40 * ELECTION_MS)
    stage.start(first!)
    stage.until(() => isDecided(synod), 20 * ELECTION_MS)
  },
}

const partition: SynodLesson = {
  name: 'partition',
  teaches: 'a value is proposed on either side of a partition: only the side with a majority can choose',
  isLate: true,
  nodesMin: 3,
  play: synod => {
    const { stage } = synod
    const few = Math.floor((stage.ids.length - 1) / 2)
    stage.split(few)
    synod.propose(stage.ids[0]!)
    synod.propose(stage.ids.at(-1)!)
    stage.until(() => stage.ids.slice(few).every(id => synod.appliedAt(id).length > 0), 40 * ELECTION_MS)
    stage.say('The network is whole again.')
    stage.healNetwork()
    stage.until(() => isDecided(synod), 40 * ELECTION_MS)
  },
}

const lossyNetwork: SynodLesson = {
  name: 'lossy-network',
  teaches: 'messages are lost and doubled while two propose: it takes more rounds, and ends with one value',
  isLate: true,
  play: synod => {
    const { stage } = synod
    stage.loseSome(30)
    synod.propose(stage.ids[0]!)
    synod.propose(stage.ids.at(-1)!)
    stage.pass(8 * ELECTION_MS)
    stage.healNetwork()
    stage.until(() => isDecided(synod), 40 * ELECTION_MS)
  },
}

export const SYNOD_LESSONS = [none, competing, adopted, partition, lossyNetwork] as const
