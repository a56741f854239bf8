/** The rules of one member, told message by message. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { randomFromSeed } from '../../core/prng.ts'
import type { Instant } from '../../core/time.ts'
import { Gossip, type GossipEffect, type GossipInput } from './gossip.ts'
import { GossipWorld } from './gossip-world.conformance.ts'
import { AHEAD_MAX } from './limits.ts'
import type { GossipMessage } from './message.ts'
import type { GossipOptions } from './options.ts'
import type { Rumour } from './rumour.ts'

const ME = 1n as NodeId
const [ANN, BOB] = [2n, 3n] as [NodeId, NodeId]

const rumour = (origin: NodeId, number: number, epoch = 1, size = 1): Rumour => ({
  origin,
  epoch,
  number,
  payload: new Uint8Array(size),
})

/** A member whose time is told in milliseconds. */
class Subject {
  readonly gossip: Gossip
  nowMs = 0

  constructor(options: Partial<GossipOptions> = {}) {
    this.gossip = new Gossip({
      id: ME,
      random: randomFromSeed(3),
      epoch: 1,
      members: [ME, ANN, BOB],
      antiEntropyMs: 1_000_000,
      ...options,
    })
    this.give()
  }

  give(...inputs: GossipInput[]): GossipEffect[] {
    const out: GossipEffect[] = []
    this.gossip.step((this.nowMs * 1000) as Instant, inputs, out)
    this.gossip.check()
    return out
  }

  receive(from: NodeId, message: GossipMessage): GossipEffect[] {
    return this.give({ kind: 'receive', from, message })
  }

  hear(...rumours: Rumour[]): GossipEffect[] {
    return this.receive(ANN, { kind: 'push', rumours })
  }

  say(size = 1): void {
    this.give({ kind: 'broadcast', payload: new Uint8Array(size) })
  }

  /** Sleeps until its next round, and gives what it tells then. */
  round(): Push[] {
    this.nowMs = this.gossip.deadline() / 1000
    return pushesIn(this.give({ kind: 'deadline' }))
  }

  /** How often it tells its only rumour, if everybody answers like this. */
  roundsUntilCold(answer: (push: Push) => void): number {
    let rounds = 0
    while (this.gossip.hot > 0) {
      for (const push of this.round()) {
        rounds++
        answer(push)
      }
    }
    return rounds
  }
}

interface Push {
  readonly to: NodeId
  readonly rumours: readonly Rumour[]
}

function pushesIn(effects: readonly GossipEffect[]): Push[] {
  return effects.flatMap(effect =>
    effect.kind === 'send' && effect.message.kind === 'push'
      ? [{ to: effect.to, rumours: effect.message.rumours }]
      : [],
  )
}

function deliveredIn(effects: readonly GossipEffect[]): number[] {
  return effects.flatMap(effect => (effect.kind === 'deliver' ? [effect.rumour.number] : []))
}

describe('a rumour', () => {
  test('is delivered once, in whatever order it comes, and told to its sender as known', () => {
    const me = new Subject()
    expect(deliveredIn(me.hear(rumour(BOB, 2), rumour(BOB, 1)))).toEqual([2, 1])
    const again = me.hear(rumour(BOB, 2), rumour(BOB, 3))
    expect(deliveredIn(again)).toEqual([3])
    const known = [{ origin: BOB, epoch: 1, number: 2 }]
    expect(again).toContainEqual({ kind: 'send', to: ANN, message: { kind: 'feedback', known } })
    // In another life of its origin the same number is another rumour.
    expect(deliveredIn(me.hear(rumour(BOB, 2, 2)))).toEqual([2])
  })

  test('of its own is passed on, and not delivered', () => {
    const me = new Subject()
    me.say()
    const [push] = me.round()
    expect(push!.rumours).toEqual([rumour(ME, 1)])
    expect(deliveredIn(me.hear(rumour(ME, 1)))).toEqual([])
  })

  test('is told each round to as many others as was chosen, each once', () => {
    const me = new Subject({ members: [ME, 2n, 3n, 4n, 5n] as NodeId[], fanout: 3 })
    me.say()
    for (let round = 0; round < 3; round++) {
      const told = me.round().map(({ to }) => to)
      expect(new Set(told).size).toBe(3)
      expect(told).not.toContain(ME)
    }
    const at = me.nowMs
    expect(me.round().length).toBe(3)
    expect(me.nowMs - at).toBe(200)
  })

  test('goes on in packets that are full, those first that were told least often', () => {
    const me = new Subject({ fanout: 1 })
    for (let i = 0; i < 5; i++) me.say(500)
    expect(me.round()[0]!.rumours.map(({ number }) => number)).toEqual([1, 2])
    expect(me.round()[0]!.rumours.map(({ number }) => number)).toEqual([3, 4])
    expect(me.round()[0]!.rumours.map(({ number }) => number)).toEqual([5, 1])
  })

  test('that nobody can be told waits, and costs nothing', () => {
    const me = new Subject({ members: [] })
    me.say()
    expect(me.gossip.deadline()).toBeGreaterThan(10_000_000)
    me.give({ kind: 'members', ids: [ME, ANN] })
    expect(me.round()[0]).toEqual({ to: ANN, rumours: [rumour(ME, 1)] })
  })
})

