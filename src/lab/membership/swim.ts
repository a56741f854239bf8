/** SWIM on a stage: whom each member takes to be there. */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import {
  decodeMessage,
  encodeMessage,
  type MemberNews,
  Swim,
  type SwimEffect,
  type SwimInput,
  type SwimMessage,
} from '../../protocols/swim/index.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import { type Algorithm, defineAlgorithm, type Lesson, type Opening, type Subject } from '../algorithm.ts'
import { observed } from '../observed-core.ts'
import type { Property } from '../property.ts'
import type { MessageWords } from '../recorder.ts'
import { Stage } from '../stage.ts'

const QUALITY = { delay: { minimumUs: 4000, meanUs: 4000 }, bytesPerMs: 0 }
const PERIOD_MS = 200
const PROBE_TIMEOUT_MS = 80

/** Within this time a crash is found, no longer only suspected, and known to all, in groups as small as these. */
const SETTLED_MS = 40 * PERIOD_MS

/** How long nothing must have gone wrong with anybody before a declaration of death is called a mistake. */
const CALM_MS = 20 * PERIOD_MS

/** What a member has found out about another one, `$`. */
const NEWS: Readonly<Record<MemberNews, string>> = {
  joined: 'knows of $',
  updated: 'hears something else of $',
  suspected: 'suspects $',
  trusted: 'trusts $ again',
  died: 'takes $ for dead',
  left: 'hears that $ has left',
  forgotten: 'forgets $',
}

type News = Exclude<SwimEffect, { readonly kind: 'send' }>

class SwimSubject implements Subject {
  readonly stage: Stage
  /** Somebody who lived was declared dead; and, was although nothing had been wrong for long. */
  mistaken: string | undefined
  unfounded: string | undefined
  readonly #world: CoreWorld<SwimInput, SwimMessage, News>
  readonly #members = new Map<NodeId, Swim>()

  constructor({ seed, nodes, recorder, look }: Opening) {
    this.#world = new CoreWorld<SwimInput, SwimMessage, News>({
      seed,
      nodes,
      quality: QUALITY,
      onFlight: recorder.flightsIn(swimWords),
      protocol: {
        create: ({ id, ids, random }) => {
          const member = new Swim({
            id,
            random,
            seeds: ids.slice(0, 2),
            periodMs: PERIOD_MS,
            probeTimeoutMs: PROBE_TIMEOUT_MS,
            syncMs: 10 * PERIOD_MS,
          })
          this.#members.set(id, member)
          return observed(id, member, (_, state) => {
            recorder.state(id, state, '')
            look()
          })
        },
        encode: encodeMessage,
        decode: decodeMessage,
      },
      perform: (id, news) => {
        this.#tell(id, news)
        look()
      },
    })
    this.stage = new Stage(this.#world, recorder)
    this.#world.startAll()
  }

  /** Whom a member takes to be there, itself included. */
  viewOf(id: NodeId): NodeId[] {
    const others = this.#members
      .get(id)!
      .members.filter(({ state }) => state === 'alive' || state === 'suspect')
    return [id, ...others.map(member => member.id)].sort((a, b) => (a < b ? -1 : 1))
  }

  /** Everybody who lives takes exactly those who live to be there. */
  get isAgreed(): boolean {
    const alive = this.stage.alive.join()
    return this.stage.alive.every(id => this.viewOf(id).join() === alive)
  }

  settle(): void {
    this.stage.until(() => this.isAgreed, SETTLED_MS)
  }

  ask(random: Random): void {
    this.stage.pass(random.below(4 * PERIOD_MS))
  }

  conclude(): string[] {
    return this.stage.ids.map(id => {
      const name = `member ${formatNodeId(id)}`
      if (!this.stage.isAlive(id)) return `${name} is down`
      return `${name} takes these to be there: ${this.viewOf(id).map(formatNodeId).join(' ')}`
    })
  }

  #tell(id: NodeId, news: News): void {
    const { stage } = this
    if (news.kind === 'departed') return stage.recorder.event('note', id, 'has left')
    const other = news.member.id
    const isGrave = news.kind === 'suspected' || news.kind === 'died' || news.kind === 'trusted'
    stage.recorder.event(isGrave ? 'decision' : 'note', id, NEWS[news.kind].replace('$', formatNodeId(other)))
    if (news.kind !== 'died' || !stage.isAlive(other)) return
    const what = `${formatNodeId(id)} takes ${formatNodeId(other)} for dead, which lives`
    this.mistaken ??= what
    const isCalm = stage.isNetworkWhole && stage.ids.every(each => !stage.isPaused(each))
    if (isCalm && stage.ids.every(each => stage.quietMsOf(each) > CALM_MS)) this.unfounded ??= what
  }
}

