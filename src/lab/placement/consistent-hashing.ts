/** Consistent hashing on a stage: members that keep pairs, and two clients that place them. */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import { type Algorithm, defineAlgorithm, type Lesson, type Opening, type Subject } from '../algorithm.ts'
import { observed } from '../observed-core.ts'
import type { Property } from '../property.ts'
import { Stage } from '../stage.ts'
import {
  decodeStoreMessage,
  encodeStoreMessage,
  ringOf,
  type StoreEffect,
  type StoreInput,
  type StoreMessage,
  StoreNode,
} from './store-node.ts'

const QUALITY = { delay: { minimumUs: 5000, meanUs: 3000 }, bytesPerMs: 0 }
const SETTLED_MS = 80
const KEYS = 'apricot banana cherry fig lemon lime mango melon raisin'.split(' ')

type OwnEffect = Exclude<StoreEffect, { readonly kind: 'send' }>

class RingSubject implements Subject {
  readonly stage: Stage
  /** A read that did not find what was written last; and a key that moved although it had no reason to. */
  staleRead: string | undefined
  needlessMove: string | undefined
  readonly #world: CoreWorld<StoreInput, StoreMessage, OwnEffect>
  /** What was written last and acknowledged, by key. */
  readonly #written = new Map<string, string>()
  #newcomer: NodeId | undefined
  #leaver: NodeId | undefined
  #members: readonly NodeId[]
  #writes = 0

  constructor({ seed, nodes, recorder, ids, look }: Opening) {
    // The last but one joins when a fault says so; the last two are clients.
    this.#members = ids.slice(0, nodes - 3)
    const known = this.#members
    this.#world = new CoreWorld<StoreInput, StoreMessage, OwnEffect>({
      seed,
      nodes,
      quality: QUALITY,
      onFlight: recorder.flightsIn(({ kind, key, value }) => ({
        kind,
        text: value === '' ? key : `${key}=${value}`,
      })),
      protocol: {
        create: ({ id }) =>
          observed(id, new StoreNode(id, known), (_, state) => {
            recorder.state(id, state, this.isClient(id) ? '' : state.split(';', 1)[0])
            look()
          }),
        encode: encodeStoreMessage,
        decode: decodeStoreMessage,
      },
      perform: (id, effect) => {
        this.#perform(id, effect)
        look()
      },
    })
    this.stage = new Stage(this.#world, recorder, id => nameOf(id, nodes))
    this.#world.startAll()
  }

  isClient(id: NodeId): boolean {
    return this.clients.includes(id)
  }

  /** The two who ask. */
  get clients(): readonly [NodeId, NodeId] {
    const { ids } = this.stage
    return [ids.at(-2)!, ids.at(-1)!]
  }

  /** Who is to join. */
  get spare(): NodeId {
    return this.stage.ids.at(-3)!
  }

  get members(): readonly NodeId[] {
    return this.#members
  }

  put(client: NodeId, key: string): void {
    const value = `${++this.#writes}`
    this.stage.recorder.event('ask', client, `writes ${key}=${value}`)
    this.#world.give(client, { kind: 'put', key, value })
  }

  get(client: NodeId, key: string): void {
    this.stage.recorder.event('ask', client, `reads ${key}`)
    this.#world.give(client, { kind: 'get', key })
  }

  /** All keys are written, and arrive. */
  fill(): void {
    for (const key of KEYS) this.put(this.clients[0], key)
    this.stage.pass(SETTLED_MS)
  }

  readAll(client: NodeId): void {
    for (const key of KEYS) this.get(client, key)
    this.stage.pass(SETTLED_MS)
  }

  /** From now on these are the members, as far as those know whom it is told. */
  become(members: readonly NodeId[], told: readonly NodeId[]): void {
    this.#newcomer = members.find(id => !this.#members.includes(id))
    this.#leaver = this.#members.find(id => !members.includes(id))
    this.#members = members
    for (const id of told) this.#world.give(id, { kind: 'members', members })
  }

  ask(random: Random): void {
    if (random.chance(1, 5)) return this.#joinOrLeave(random)
    const client = this.clients[random.below(2)]!
    const key = KEYS[random.below(KEYS.length)]!
    if (random.chance(1, 2)) this.put(client, key)
    else this.get(client, key)
    this.stage.pass(SETTLED_MS)
  }

  /** The spare member joins, or leaves again; a client may not hear of it. */
  #joinOrLeave(random: Random): void {
    const { spare, clients } = this
    const rest = this.#members.filter(id => id !== spare)
    const members = this.#members.includes(spare) ? rest : [...rest, spare]
    const told = random.chance(1, 2) ? clients : clients.slice(0, 1)
    const change = members.includes(spare) ? 'joins' : 'leaves'
    const whom = told.length === 1 ? 'client b is not told' : 'all are told'
    this.stage.recorder.event('ask', spare, `${change}; ${whom}`)
    this.become(members, [...rest, spare, ...told])
    this.stage.pass(SETTLED_MS)
  }

  conclude(): string[] {
    const { stage } = this
    const members = stage.ids.filter(id => !this.isClient(id))
    const lines = members.map(id => {
      if (!stage.isAlive(id)) return `member ${stage.nameOf(id)} is down, and its keys with it`
      return `member ${stage.nameOf(id)}: ${this.#world.core(id).describe()}`
    })
    const ring = ringOf(this.#members)
    const belong = [...this.#written.keys()].sort().map(key => `${key} at ${formatNodeId(ring.locate(key))}`)
    return [...lines, `whoever knows all members locates ${belong.join(', ')}`]
  }

  #perform(id: NodeId, effect: OwnEffect): void {
    const { recorder } = this.stage
    if (effect.kind === 'moved') {
      recorder.event('note', id, `moves ${effect.key} to ${this.stage.nameOf(effect.to)}`)
      const isNeeded = effect.to === this.#newcomer || id === this.#leaver
      if (!isNeeded)
        this.needlessMove ??= `${effect.key} moved from ${formatNodeId(id)} to ${formatNodeId(effect.to)}`
      return
    }
    const { kind, key, value } = effect.message
    if (kind === 'stored') {
      this.#written.set(key, value)
      return
    }
    const wanted = this.#written.get(key)
    const found = kind === 'found' ? `finds ${key}=${value}` : `finds no ${key}`
    recorder.event('decision', id, `${found} at ${this.stage.nameOf(effect.by)}`)
    if (wanted !== undefined && (kind === 'missing' || value !== wanted))
      this.staleRead ??= `${this.stage.nameOf(id)} ${found}, and ${wanted} was written`
  }
}

