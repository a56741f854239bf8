/** Random schedules: what a group comes to, whatever has happened. `SWIM_SEEDS` searches further. */
import { describe, expect, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import { drawFaults } from '../faults.conformance.ts'
import { PERIOD_MS, SwimWorld } from './swim-world.conformance.ts'

const SEEDS = Number(process.env['SWIM_SEEDS'] ?? 2000)

/** Members die, pause, leave and come back, messages are lost and doubled, and the network parts. */
function torment(one: SwimWorld): void {
  const { world } = one
  const { random, ids } = world
  world.network.faults = drawFaults(random, 4000)
  for (let action = 0; action < 6; action++) {
    const id = ids[random.below(ids.length)]!
    const draw = random.below(10)
    if (draw < 2) world.crash(id)
    else if (draw < 4 && !world.isAlive(id)) world.start(id)
    else if (draw === 4) world.network.links.isolate(formatNodeId(id))
    else if (draw === 5) world.network.links.healAll()
    else if (draw === 6) world.pause(id)
    else if (draw === 7) for (const paused of ids) world.resume(paused)
    else if (draw === 8) world.give(id, { kind: 'leave' })
    else if (world.isAlive(id)) one.update(id, Uint8Array.of(action))
    world.runForMs(random.below(random.chance(1, 3) ? 20 * PERIOD_MS : 2 * PERIOD_MS))
  }
}

describe('a group of members', () => {
  test(`in ${SEEDS} schedules of anything: once all is well everybody knows who lives, and what they tell`, {
    timeout: 300_000,
  }, () => {
    let died = 0
    let departed = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const one = new SwimWorld({ seed, nodes: 2 + (seed % 4), options: { syncMs: 5000, forgetMs: 60_000 } })
      one.world.startAll()
      torment(one)
      one.heal()
      if (!one.world.runUntilTrue(() => one.isAgreed, 120 * PERIOD_MS)) {
        throw new Error(`seed ${seed}, alive ${one.alive}:\n${one.describe()}`)
      }
      died += one.count('died')
      departed += one.count('departed')
    }
    expect(died).toBeGreaterThan(SEEDS)
    expect(departed).toBeGreaterThan(SEEDS / 20)
  })

  test('finds out every crash by itself, in time, and nobody who lives is declared dead', {
    timeout: 300_000,
  }, () => {
    const found: number[] = []
    for (let seed = 1; seed <= 100; seed++) {
      const one = new SwimWorld({ seed, nodes: 3 + (seed % 6) })
      const { world } = one
      world.startAll()
      world.runForMs(20 * PERIOD_MS + world.random.below(PERIOD_MS))
      const victim = world.ids[world.random.below(world.ids.length)]!
      const crashedMs = world.clock.now() / 1000
      one.told.length = 0
      world.crash(victim)
      if (!world.runUntilTrue(() => one.isAgreed, 60 * PERIOD_MS)) throw new Error(`seed ${seed}`)
      const suspected = one.told.find(({ news }) => news.kind === 'suspected')!
      found.push((suspected.atMs - crashedMs) / PERIOD_MS)
      // Two rounds of probes, each a period or, where others are asked in vain, a little longer.
      expect(found.at(-1)).toBeLessThan(2 * world.ids.length)
      for (const { news } of one.told) if (news.kind === 'died') expect(news.member.id).toBe(victim)
      expect(one.count('died')).toBe(world.ids.length - 1)
    }
    const mean = found.reduce((sum, periods) => sum + periods, 0) / found.length
    // e / (e - 1) periods until somebody probes it, and one until it is suspected, less what had passed of it.
    expect(mean).toBeGreaterThan(1.2)
    expect(mean).toBeLessThan(2.6)
  })

  test('with a tenth of all messages lost declares nobody dead who lives', { timeout: 300_000 }, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const one = new SwimWorld({ seed, nodes: 8 })
      one.world.startAll()
      one.world.network.faults = { ...one.world.network.faults, lossPerMillion: 100_000 }
      one.world.runForMs(120 * PERIOD_MS)
      if (one.count('died') > 0) throw new Error(`seed ${seed}: ${one.describe()}`)
    }
  })

  test('that was parted for long finds together again, though each side had declared the other dead', () => {
    const one = new SwimWorld({ seed: 3, nodes: 6, options: { syncMs: 5000 } })
    const { world } = one
    world.startAll()
    world.runForMs(20 * PERIOD_MS)
    world.network.links.partition([
      ['1', '2', '3'],
      ['4', '5', '6'],
    ])
    world.runForMs(120 * PERIOD_MS)
    expect(one.viewOf(1n as NodeId)).toEqual([1n, 2n, 3n])
    expect(one.viewOf(6n as NodeId)).toEqual([4n, 5n, 6n])
    world.heal()
    expect(world.runUntilTrue(() => one.isAgreed, 60 * PERIOD_MS)).toBe(true)
  })
})
