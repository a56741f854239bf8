/** The rules of one member, told message by message. */
import { describe, expect, test } from 'vitest'
import { EMPTY } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { randomFromSeed } from '../../core/prng.ts'
import type { Instant } from '../../core/time.ts'
import type { SwimEffect } from './effect.ts'
import type { Claim } from './member.ts'
import type { SwimMessage } from './message.ts'
import type { SwimOptions } from './options.ts'
import { Swim, type SwimInput } from './swim.ts'

const ME = 1n as NodeId
const [ANN, BOB, EVE] = [2n, 3n, 4n] as NodeId[] as [NodeId, NodeId, NodeId]

const alive = (id: NodeId, incarnation = 0, meta = EMPTY): Claim => ({
  state: 'alive',
  id,
  incarnation,
  meta,
})
const suspect = (id: NodeId, by: NodeId, incarnation = 0): Claim => ({
  state: 'suspect',
  id,
  incarnation,
  by,
})
const dead = (id: NodeId, incarnation = 0): Claim => ({ state: 'dead', id, incarnation })

/** A member whose time is told in milliseconds. */
class Subject {
  readonly swim: Swim
  nowMs = 0

  constructor(others: readonly NodeId[] = [], options: Partial<SwimOptions> = {}) {
    this.swim = new Swim({ id: ME, random: randomFromSeed(7), ...options })
    this.hear(ANN, ...others.map(id => alive(id)))
  }

  give(...inputs: SwimInput[]): SwimEffect[] {
    const out: SwimEffect[] = []
    this.swim.step((this.nowMs * 1000) as Instant, inputs, out)
    this.swim.check()
    return out
  }

  receive(from: NodeId, message: SwimMessage): SwimEffect[] {
    return this.give({ kind: 'receive', from, message })
  }

  hear(from: NodeId, ...claims: Claim[]): SwimEffect[] {
    return this.receive(from, { kind: 'sync', asks: false, claims })
  }

  /** Sleeps until it wants to be woken. */
  wake(): SwimEffect[] {
    this.nowMs = this.swim.deadline() / 1000
    return this.give({ kind: 'deadline' })
  }

  /** Sleeps and wakes until something is sent, and gives all that was sent then. */
  wakeUntilSent(kind: SwimMessage['kind']): Sent[] {
    for (let i = 0; i < 1000; i++) {
      const sent = sentIn(this.wake()).filter(({ message }) => message.kind === kind)
      if (sent.length > 0) return sent
    }
    throw new Error(`no ${kind} is ever sent`)
  }
}

type Sent = Extract<SwimEffect, { readonly kind: 'send' }>

function sentIn(effects: readonly SwimEffect[]): Sent[] {
  return effects.filter(effect => effect.kind === 'send')
}

function newsIn(effects: readonly SwimEffect[]): string[] {
  return effects.flatMap(effect => ('member' in effect ? [`${effect.kind} ${effect.member.id}`] : []))
}