test('who hears something new all the time speaks in every round all the same', () => {
  const subject = new Subject({ roundMs: 200 })
  let told = 0
  for (let number = 1; number <= 100; number++) {
    subject.nowMs += 20
    told += pushesIn(subject.hear(rumour(ANN, number))).length
    if (subject.gossip.deadline() <= subject.nowMs * 1000)
      told += pushesIn(subject.give({ kind: 'deadline' })).length
  }
  // Two seconds are ten rounds.
  expect(told).toBeGreaterThanOrEqual(9)
})

describe('a rumour goes cold', () => {
  const feedback = (me: Subject) => (push: Push) => {
    const known = push.rumours.map(({ origin, epoch, number }) => ({ origin, epoch, number }))
    me.receive(push.to, { kind: 'feedback', known })
  }
  const nobodyAnswers = (): void => {}

  test('with a counter and feedback, when so many knew it', () => {
    const me = new Subject({ ending: { rule: 'counter', feedback: true, k: 3 } })
    me.say()
    expect(me.roundsUntilCold(feedback(me))).toBe(3)
  })

  test('with a counter and blindly, when it was told so often', () => {
    const me = new Subject({ ending: { rule: 'counter', feedback: false, k: 5 } })
    me.say()
    expect(me.roundsUntilCold(feedback(me))).toBe(5)
  })

  test('with a coin, after so many on average', () => {
    for (const isBlind of [true, false]) {
      const me = new Subject({ ending: { rule: 'coin', feedback: !isBlind, k: 4 } })
      let rounds = 0
      const counts = new Set<number>()
      for (let i = 0; i < 400; i++) {
        me.say()
        const count = me.roundsUntilCold(isBlind ? nobodyAnswers : feedback(me))
        rounds += count
        counts.add(count)
      }
      expect(counts.size).toBeGreaterThan(4)
      expect(Math.abs(rounds / 400 - 4)).toBeLessThan(0.6)
    }
  })

  test('in any case, though nobody answers', () => {
    const me = new Subject()
    me.say()
    // Four times log2 of three members, rounded up, and k.
    expect(me.roundsUntilCold(nobodyAnswers)).toBe(4 * 2 + 3)
  })
})

