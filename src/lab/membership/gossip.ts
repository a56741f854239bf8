/** A rumour broadcast on a stage: who has heard what. */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import {
  decodeMessage,
  encodeMessage,
  Gossip,
  type GossipEffect,
  type GossipInput,
  type GossipMessage,
} from '../../protocols/gossip/index.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import { type Algorithm, defineAlgorithm, type Lesson, type Opening, type Subject } from '../algorithm.ts'
import { observed } from '../observed-core.ts'
import type { Property } from '../property.ts'
import type { MessageWords } from '../recorder.ts'
import { Stage } from '../stage.ts'

const QUALITY = { delay: { minimumUs: 4000, meanUs: 4000 }, bytesPerMs: 0 }
const ROUND_MS = 50
const ANTI_ENTROPY_MS = 1000

/** So many comparisons of what is known, one in every member each time, reach everybody. */
const SPREAD_MS = 8 * ANTI_ENTROPY_MS

type Told = Exclude<GossipEffect, { readonly kind: 'send' }>

class GossipSubject implements Subject {
  readonly stage: Stage
  /** A rumour that a member was given twice in one life. */
  repeated: string | undefined
  readonly #world: CoreWorld<GossipInput, GossipMessage, Told>
  readonly #heard = new Map<NodeId, string[]>()
  readonly #lives = new Map<NodeId, number>()
  readonly #said: string[] = []

  constructor({ seed, nodes, recorder, look }: Opening) {
    this.#world = new CoreWorld<GossipInput, GossipMessage, Told>({
      seed,
      nodes,
      quality: QUALITY,
      onFlight: recorder.flightsIn(gossipWords),
      protocol: {
        create: ({ id, ids, random }) => {
          const epoch = (this.#lives.get(id) ?? 0) + 1
          this.#lives.set(id, epoch)
          this.#heard.set(id, [])
          const options = {
            id,
            random,
            epoch,
            members: ids,
            roundMs: ROUND_MS,
            antiEntropyMs: ANTI_ENTROPY_MS,
          }
          return observed(id, new Gossip(options), (_, state) => {
            recorder.state(id, state, '')
            look()
          })
        },
        encode: encodeMessage,
        decode: decodeMessage,
      },
      perform: (id, told) => {
        if (told.kind === 'missed') recorder.event('note', id, `gives up ${told.count} rumours`)
        else this.#hear(id, utf8Text(told.rumour.payload))
        look()
      },
    })
    this.stage = new Stage(this.#world, recorder)
    this.#world.startAll()
  }

  say(id: NodeId): void {
    if (!this.stage.isAlive(id)) return
    const text = `r${this.#said.length + 1}`
    this.#said.push(text)
    this.stage.recorder.event('ask', id, `broadcasts ${text}`)
    this.#heard.get(id)!.push(text)
    this.#world.give(id, { kind: 'broadcast', payload: utf8Bytes(text) })
  }

  /** Those who live and have not heard this, by their names. */
  missing(text: string): NodeId[] {
    return this.stage.alive.filter(id => !this.#heard.get(id)!.includes(text))
  }

  /** A rumour that somebody who lives has not heard, though another who lives has. */
  unheard(): string | undefined {
    for (const text of this.#said) {
      const missing = this.missing(text)
      if (missing.length > 0 && missing.length < this.stage.alive.length)
        return `${missing.map(formatNodeId).join(', ')} has not heard ${text}`
    }
    return undefined
  }

  get isSpread(): boolean {
    return this.unheard() === undefined
  }

  ask(random: Random): void {
    const { alive } = this.stage
    if (alive.length > 0) this.say(alive[random.below(alive.length)]!)
  }

  conclude(): string[] {
    return this.#said.map(text => {
      const missing = this.missing(text)
      const heard = this.stage.alive.length - missing.length
      const rest = missing.length === 0 ? '' : `; not ${missing.map(formatNodeId).join(', ')}`
      return `${text} was heard by ${heard} of ${this.stage.alive.length} who live${rest}`
    })
  }

  #hear(id: NodeId, text: string): void {
    const heard = this.#heard.get(id)!
    if (heard.includes(text)) this.repeated ??= `${formatNodeId(id)} was given ${text} twice`
    heard.push(text)
    this.stage.recorder.event('decision', id, `hears ${text}`)
  }
}

function gossipWords(message: GossipMessage): MessageWords {
  if (message.kind === 'push')
    return { kind: 'push', text: message.rumours.map(({ payload }) => utf8Text(payload)).join(' ') }
  if (message.kind === 'feedback') return { kind: 'feedback', text: `knew ${message.known.length}` }
  return { kind: message.kind, text: '', isRoutine: true }
}

const PROPERTIES: readonly Property<GossipSubject>[] = [
  {
    name: 'delivered-once',
    says: 'no member is given a rumour twice in one life',
    promised: 'always',
    broken: subject => subject.repeated,
  },
  {
    name: 'everybody-hears',
    says: 'in the end everybody who lives has heard whatever another who lives has heard',
    promised: 'always',
    missing: subject => subject.unheard(),
  },
]

/** Until all have heard, which anti-entropy sees to where rumours have not. */
function spread(subject: GossipSubject): void {
  subject.stage.until(() => subject.isSpread, SPREAD_MS)
  subject.stage.pass(2 * ROUND_MS)
}

const lessons: readonly [Lesson<GossipSubject>, ...Lesson<GossipSubject>[]] = [
  {
    name: 'none',
    teaches:
      'one tells another, who tells another: all have heard after some rounds, and nobody told them all',
    isLate: false,
    play: subject => {
      subject.say(subject.stage.ids[0]!)
      spread(subject)
    },
  },
  {
    name: 'source-crash',
    teaches: 'whoever started a rumour dies once it has been told: the rumour lives on without it',
    isLate: false,
    play: subject => {
      const { stage } = subject
      const [source] = stage.ids
      subject.say(source!)
      stage.until(() => subject.missing('r1').length < stage.ids.length - 1, SPREAD_MS)
      stage.crash(source!)
      spread(subject)
    },
  },
  {
    name: 'partition',
    teaches:
      'the network parts: a rumour stays on its side, and crosses over when both sides compare what they know',
    isLate: true,
    play: subject => {
      const { stage } = subject
      stage.split()
      subject.say(stage.ids[0]!)
      stage.pass(20 * ROUND_MS)
      stage.healNetwork()
      spread(subject)
    },
  },
  {
    name: 'lossy-network',
    teaches: 'messages are lost and doubled: some are told again, the rest is found when members compare',
    isLate: true,
    play: subject => {
      const { stage } = subject
      stage.loseSome(40)
      subject.say(stage.ids[0]!)
      subject.say(stage.ids.at(-1)!)
      stage.pass(20 * ROUND_MS)
      stage.healNetwork()
      spread(subject)
    },
  },
]

export const gossip: Algorithm = defineAlgorithm({
  name: 'gossip',
  summary: 'Gossip: a rumour that is passed on until telling it is tiresome (Demers 1987)',
  nodes: {
    standard: 6,
    fewest: 2,
    most: 16,
    why: 'a rumour needs somebody who has not heard it, and more than 16 members are too many to read',
  },
  open: opening => new GossipSubject(opening),
  trouble: { crashes: true, settleMs: SPREAD_MS },
  lessons,
  properties: PROPERTIES,
})