describe('a claim', () => {
  test('of a higher incarnation wins, and within one the later word', () => {
    const me = new Subject([ANN, BOB])
    expect(newsIn(me.hear(BOB, suspect(ANN, BOB)))).toEqual(['suspected 2'])
    expect(newsIn(me.hear(BOB, alive(ANN)))).toEqual([])
    expect(newsIn(me.hear(BOB, alive(ANN, 1)))).toEqual(['trusted 2'])
    expect(newsIn(me.hear(BOB, suspect(ANN, BOB), dead(ANN)))).toEqual([])
    expect(newsIn(me.hear(BOB, dead(ANN, 1)))).toEqual(['died 2'])
    expect(newsIn(me.hear(BOB, suspect(ANN, BOB, 1), alive(ANN, 1)))).toEqual([])
    expect(newsIn(me.hear(BOB, alive(ANN, 2)))).toEqual(['joined 2'])
    expect(newsIn(me.hear(BOB, { state: 'left', id: ANN, incarnation: 2 }))).toEqual(['left 2'])
    expect(newsIn(me.hear(BOB, dead(ANN, 2)))).toEqual([])
    expect(me.swim.member(ANN)).toMatchObject({ state: 'left', incarnation: 2 })
  })

  test('is taken in any order to the same end', () => {
    const claims = [
      alive(ANN),
      suspect(ANN, BOB),
      dead(ANN),
      alive(ANN, 1, Uint8Array.of(1)),
      suspect(ANN, EVE, 1),
      alive(ANN, 3, Uint8Array.of(3)),
      suspect(ANN, EVE, 3),
    ]
    const random = randomFromSeed(5)
    for (let round = 0; round < 200; round++) {
      const me = new Subject([ANN, BOB, EVE])
      for (let left = [...claims]; left.length > 0; )
        me.hear(BOB, ...left.splice(random.below(left.length), 1))
      expect(me.swim.member(ANN)).toEqual({
        id: ANN,
        state: 'suspect',
        incarnation: 3,
        meta: Uint8Array.of(3),
      })
    }
  })

  test('that is bad, about somebody unknown, is not taken: so who is gone can be forgotten', () => {
    const me = new Subject([ANN])
    expect(newsIn(me.hear(ANN, dead(EVE, 4), suspect(EVE, ANN, 4)))).toEqual([])
    expect(me.swim.member(EVE)).toBeUndefined()
    expect(newsIn(me.hear(ANN, alive(EVE, 4)))).toEqual(['joined 4'])
  })

  test('about what a member tells of itself is news only if it says something else', () => {
    const me = new Subject([ANN, BOB])
    expect(newsIn(me.hear(BOB, alive(ANN, 1)))).toEqual([])
    expect(newsIn(me.hear(BOB, alive(ANN, 2, Uint8Array.of(7))))).toEqual(['updated 2'])
    // What is older comes late, and changes nothing.
    expect(newsIn(me.hear(BOB, alive(ANN, 1, Uint8Array.of(6))))).toEqual([])
    expect(me.swim.member(ANN)!.meta).toEqual(Uint8Array.of(7))
  })
})

describe('about itself a member', () => {
  test('takes back what others claim, in a higher incarnation, and is a little less well', () => {
    const me = new Subject([ANN, BOB])
    expect(me.swim.health).toBe(0)
    me.hear(ANN, suspect(ME, BOB))
    expect(me.swim.incarnation).toBe(1)
    expect(me.swim.health).toBe(1)
    me.hear(ANN, suspect(ME, BOB))
    expect(me.swim.incarnation).toBe(1)
    const [ack] = sentIn(me.receive(ANN, { kind: 'ping', sequence: 9, claims: [] }))
    expect(ack!.message).toMatchObject({ kind: 'ack', sequence: 9 })
    expect(ack!.message.claims).toContainEqual(alive(ME, 1))
  })

  test('comes back from the dead, and from an earlier life that told something else', () => {
    const me = new Subject([ANN], { meta: Uint8Array.of(1) })
    me.hear(ANN, dead(ME, 5))
    expect(me.swim.incarnation).toBe(6)
    me.hear(ANN, alive(ME, 6, Uint8Array.of(1)))
    expect(me.swim.incarnation).toBe(6)
    me.hear(ANN, alive(ME, 6, Uint8Array.of(9)))
    expect(me.swim.incarnation).toBe(7)
  })

  test('tells what else there is to tell in a new incarnation', () => {
    const me = new Subject([ANN])
    me.give({ kind: 'update', meta: Uint8Array.of(5) })
    const [ack] = sentIn(me.receive(ANN, { kind: 'ping', sequence: 1, claims: [] }))
    expect(ack!.message.claims).toContainEqual(alive(ME, 1, Uint8Array.of(5)))
  })

  test('says that it leaves as often as it should, and then no more', () => {
    const me = new Subject([ANN])
    me.give({ kind: 'leave' })
    let told = 0
    let hasDeparted = false
    for (let i = 0; i < 100 && !hasDeparted; i++) {
      const effects = me.receive(ANN, { kind: 'ping', sequence: i, claims: [] })
      for (const { message } of sentIn(effects)) {
        if (message.claims.some(claim => claim.id === ME && claim.state === 'left')) told++
      }
      hasDeparted = effects.some(({ kind }) => kind === 'departed')
    }
    expect(hasDeparted).toBe(true)
    // Twice log2 of two members and one more, rounded up.
    expect(told).toBe(4)
    expect(me.give({ kind: 'deadline' })).toEqual([])
    expect(me.swim.deadline()).toBe(Number.POSITIVE_INFINITY)
  })

  test('leaves at once if there is nobody to tell, and after a while if nobody listens', () => {
    const alone = new Subject()
    expect(alone.give({ kind: 'leave' }).map(({ kind }) => kind)).toContain('departed')
    const me = new Subject([ANN, BOB, EVE], { periodMs: 1000, retransmissions: 100 })
    me.give({ kind: 'leave' })
    const begunMs = me.nowMs
    for (let i = 0; i < 1000 && me.swim.deadline() < Number.POSITIVE_INFINITY; i++) me.wake()
    expect(me.nowMs - begunMs).toBe(10_000)
  })
})

