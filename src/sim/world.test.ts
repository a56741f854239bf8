import { describe, expect, test } from 'vitest'
import type { Instant } from '../core/time.ts'
import { QUIET_STEPS_MAX } from './limits.ts'
import type { NodeClock } from './node-clock.ts'
import { World } from './world.ts'

const LIMIT = 1_000_000 as Instant

async function drain(): Promise<void> {
  await undefined
}

/** A call-back at every microsecond, which settles a promise at the tenth: at which step does it go on? */
async function stepsUntilHeard(
  wait: (world: World, clock: NodeClock, run: () => void) => void,
): Promise<number> {
  const world = new World({ seed: 1 })
  const { clock } = world.start('a')
  let steps = 0
  let heardAt = 0
  const settled = new Promise<void>(resolve => {
    const tick = (): void => {
      steps++
      if (steps === 10) resolve()
      wait(world, clock, tick)
    }
    wait(world, clock, tick)
  })
  settled.then(() => {
    heardAt = steps
  })
  await world.runUntilTrue(() => heardAt > 0, LIMIT, drain)
  return heardAt - 10
}

describe('a world in which promises live', () => {
  test('lets them go on behind each call-back of a process, before the next', async () => {
    expect(
      await stepsUntilHeard((world, clock, run) => clock.at((world.clock.now() + 1) as Instant, run)),
    ).toBe(0)
    expect(await stepsUntilHeard((_, clock, run) => clock.soon(run))).toBe(0)
  })

  test('lets them go on behind each call-back that belongs to no process', async () => {
    expect(
      await stepsUntilHeard((world, _, run) => world.clock.at((world.clock.now() + 1) as Instant, run)),
    ).toBe(0)
    expect(await stepsUntilHeard((world, _, run) => world.clock.soon(run))).toBe(0)
    expect(
      await stepsUntilHeard((world, _, run) =>
        world.clock.timer(run).set((world.clock.now() + 1) as Instant),
      ),
    ).toBe(0)
  })

  test('lets them go on late behind a process that said it keeps none, but soon', async () => {
    const late = await stepsUntilHeard((world, clock, run) => {
      clock.keepsPromises = false
      clock.at((world.clock.now() + 1) as Instant, run)
    })
    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThan(QUIET_STEPS_MAX)
  })
})
