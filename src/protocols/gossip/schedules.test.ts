/** Random schedules: what is broadcast reaches all who live, once each. `GOSSIP_SEEDS` searches further. */
import { describe, expect, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { drawFaults } from '../faults.conformance.ts'
import { GossipWorld } from './gossip-world.conformance.ts'
import type { Ending } from './options.ts'

const SEEDS = Number(process.env['GOSSIP_SEEDS'] ?? 2000)

function drawEnding(random: Random): Ending {
  return {
    rule: random.chance(1, 2) ? 'coin' : 'counter',
    feedback: random.chance(1, 2),
    k: 1 + random.below(4),
  }
}

/** Members speak, die, pause and come back, messages are lost and doubled, and the network parts. */
function torment(one: GossipWorld): void {
  const { world } = one
  const { random, ids } = world
  world.network.faults = drawFaults(random, 3000)
  for (let action = 0; action < 12; action++) {
    const id = ids[random.below(ids.length)]!
    const draw = random.below(12)
    if (draw < 6 && world.isAlive(id)) {
      one.say(id, `${id}/${action}`)
      // It may die before anybody has heard.
      world.runForMs(random.chance(1, 2) ? 400 : 0)
    } else if (draw < 8) world.crash(id)
    else if (draw === 8 && !world.isAlive(id)) world.start(id)
    else if (draw === 9) world.network.links.isolate(formatNodeId(id))
    else if (draw === 10) world.network.links.healAll()
    else if (draw === 11) world.pause(id)
    world.runForMs(random.below(random.chance(1, 4) ? 8000 : 500))
  }
}

describe('a rumour', () => {
  test(`in ${SEEDS} schedules of anything: is heard by all or by nobody, and never twice`, {
    timeout: 300_000,
  }, () => {
    let heard = 0
    let lost = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const ending = drawEnding(randomFromSeed(seed))
      const one = new GossipWorld({ seed, nodes: 2 + (seed % 5), options: { ending, antiEntropyMs: 2000 } })
      one.world.startAll()
      torment(one)
      one.world.heal()
      const isKnownAlike = (): boolean => one.said.every(({ by, text }) => one.isKnownAlike(by, text))
      if (!one.world.runUntilTrue(isKnownAlike, 120_000)) throw new Error(`seed ${seed}: ${one.describe()}`)
      // What was delayed comes too late, and is not taken for new.
      one.world.runForMs(4000)
      for (const { by, text } of one.said) {
        const counts = one.world.ids.map(id => one.countOf(id, text))
        if (counts.some(count => count > 1)) throw new Error(`seed ${seed}: ${text} heard twice`)
        if (counts.some(count => count > 0)) heard++
        else if (!one.isOwn(by, text)) lost++
      }
      if (one.missed.length > 0) throw new Error(`seed ${seed}: given up`)
    }
    expect(heard).toBeGreaterThan(3 * SEEDS)
    expect(lost).toBeLessThan(heard / 5)
  })

  test('reaches all by passing on alone, mostly, and the rest by comparing', { timeout: 300_000 }, () => {
    let late = 0
    for (let seed = 1; seed <= 100; seed++) {
      const one = new GossipWorld({ seed, nodes: 16, options: { antiEntropyMs: 60_000 } })
      one.world.startAll()
      one.say(1n as NodeId, 'news')
      one.world.runForMs(6000)
      late += one.world.ids.filter(id => id !== 1n && one.countOf(id, 'news') === 0).length
      one.world.runForMs(300_000)
      for (const id of one.world.ids) {
        if (id !== 1n && one.countOf(id, 'news') !== 1) throw new Error(`seed ${seed}: ${id}`)
      }
    }
    // Three in a hundred, at most, of fifteen others in a hundred groups.
    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThan(45)
  })
})