describe('a probe', () => {
  test('goes to everybody once a round', () => {
    const others = [ANN, BOB, EVE, 5n as NodeId]
    const me = new Subject(others)
    for (let round = 0; round < 3; round++) {
      const probed = others.map(() => {
        const [ping] = me.wakeUntilSent('ping')
        me.receive(ping!.to, { kind: 'ack', sequence: sequenceOf(ping!), claims: [] })
        return ping!.to
      })
      expect(probed.sort()).toEqual(others)
    }
  })

  test('that is not answered in time asks others, who suspect nobody', () => {
    const me = new Subject([ANN, BOB, EVE, 5n as NodeId, 6n as NodeId])
    const [ping] = me.wakeUntilSent('ping')
    const begunMs = me.nowMs
    const asked = me.wakeUntilSent('pingRequest')
    expect(me.nowMs - begunMs).toBe(500)
    expect(asked.length).toBe(3)
    expect(asked.map(({ to }) => to)).not.toContain(ping!.to)
    expect(new Set(asked.map(({ to }) => to)).size).toBe(3)
    for (const { message } of asked) expect(message).toMatchObject({ target: ping!.to })
    // The answer of one of them is as good as its own.
    me.receive(asked[0]!.to, { kind: 'ack', sequence: sequenceOf(ping!), claims: [] })
    me.wakeUntilSent('ping')
    expect(me.swim.member(ping!.to)!.state).toBe('alive')
    expect(me.nowMs - begunMs).toBe(1000)
  })

  test('that is not answered at all ends in a suspicion, one look after its period', () => {
    const me = new Subject([ANN, BOB, EVE])
    const [ping] = me.wakeUntilSent('ping')
    const begunMs = me.nowMs
    let news: string[] = []
    while (news.length === 0) news = newsIn(me.wake())
    expect(news).toEqual([`suspected ${ping!.to}`])
    expect(me.nowMs - begunMs).toBe(1020)
  })

  test('is answered by whoever was pinged or asked, not by others, nor for an earlier probe', () => {
    const me = new Subject([ANN, BOB, EVE])
    const [ping] = me.wakeUntilSent('ping')
    const stranger = [ANN, BOB, EVE].find(id => id !== ping!.to)!
    me.receive(stranger, { kind: 'ack', sequence: sequenceOf(ping!), claims: [] })
    me.receive(ping!.to, { kind: 'ack', sequence: sequenceOf(ping!) - 1, claims: [] })
    let news: string[] = []
    while (news.length === 0) news = newsIn(me.wake())
    expect(news).toEqual([`suspected ${ping!.to}`])
  })

  test('on behalf of somebody passes the answer on, or says in time that there is none', () => {
    const me = new Subject([ANN, BOB])
    const ask = (sequence: number): Sent =>
      sentIn(me.receive(ANN, { kind: 'pingRequest', sequence, target: BOB, claims: [] }))[0]!
    const first = ask(41)
    expect(first).toMatchObject({ to: BOB, message: { kind: 'ping' } })
    const [ack] = sentIn(me.receive(BOB, { kind: 'ack', sequence: sequenceOf(first), claims: [] }))
    expect(ack).toMatchObject({ to: ANN, message: { kind: 'ack', sequence: 41 } })
    const second = ask(42)
    const begunMs = me.nowMs
    const [nack] = me.wakeUntilSent('nack')
    expect(nack).toMatchObject({ to: ANN, message: { kind: 'nack', sequence: 42 } })
    expect(me.nowMs - begunMs).toBe(400)
    // Late, and still of use.
    const [late] = sentIn(me.receive(BOB, { kind: 'ack', sequence: sequenceOf(second), claims: [] }))
    expect(late).toMatchObject({ to: ANN, message: { kind: 'ack', sequence: 42 } })
    expect(sentIn(me.receive(BOB, { kind: 'ack', sequence: sequenceOf(second), claims: [] }))).toEqual([])
  })
})