function swimWords(message: SwimMessage): MessageWords {
  const claims = message.claims.map(({ id, state }) => `${formatNodeId(id)} ${state}`).join(', ')
  const about =
    message.kind === 'pingRequest' ? `${formatNodeId(message.target)}${claims === '' ? '' : ': '}` : ''
  const isRoutine =
    (message.kind === 'ping' || message.kind === 'ack' || message.kind === 'sync') && claims === ''
  return { kind: message.kind, text: about + claims, isRoutine: isRoutine || message.kind === 'sync' }
}

const PROPERTIES: readonly Property<SwimSubject>[] = [
  {
    name: 'views-meet',
    says: 'some time after the last failure everybody takes exactly those who live to be there',
    promised: 'always',
    missing: subject => (subject.isAgreed ? undefined : `in the end: ${subject.conclude().join('; ')}`),
  },
  {
    name: 'the-well-are-kept',
    says: 'while nothing goes wrong with anybody nobody is taken for dead',
    promised: 'always',
    broken: subject => subject.unfounded,
  },
  {
    name: 'the-dead-are-dead',
    says: 'whoever is taken for dead is down',
    promised: 'never',
    broken: subject => subject.mistaken,
  },
]

/** All know each other. */
function gather(subject: SwimSubject): void {
  subject.settle()
  subject.stage.pass(2 * PERIOD_MS)
}

const lessons: readonly [Lesson<SwimSubject>, ...Lesson<SwimSubject>[]] = [
  {
    name: 'none',
    teaches: 'members find each other through two that everybody knows, and probe one each period',
    isLate: false,
    play: gather,
  },
  {
    name: 'member-crash',
    teaches:
      'a member dies: a probe stays without an answer, others probe it too, then it is suspected, then dead',
    isLate: false,
    play: subject => {
      gather(subject)
      subject.stage.crash(subject.stage.ids.at(-1)!)
      subject.stage.pass(PERIOD_MS)
      gather(subject)
    },
  },
  {
    name: 'paused-member',
    teaches:
      'a process is paused for four periods: it is suspected, says that it lives, and is trusted again',
    isLate: true,
    play: subject => {
      const { stage } = subject
      gather(subject)
      stage.pause(stage.ids.at(-1)!)
      stage.pass(4 * PERIOD_MS)
      stage.resume(stage.ids.at(-1)!)
      stage.pass(6 * PERIOD_MS)
      gather(subject)
    },
  },
  {
    name: 'partition',
    teaches:
      'the network parts: each side declares the other dead, and they find each other again afterwards',
    isLate: true,
    play: subject => {
      const { stage } = subject
      gather(subject)
      stage.split()
      stage.until(() => subject.mistaken !== undefined, SETTLED_MS)
      stage.pass(4 * PERIOD_MS)
      stage.healNetwork()
      gather(subject)
    },
  },
  {
    name: 'lossy-network',
    teaches: 'messages are lost: others who are asked to probe keep most of the living from being suspected',
    isLate: true,
    play: subject => {
      const { stage } = subject
      gather(subject)
      stage.loseSome(20)
      stage.pass(10 * PERIOD_MS)
      stage.healNetwork()
      stage.pass(4 * PERIOD_MS)
      gather(subject)
    },
  },
]

export const swim: Algorithm = defineAlgorithm({
  name: 'swim',
  summary: 'SWIM: who is in the group and who of them lives, probe by probe (Das 2002, Dadgar 2017)',
  nodes: {
    standard: 4,
    fewest: 2,
    most: 12,
    why: 'somebody must be probed, and more than 12 members are too many to read',
  },
  open: opening => new SwimSubject(opening),
  trouble: { crashes: true, settleMs: SETTLED_MS },
  lessons,
  properties: PROPERTIES,
})
