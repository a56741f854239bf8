/** A busy event loop must get nobody declared dead: neither those whom it watches, nor itself. */
import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import { drawDelayUs } from '../../sim/delay.ts'
import type { SwimEffect } from './effect.ts'
import { Swim, type SwimInput } from './swim.ts'

/** Between two times in which it is busy a loop runs for so long at least. */
const BREATH_MS = 5000

const DELAY = { minimumUs: 500, meanUs: 5000 }

const SEEDS = Number(process.env['BUSY_SEEDS'] ?? 20)

/** One process with one event loop: due timers first, then what waits in sockets; and either may take long. */
class Loop {
  readonly swim: Swim
  readonly waiting: { readonly at: number; readonly input: SwimInput }[] = []
  readonly died: NodeId[] = []
  readonly id: NodeId
  /** It runs nothing before. */
  busyUntil = 0

  constructor(id: NodeId, random: Random, lifeguard: boolean) {
    this.id = id
    this.swim = new Swim({ id, random, seeds: [1n as NodeId], lifeguard })
  }

  get dueAt(): number {
    const arrivesAt = this.waiting.reduce((first, { at }) => Math.min(first, at), NEVER as number)
    return Math.max(this.busyUntil, Math.min(this.swim.deadline(), arrivesAt))
  }
}

/** Members whose loops are busy now and then, for up to so long; gives who was declared dead, though all live. */
function live(seed: number, loops: number, busyMs: number, minutes: number, lifeguard = true): NodeId[] {
  const random = randomFromSeed(seed)
  const all = Array.from(
    { length: loops },
    (_, i) => new Loop(BigInt(i + 1) as NodeId, random.fork(), lifeguard),
  )
  const step = (loop: Loop, now: number, inputs: SwimInput[]): void => {
    const out: SwimEffect[] = []
    loop.swim.step(now as Instant, inputs, out)
    loop.swim.check()
    for (const effect of out) {
      if (effect.kind === 'died') loop.died.push(effect.member.id)
      if (effect.kind !== 'send') continue
      const at = now + drawDelayUs(DELAY, random)
      const input: SwimInput = { kind: 'receive', from: loop.id, message: effect.message }
      all[Number(effect.to) - 1]!.waiting.push({ at, input })
    }
  }
  const perhapsBusy = (loop: Loop, now: number): void => {
    if (now < loop.busyUntil + BREATH_MS * 1000 || !random.chance(1, 20)) return
    loop.busyUntil = now + random.below(busyMs * 1000)
  }
  for (let now = 0; now < minutes * 60_000_000; ) {
    const loop = all.reduce((first, other) => (other.dueAt < first.dueAt ? other : first))
    now = Math.max(now, loop.dueAt)
    // The timers' phase of the loop ...
    if (loop.swim.deadline() <= now) {
      step(loop, now, [{ kind: 'deadline' }])
      perhapsBusy(loop, now)
    }
    // ... and then the sockets', whatever arrived meanwhile.
    const readsAt = Math.max(now, loop.busyUntil)
    const arrived = loop.waiting.filter(({ at }) => at <= readsAt).sort((a, b) => a.at - b.at)
    if (arrived.length === 0) continue
    for (const one of arrived) loop.waiting.splice(loop.waiting.indexOf(one), 1)
    step(
      loop,
      readsAt,
      arrived.map(({ input }) => input),
    )
    perhapsBusy(loop, readsAt)
  }
  return all.flatMap(({ died }) => died)
}

describe('members whose event loops are busy for seconds, timers first and sockets behind them', () => {
  test('declare nobody dead, and are not declared dead', { timeout: 300_000 }, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const died = live(seed, 2 + (seed % 7), 4000, 4)
      if (died.length > 0) throw new Error(`seed ${seed}: ${died}`)
    }
  })

  test('would be without Lifeguard', { timeout: 300_000 }, () => {
    let died = 0
    for (let seed = 1; seed <= 6; seed++) died += live(seed, 8, 8000, 4, false).length
    expect(died).toBeGreaterThan(0)
  })
})

describe('a process that was away', () => {
  const pair = (): { swim: Swim; give: (ms: number, ...inputs: SwimInput[]) => SwimEffect[] } => {
    const swim = new Swim({ id: 1n as NodeId, random: randomFromSeed(1), suspicionPeriods: 3 })
    return {
      swim,
      give: (ms, ...inputs) => {
        const out: SwimEffect[] = []
        swim.step((ms * 1000) as Instant, inputs, out)
        swim.check()
        return out
      },
    }
  }
  const hello: SwimInput = {
    kind: 'receive',
    from: 2n as NodeId,
    message: {
      kind: 'sync',
      asks: false,
      claims: [{ state: 'alive', id: 2n as NodeId, incarnation: 0, meta: new Uint8Array(0) }],
    },
  }
  const wake = (swim: Swim): number => swim.deadline() / 1000

  test('takes itself for unwell, and gives a suspect that time again and a period more', () => {
    const { swim, give } = pair()
    give(0, hello)
    while (swim.member(2n as NodeId)!.state === 'alive') give(wake(swim), { kind: 'deadline' })
    const suspectedMs = wake(swim)
    const before = swim.health
    // Ten seconds away: the suspect's three are long over.
    give(suspectedMs + 10_000, { kind: 'deadline' })
    expect(swim.health).toBe(before + 1)
    expect(swim.member(2n as NodeId)!.state).toBe('suspect')
    // What had waited in the socket takes the suspicion back.
    const refuted: SwimInput = {
      ...hello,
      message: {
        kind: 'ack',
        sequence: 99,
        claims: [{ state: 'alive', id: 2n as NodeId, incarnation: 1, meta: new Uint8Array(0) }],
      },
    }
    expect(give(suspectedMs + 10_001, refuted).map(({ kind }) => kind)).toEqual(['trusted'])
  })

  test('but a suspect that is dead is found out all the same', () => {
    const { swim, give } = pair()
    give(0, hello)
    let now = 0
    for (let away = 0; away < 5; away++) {
      for (let i = 0; i < 3; i++) give((now = wake(swim)), { kind: 'deadline' })
      give((now += 5000), { kind: 'deadline' })
    }
    while (now < 120_000 && swim.member(2n as NodeId)!.state !== 'dead') {
      give((now = wake(swim)), { kind: 'deadline' })
    }
    expect(swim.member(2n as NodeId)!.state).toBe('dead')
  })
})