test('a probe that was under way while its process was away has another timeout', () => {
  const me = new Subject([ANN, BOB, EVE])
  me.wakeUntilSent('ping')
  me.wakeUntilSent('pingRequest')
  me.nowMs = me.swim.deadline() / 1000 + 400
  const backMs = me.nowMs
  let news = newsIn(me.give({ kind: 'deadline' }))
  while (news.length === 0) news = newsIn(me.wake())
  expect(me.nowMs - backMs).toBeGreaterThanOrEqual(500)
})

describe('local health', () => {
  const failProbe = (nacks: number): Subject => {
    const me = new Subject([ANN, BOB, EVE, 5n as NodeId])
    const [ping] = me.wakeUntilSent('ping')
    const asked = me.wakeUntilSent('pingRequest')
    for (const { to } of asked.slice(0, nacks)) {
      me.receive(to, { kind: 'nack', sequence: sequenceOf(ping!), claims: [] })
    }
    while (newsIn(me.wake()).length === 0);
    return me
  }

  test('is worse by each that was asked and said nothing, and not at all if all said that they hear nothing', () => {
    expect(failProbe(3).swim.health).toBe(0)
    expect(failProbe(2).swim.health).toBe(1)
    expect(failProbe(0).swim.health).toBe(3)
  })

  test('stretches probes, and is better with each that is answered', () => {
    const me = failProbe(0)
    const begunMs = me.nowMs
    const asked = me.wakeUntilSent('pingRequest')
    // The next probe had begun at once; it waits four times as long.
    expect(me.nowMs - begunMs).toBe(4 * 500)
    const sequence = sequenceOf(asked[0]!)
    me.receive(asked[0]!.to, { kind: 'ack', sequence, claims: [] })
    expect(me.swim.health).toBe(2)
    me.receive(asked[0]!.to, { kind: 'ack', sequence, claims: [] })
    expect(me.swim.health).toBe(2)
  })
})

describe('a suspect', () => {
  test('tells whoever told it so that it lives, at once', () => {
    const me = new Subject([ANN, BOB])
    const [told] = sentIn(me.receive(ANN, { kind: 'nack', sequence: 77, claims: [suspect(ME, BOB)] }))
    expect(told).toMatchObject({ to: ANN, message: { kind: 'ping' } })
    expect(told!.message.claims).toContainEqual(alive(ME, 1))
  })

  test('that was away itself asks others at once what is said of it', () => {
    const me = new Subject([ANN, BOB, EVE, 5n as NodeId])
    me.nowMs = me.swim.deadline() / 1000 + 3000
    const pings = sentIn(me.give()).filter(({ message }) => message.kind === 'ping')
    expect(pings.length).toBeGreaterThanOrEqual(3)
  })

  test('is told so by whoever speaks to it', () => {
    const me = new Subject([ANN, BOB, EVE])
    me.hear(ANN, suspect(BOB, ANN))
    for (let i = 0; i < 20; i++) {
      const [ack] = sentIn(me.receive(BOB, { kind: 'ping', sequence: i, claims: [] }))
      expect(ack!.message.claims[0]).toEqual(suspect(BOB, ANN))
    }
  })

  test('is called once more before it is given up', () => {
    const me = new Subject([ANN, BOB], { suspicionPeriods: 3 })
    me.hear(BOB, suspect(ANN, BOB), suspect(ANN, ME))
    let effects: SwimEffect[] = []
    const calls: number[] = []
    while (!newsIn(effects).includes('died 2')) {
      effects = me.wake()
      const pings = sentIn(effects).filter(({ to, message }) => to === ANN && message.kind === 'ping')
      // So long is an answer to this call waited for.
      if (pings.length > 0) calls.push(me.nowMs + 500 * (me.swim.health + 1))
      expect(me.nowMs).toBeLessThan(60_000)
    }
    expect(calls).toContain(me.nowMs)
  })
})

