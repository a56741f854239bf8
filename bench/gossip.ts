/**
 * How far rumours get, how soon and for how many messages, beside the tables of Demers and others (1987):
 * `npx tsx bench/gossip.ts`. Simulated in virtual time; the same tables come out on every machine. It prints those of
 * `docs/concepts/gossip.md`.
 */
import { ByteWriter } from '../src/core/bytes.ts'
import type { NodeId } from '../src/core/ids.ts'
import { type Random, randomFromSeed } from '../src/core/prng.ts'
import { type Instant, NEVER } from '../src/core/time.ts'
import type { Ending, GossipEffect, GossipInput } from '../src/protocols/gossip/index.ts'
import { encodeMessage, Gossip } from '../src/protocols/gossip/index.ts'
import { drawDelayUs } from '../src/sim/delay.ts'
import { EventQueue, QueuedEvent } from '../src/sim/event-queue.ts'
import { figure, markdownTable, median } from './figures.ts'

const ROUND_MS = 200
/** Short beside a round, as in the paper, where a message arrives within its cycle. */
const DELAY = { minimumUs: 200, meanUs: 800 }

interface Member {
  readonly id: NodeId
  readonly gossip: Gossip
  readonly timer: QueuedEvent
}

interface GroupOptions {
  readonly members: number
  readonly seed: number
  readonly ending?: Ending
  readonly antiEntropyMs?: number
  readonly lossPerMillion?: number
}

/** Bare cores, one heap of events, a network that delays and loses. */
class Group {
  readonly random: Random
  /** When each other was given the rumour, in rounds since it was broadcast. */
  readonly heardRounds: number[] = []
  pushes = 0
  bytes = 0
  readonly #members: Member[]
  readonly #events = new EventQueue<QueuedEvent>()
  readonly #lossPerMillion: number
  #nowUs = 0
  #saidUs = 0

  constructor({ members, seed, lossPerMillion = 0, ...options }: GroupOptions) {
    this.random = randomFromSeed(seed)
    this.#lossPerMillion = lossPerMillion
    const ids = Array.from({ length: members }, (_, i) => BigInt(i + 1) as NodeId)
    this.#members = ids.map(id => {
      const random = this.random.fork()
      const gossip = new Gossip({ id, random, epoch: 1, members: ids, roundMs: ROUND_MS, ...options })
      const member: Member = {
        id,
        gossip,
        timer: new QueuedEvent(() => this.#step(member, { kind: 'deadline' })),
      }
      return member
    })
    for (const member of this.#members) this.#step(member, { kind: 'deadline' })
  }

  get hot(): number {
    return this.#members.filter(({ gossip }) => gossip.hot > 0).length
  }

  broadcast(): void {
    this.#saidUs = this.#nowUs
    this.#step(this.#members[0]!, { kind: 'broadcast', payload: new Uint8Array(100) })
  }

  runForMs(milliseconds: number): void {
    const end = this.#nowUs + milliseconds * 1000
    for (let next = this.#events.peek(); next !== undefined && next.at <= end; next = this.#events.peek()) {
      this.#events.pop()
      this.#nowUs = next.at
      next.run()
    }
    this.#nowUs = end
  }