describe('comparing what is known', () => {
  test('sends the other what it lacks, and tells what is known if it asks', () => {
    const me = new Subject()
    me.hear(rumour(BOB, 1), rumour(BOB, 2), rumour(BOB, 4), rumour(9n as NodeId, 1))
    const sources = [{ origin: BOB, epoch: 1, through: 1, ahead: [4] }]
    const effects = me.receive(ANN, { kind: 'digest', asks: true, sources })
    expect(pushesIn(effects)).toEqual([{ to: ANN, rumours: [rumour(BOB, 2), rumour(9n as NodeId, 1)] }])
    expect(effects).toContainEqual({
      kind: 'send',
      to: ANN,
      message: {
        kind: 'digest',
        asks: false,
        sources: [
          { origin: BOB, epoch: 1, through: 2, ahead: [4] },
          { origin: 9n, epoch: 1, through: 1, ahead: [] },
        ],
      },
    })
    const quiet = me.receive(ANN, { kind: 'digest', asks: false, sources })
    expect(quiet.every(effect => effect.kind === 'send' && effect.message.kind === 'push')).toBe(true)
  })

  test('answers for the sources of a page alone', () => {
    const me = new Subject()
    for (const origin of [4n, 5n, 6n, 7n] as NodeId[]) me.hear(rumour(origin, 1))
    const after = { origin: 4n as NodeId, epoch: 1 }
    const upTo = { origin: 6n as NodeId, epoch: 1 }
    const effects = me.receive(ANN, { kind: 'digest', asks: true, after, upTo, sources: [] })
    expect(pushesIn(effects)[0]!.rumours.map(({ origin }) => origin)).toEqual([5n, 6n])
    const told = effects.flatMap(effect =>
      effect.kind === 'send' && effect.message.kind === 'digest' ? [effect.message] : [],
    )
    expect(told).toMatchObject([{ after, upTo, sources: [{ origin: 5n }, { origin: 6n }] }])
  })

  test('of many sources takes several pages, and goes on where it ended', () => {
    const me = new Subject({ antiEntropyMs: 1000, ending: { rule: 'counter', feedback: false, k: 1 } })
    const origins = Array.from({ length: 3000 }, (_, i) => BigInt(i + 10) as NodeId)
    for (let i = 0; i < origins.length; i += 50) {
      me.hear(...origins.slice(i, i + 50).map(origin => rumour(origin, 1)))
    }
    const told: bigint[] = []
    for (let exchanges = 0; exchanges < 3; ) {
      me.nowMs = me.gossip.deadline() / 1000
      const pages = me
        .give({ kind: 'deadline' })
        .flatMap(effect =>
          effect.kind === 'send' && effect.message.kind === 'digest' ? [effect.message] : [],
        )
      if (pages.length === 0) continue
      exchanges++
      expect(pages.length).toBeLessThanOrEqual(16)
      for (const page of pages) told.push(...page.sources.map(({ origin }) => origin))
      for (let i = 1; i < pages.length; i++) expect(pages[i]!.after).toEqual(pages[i - 1]!.upTo)
    }
    expect(told.slice(0, 3000)).toEqual(origins)
  })
})

describe('what is known of a source', () => {
  test('stays small: a gap that nobody fills is given up, and that is said', () => {
    const me = new Subject()
    for (let number = 3; number < 3 + AHEAD_MAX; number++) me.hear(rumour(BOB, number))
    expect(me.gossip.knows(rumour(BOB, 1))).toBe(false)
    const effects = me.hear(rumour(BOB, 3 + AHEAD_MAX))
    expect(effects).toContainEqual({ kind: 'missed', source: { origin: BOB, epoch: 1 }, count: 2 })
    expect(deliveredIn(me.hear(rumour(BOB, 1), rumour(BOB, 3), rumour(BOB, 4 + AHEAD_MAX)))).toEqual([
      4 + AHEAD_MAX,
    ])
  })

  test('outlives the rumours themselves, of which the newest are kept', () => {
    const me = new Subject({ ending: { rule: 'counter', feedback: false, k: 1 } })
    const count = 5000
    for (let number = 1; number <= count; number += 50) {
      me.hear(...Array.from({ length: 50 }, (_, i) => rumour(BOB, number + i)))
    }
    expect(me.gossip.describe()).toContain('4096 kept')
    expect(deliveredIn(me.hear(rumour(BOB, 1)))).toEqual([])
    const effects = me.receive(ANN, { kind: 'digest', asks: false, sources: [] })
    const numbers = pushesIn(effects).flatMap(({ rumours }) => rumours.map(({ number }) => number))
    expect(numbers[0]).toBe(count - 4096 + 1)
    expect(pushesIn(effects).length).toBe(8)
  })
})

test('a broadcast among eight, told message by message', () => {
  const lines = ['# Member 1 has news, and seven others hear it; messages take 10 ms, rounds 200']
  let now = (): number => 0
  const one = new GossipWorld({
    seed: 6,
    nodes: 8,
    quality: { delay: { minimumUs: 10_000, meanUs: 0 }, bytesPerMs: 0 },
    options: { antiEntropyMs: 5000 },
    trace: line =>
      void (/start|digest/.test(line) || lines.push(`  ${String(now()).padStart(4)} ms  ${line}`)),
  })
  now = () => Math.floor(one.world.clock.now() / 1000)
  one.world.startAll()
  one.say(1n as NodeId, 'news')
  one.world.runForMs(30_000)
  for (const id of one.world.ids) expect(one.countOf(id, 'news')).toBe(id === 1n ? 0 : 1)
  const path = new URL('./testdata/broadcast.txt', import.meta.url)
  const told = `${lines.join('\n')}\n`
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, told)
  expect(told).toBe(readFileSync(path, 'utf8'))
})