describe('all that is known', () => {
  test('is told to who asks, suspicions included, and to whom a member joins by', () => {
    const me = new Subject([ANN, BOB], { meta: Uint8Array.of(1) })
    me.hear(ANN, suspect(BOB, ANN), alive(EVE, 2), dead(EVE, 2))
    const [page] = sentIn(me.receive(ANN, { kind: 'sync', asks: true, claims: [] }))
    expect(page!.message).toEqual({
      kind: 'sync',
      asks: false,
      claims: [alive(ME, 0, Uint8Array.of(1)), alive(ANN), alive(BOB), suspect(BOB, ANN), dead(EVE, 2)],
    })
    const joiner = new Swim({ id: ME, random: randomFromSeed(1), seeds: [ME, ANN] })
    const out: SwimEffect[] = []
    joiner.step(0 as Instant, [], out)
    expect(sentIn(out)).toEqual([
      { kind: 'send', to: ANN, message: { kind: 'sync', asks: true, claims: [alive(ME)] } },
    ])
  })

  test('is passed on by who hears of it later, and not by who joins', () => {
    const me = new Subject([ANN, BOB])
    const passedOn = (): NodeId[] =>
      sentIn(me.receive(ANN, { kind: 'ping', sequence: 1, claims: [] }))[0]!.message.claims.map(
        ({ id }) => id,
      )
    expect(passedOn()).toEqual([ME])
    me.nowMs = 999
    me.hear(BOB, alive(5n as NodeId))
    me.nowMs = 1000
    me.hear(BOB, alive(EVE))
    expect(passedOn()).toEqual([EVE, ME])
  })

  test('travels in packets no larger than others, of which the last asks', () => {
    const others = Array.from({ length: 200 }, (_, i) => BigInt(i + 2) as NodeId)
    const me = new Subject(others, { syncMs: 100 })
    const pages = me.wakeUntilSent('sync')
    expect(pages.length).toBe(2)
    expect(pages.map(({ message }) => message.kind === 'sync' && message.asks)).toEqual([false, true])
    const told = pages.flatMap(({ message }) => message.claims.map(({ id }) => id))
    expect(told.sort((a, b) => Number(a - b))).toEqual([ME, ...others])
  })

  test('is told now and then to one who died, who may be cut off and there', () => {
    const me = new Subject([ANN, BOB], { syncMs: 100 })
    me.hear(BOB, dead(ANN))
    const told = Array.from({ length: 20 }, () => me.wakeUntilSent('sync')).flat()
    expect(told.map(({ to }) => to)).toContain(ANN)
  })

  test('of who is gone is forgotten after a while', () => {
    const me = new Subject([ANN, BOB], { forgetMs: 5000 })
    me.hear(BOB, dead(ANN))
    let news: string[] = []
    while (!news.includes('forgotten 2')) {
      expect(me.swim.member(ANN)!.state).toBe('dead')
      news = newsIn(me.wake())
    }
    expect(me.nowMs).toBe(5000)
    expect(me.swim.member(ANN)).toBeUndefined()
  })
})

function sequenceOf({ message }: Sent): number {
  return message.kind === 'sync' ? 0 : message.sequence
}
