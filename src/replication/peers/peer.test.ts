import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { type Instant, msBetween } from '../../core/time.ts'
import { World } from '../../sim/world.ts'
import { PORT, pair, startNode, until } from './testing/test-node.ts'

describe('the loss of a peer', () => {
  it('is noticed within milliseconds when its process dies, and reported once', () => {
    const { world, a } = pair(new World({ seed: 20 }))
    const diedAt = world.clock.now()
    world.crash('b')
    until(world, () => a.events.includes('lost 2'))
    expect(msBetween(diedAt, a.eventTimes[a.events.indexOf('lost 2')]!)).toBeLessThan(10)
    world.clock.runFor(5_000_000)
    expect(a.events).toEqual(['up 2', 'lost 2'])
  })

  it('ends soon after its process starts again, and the next loss is reported again', () => {
    const { world, a } = pair(new World({ seed: 21 }))
    for (let round = 1; round <= 3; round++) {
      world.crash('b')
      world.clock.runFor(2_500_000)
      const startedAt = world.clock.now()
      startNode(world, 1, 2)
      until(world, () => a.events.length === 2 * round + 1)
      // It calls us, so that we need not wait until we would call it.
      expect(msBetween(startedAt, world.clock.now())).toBeLessThan(20)
    }
    expect(a.events).toEqual(['up 2', 'lost 2', 'up 2', 'lost 2', 'up 2', 'lost 2', 'up 2'])
  })

  it('is made at the address that a peer tells, if those that it was known by lead nowhere (N12)', () => {
    const world = new World({ seed: 28 })
    const a = startNode(world, 0, 2)
    a.peers.set(2n as NodeId, [
      { host: 'nowhere', port: PORT },
      { host: 'gone', port: PORT },
    ])
    startNode(world, 1, 2, { address: { host: 'b', port: PORT } })
    until(world, () => a.peers.isUp(2n as NodeId))
  })

  it('is kept when a peer gets another address besides, and given up when it loses the one in use', () => {
    const { world, a } = pair(new World({ seed: 29 }))
    a.peers.set(2n as NodeId, [
      { host: 'elsewhere', port: PORT },
      { host: 'b', port: PORT },
    ])
    world.clock.runFor(100_000)
    expect(a.peers.isUp(2n as NodeId)).toBe(true)
    a.peers.set(2n as NodeId, [{ host: 'elsewhere', port: PORT }])
    expect(a.peers.isUp(2n as NodeId)).toBe(false)
    world.clock.runFor(3_000_000)
    expect(a.peers.isUp(2n as NodeId)).toBe(false)
  })

  it('is reported every time, also where only one of the two can reach the other', () => {
    for (const blind of ['a', 'b']) {
      const world = new World({ seed: 27 })
      const nowhere = { host: 'nowhere', port: PORT }
      const a = startNode(world, 0, 2)
      if (blind === 'a') a.peers.set(2n as NodeId, [nowhere])
      for (let round = 1; round <= 3; round++) {
        const b = startNode(world, 1, 2)
        if (blind === 'b') b.peers.set(1n as NodeId, [nowhere])
        world.clock.runFor(3_000_000)
        world.crash('b')
        world.clock.runFor(1_000_000)
        expect(a.events.filter(event => event === 'lost 2').length).toBe(round)
      }
    }
  })

  it('on a link that breaks every few seconds ends at once every time', () => {
    const { world, a, b } = pair(new World({ seed: 28 }))
    for (let round = 0; round < 20; round++) {
      world.clock.runFor(3_000_000)
      const events = a.events.length
      world.network.reset('a', 'b')
      until(world, () => a.events.length > events, 10)
      until(world, () => a.peers.isUp(2n as NodeId) && b.peers.isUp(1n as NodeId), 45)
    }
  })

  it('is noticed in bounded time when its machine goes silent', () => {
    const { world, a } = pair(new World({ seed: 22 }), { pingIntervalMs: 100, silenceMsMax: 600 })
    const diedAt = world.clock.now()
    world.powerOff('b')
    until(world, () => a.events.includes('lost 2'))
    expect(msBetween(diedAt, world.clock.now())).toBeLessThan(900)
    startNode(world, 1, 2)
    until(world, () => a.events.at(-1) === 'up 2', 3_000)
  })

  it('is noticed when connections are half open: nobody is told, and nothing comes', () => {
    const { world, a, b } = pair(new World({ seed: 23 }))
    world.network.hush('a', 'b')
    until(world, () => a.events.includes('lost 2') && b.events.includes('lost 1'), 4_000)
    until(world, () => a.events.at(-1) === 'up 2' && b.events.at(-1) === 'up 1', 3_000)
    world.clock.runFor(10_000_000)
    // Three lanes each way: what was half open is closed.
    expect([world.network.connections('a'), world.network.connections('b')]).toEqual([6, 6])
  })

  it('by the other node alone replaces the connections that this one still believes in', () => {
    const world = new World({ seed: 29 })
    const a = startNode(world, 0, 2, { silenceMsMax: 600_000 })
    const b = startNode(world, 1, 2, { silenceMsMax: 1_000 })
    until(world, () => a.events.includes('up 2') && b.events.includes('up 1'))
    world.clock.runFor(1_000_000)
    world.network.hush('a', 'b')
    world.clock.runFor(10_000_000)
    expect(a.events).toContain('lost 2')
    // Three that b dialled anew, and the three that a dialled and has no reason to doubt.
    expect(world.network.connections('a')).toBe(6)
  })

  it('is not suspected while a quiet peer pings, for many minutes', () => {
    const { world, a, b } = pair(new World({ seed: 24 }))
    world.clock.runFor(600_000_000)
    expect(a.events).toEqual(['up 2'])
    expect(b.events).toEqual(['up 1'])
  })

  it('is not imagined by a process that was stopped itself: its own pause is not their silence', () => {
    const { world, a, b } = pair(new World({ seed: 25 }), { silenceMsMax: 20_000 })
    world.pause('a')
    world.clock.runFor(15_000_000)
    world.resume('a')
    world.clock.runFor(5_000_000)
    expect(a.events).toEqual(['up 2'])
    expect(b.events).toEqual(['up 1'])
  })

  it('dials with growing waits up to a second while nobody answers, and not any more when stopped', () => {
    const dials: Instant[] = []
    const world: World = new World({
      seed: 26,
      trace: line => {
        if (/ connect a /.test(line)) dials.push(world.clock.now())
      },
    })
    world.start('b')
    const a = startNode(world, 0, 2)
    world.clock.runFor(12_000_000)
    const between = (fromMs: number, toMs: number): number =>
      dials.filter(at => at >= fromMs * 1000 && at < toMs * 1000).length
    // Three lanes: in the first second at 0, 20, 60, 140, 300 ms and so on, later once or twice a second.
    expect(between(0, 1_000)).toBeGreaterThanOrEqual(3 * 5)
    expect(between(0, 1_000)).toBeLessThanOrEqual(3 * 8)
    expect(between(4_000, 12_000)).toBeGreaterThanOrEqual(3 * 8)
    expect(between(4_000, 12_000)).toBeLessThanOrEqual(3 * 16)
    a.peers.stop()
    const count = dials.length
    world.clock.runUntilIdle()
    expect(dials.length).toBe(count)
  })
})