/** Members have numbers; clients have letters. */
function nameOf(id: NodeId, nodes: number): string {
  if (id === BigInt(nodes)) return 'client b'
  return id === BigInt(nodes - 1) ? 'client a' : formatNodeId(id)
}

const PROPERTIES: readonly Property<RingSubject>[] = [
  {
    name: 'little-moves',
    says: 'a member that joins takes keys from others, and no key moves between those',
    promised: 'always',
    broken: subject => subject.needlessMove,
  },
  {
    name: 'reads-find-writes',
    says: 'a read finds what was last written and acknowledged',
    promised: 'never',
    broken: subject => subject.staleRead,
  },
]

const lessons: readonly [Lesson<RingSubject>, ...Lesson<RingSubject>[]] = [
  {
    name: 'none',
    teaches: 'both clients know the same members: what one writes the other looks for in the same place',
    isLate: false,
    play: subject => {
      subject.fill()
      subject.readAll(subject.clients[1])
    },
  },
  {
    name: 'member-joins',
    teaches: 'a member joins: it takes its share from the others, and everything else stays where it was',
    isLate: false,
    play: subject => {
      const { stage, clients, spare } = subject
      subject.fill()
      stage.say(`Member ${stage.nameOf(spare)} joins. Everybody is told.`)
      const members = [...subject.members, spare]
      subject.become(members, [...members, ...clients])
      stage.pass(SETTLED_MS)
      subject.readAll(clients[1])
    },
  },
  {
    name: 'stale-ring',
    teaches:
      'one client was not told of a new member: it looks where keys were. Placement keeps nothing consistent',
    isLate: false,
    play: subject => {
      const { stage, clients, spare } = subject
      subject.fill()
      stage.say(`Member ${stage.nameOf(spare)} joins. Everybody is told but client b.`)
      const members = [...subject.members, spare]
      subject.become(members, [...members, clients[0]])
      stage.pass(SETTLED_MS)
      subject.readAll(clients[1])
    },
  },
  {
    name: 'member-crash',
    teaches:
      'a member dies: its keys are gone, for nobody keeps copies. Shards without replicas are less available',
    isLate: false,
    play: subject => {
      const { stage, clients } = subject
      subject.fill()
      const dying = subject.members[0]!
      stage.crash(dying)
      const rest = subject.members.filter(id => id !== dying)
      stage.say(
        'The others are told that it is gone, and its keys belong to them now; but they never had them.',
      )
      subject.become(rest, [...rest, ...clients])
      stage.pass(SETTLED_MS)
      subject.readAll(clients[1])
    },
  },
]

export const consistentHashing: Algorithm = defineAlgorithm({
  name: 'consistent-hashing',
  summary: 'Consistent hashing: which member a key belongs to, and how few move (Karger 1997)',
  nodes: {
    standard: 6,
    fewest: 5,
    most: 12,
    why: 'two are clients and one joins later, so two members are left; more than 12 are too many to read',
  },
  open: opening => new RingSubject(opening),
  trouble: { crashes: false, settleMs: 100 },
  lessons,
  properties: PROPERTIES,
})