  #step(member: Member, input: GossipInput): void {
    const out: GossipEffect[] = []
    member.gossip.step(this.#nowUs as Instant, [input], out)
    for (const effect of out) {
      if (effect.kind === 'deliver') this.heardRounds.push((this.#nowUs - this.#saidUs) / 1000 / ROUND_MS)
      if (effect.kind === 'send') this.#send(member.id, effect)
    }
    const deadline = member.gossip.deadline()
    if (deadline !== NEVER) this.#events.push(member.timer, deadline)
  }

  #send(from: NodeId, { to, message }: Extract<GossipEffect, { readonly kind: 'send' }>): void {
    if (message.kind === 'push') this.pushes++
    const writer = new ByteWriter(64)
    encodeMessage(message, writer)
    this.bytes += writer.length
    if (this.random.below(1_000_000) < this.#lossPerMillion) return
    const target = this.#members[Number(to) - 1]!
    const arrival = new QueuedEvent(() => this.#step(target, { kind: 'receive', from, message }))
    this.#events.push(arrival, (this.#nowUs + drawDelayUs(DELAY, this.random)) as Instant)
  }
}

interface Epidemic {
  /** The share of those who never hear by passing on alone. */
  readonly residue: number
  readonly pushesEach: number
  readonly meanRounds: number
  readonly lastRounds: number
}

/** Rumours that are passed on until nobody does any more, without anti-entropy. */
function epidemic(members: number, ending: Ending, rumours: number): Epidemic {
  const runs = Array.from({ length: rumours }, (_, seed) => {
    const group = new Group({ members, seed, ending, antiEntropyMs: 1_000_000_000 })
    group.broadcast()
    while (group.hot > 0) group.runForMs(ROUND_MS)
    const heard = group.heardRounds
    return {
      residue: 1 - (heard.length + 1) / members,
      pushesEach: group.pushes / members,
      meanRounds: heard.reduce((sum, rounds) => sum + rounds, 0) / heard.length,
      lastRounds: heard.at(-1)!,
    }
  })
  const mean = (of: (run: Epidemic) => number): number => {
    const values = runs.map(of).filter(Number.isFinite)
    return values.reduce((sum, value) => sum + value, 0) / values.length
  }
  return {
    residue: mean(({ residue }) => residue),
    pushesEach: mean(({ pushesEach }) => pushesEach),
    meanRounds: mean(({ meanRounds }) => meanRounds),
    lastRounds: mean(({ lastRounds }) => lastRounds),
  }
}

/** Residue and messages a member of Demers' tables 1 and 2, for k from 1 to 5. */
const PAPER: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'counter, feedback': [
    [0.18, 1.7],
    [0.037, 3.3],
    [0.011, 4.5],
    [0.0036, 5.6],
    [0.0012, 6.7],
  ],
  'coin, blind': [
    [0.96, 0.04],
    [0.2, 1.6],
    [0.06, 2.8],
    [0.021, 3.9],
    [0.008, 4.9],
  ],
}

function row(name: string, ending: Ending): string[] {
  const { residue, pushesEach, meanRounds, lastRounds } = epidemic(1000, ending, 10)
  const paper = PAPER[name]?.[ending.k - 1]
  return [
    name,
    String(ending.k),
    figure(residue),
    paper === undefined ? '-' : String(paper[0]),
    figure(pushesEach),
    paper === undefined ? '-' : String(paper[1]),
    meanRounds.toFixed(1),
    lastRounds.toFixed(1),
  ]
}

const VARIANTS = [
  { name: 'counter, feedback', rule: 'counter', feedback: true },
  { name: 'coin, feedback', rule: 'coin', feedback: true },
  { name: 'counter, blind', rule: 'counter', feedback: false },
  { name: 'coin, blind', rule: 'coin', feedback: false },
] as const

const KS = [1, 2, 3, 4, 5]
const rows = VARIANTS.flatMap(({ name, ...ending }) => KS.map(k => row(name, { ...ending, k })))
console.log(
  markdownTable(
    ['ending', 'k', 'residue', 'paper', 'messages each', 'paper', 'rounds, mean', 'rounds, last'],
    rows,
  ),
)

/** The default, by size of the group, and with messages lost: until all have heard, anti-entropy included. */
function toAll(members: number, lossPerMillion: number): string[] {
  const last: number[] = []
  let pushes = 0
  let bytes = 0
  const rumours = members <= 128 ? 40 : 10
  for (let seed = 0; seed < rumours; seed++) {
    const group = new Group({ members, seed, lossPerMillion })
    group.broadcast()
    while (group.heardRounds.length < members - 1) group.runForMs(ROUND_MS)
    last.push(group.heardRounds.at(-1)!)
    pushes += group.pushes / members / rumours
    bytes += group.bytes / members / rumours
  }
  const seconds = (rounds: number): string => ((rounds * ROUND_MS) / 1000).toFixed(1)
  return [
    figure(members),
    `${lossPerMillion / 10_000} %`,
    figure(pushes),
    figure(bytes),
    seconds(median(last)),
    seconds(Math.max(...last)),
  ]
}

const sizes = [8, 32, 128, 1000].flatMap(members => [0, 200_000].map(loss => toAll(members, loss)))
console.log(
  `\n${markdownTable(['members', 'lost', 'pushes each', 'bytes each', 'all have heard, s', 'at most, s'], sizes)}`,
)
