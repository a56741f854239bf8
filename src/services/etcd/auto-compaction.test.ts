/** Compaction by itself, by the clock that a test moves. */
import { describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import { compactedRevision } from '../../machines/kv/revisions.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { AutoCompaction, type Retention } from './auto-compaction.ts'
import { text, World } from './testing/world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

function compacting(retention: Retention) {
  const world = new World()
  const { replica, clock } = world
  const compaction = new AutoCompaction({ replica, clock, log: silentLogger, retention })
  return {
    world,
    compaction,
    /** A put a minute. Tells at which revision it is compacted afterwards. */
    minutes: (count: number): number => {
      for (let i = 0; i < count; i++) {
        world.put({ key: text('k') })
        clock.pass(MINUTE_MS)
      }
      return compactedRevision(replica.view)
    },
  }
}

describe('of a time', () => {
  test('nothing is compacted before so much has passed, and then what was there when it began', () => {
    const { minutes } = compacting({ mode: 'periodic', ms: 10 * MINUTE_MS })
    expect(minutes(9)).toBe(-1)
    expect(minutes(1)).toBe(1)
  })

  test('short ones are compacted once in it, so that it is there at least', () => {
    const { minutes } = compacting({ mode: 'periodic', ms: 10 * MINUTE_MS })
    minutes(10)
    expect(minutes(9)).toBe(1)
    // Noted ten minutes before, when nine puts were there.
    expect(minutes(1)).toBe(10)
    expect(minutes(10)).toBe(20)
  })

  test('long ones are compacted every hour', () => {
    const { minutes } = compacting({ mode: 'periodic', ms: 3 * HOUR_MS })
    expect(minutes(179)).toBe(-1)
    expect(minutes(1)).toBe(1)
    expect(minutes(59)).toBe(1)
    expect(minutes(1)).toBe(1 + 54)
    expect(minutes(60)).toBe(1 + 114)
  })

  test('nothing is proposed when nothing has happened', () => {
    const { world } = compacting({ mode: 'periodic', ms: 10 * MINUTE_MS })
    world.put({ key: text('k') })
    world.clock.pass(60 * MINUTE_MS)
    const { proposed } = world.replica
    world.clock.pass(600 * MINUTE_MS)
    expect(world.replica.proposed).toBe(proposed)
  })

  test('one that failed is tried again at the next look', () => {
    const { world, minutes } = compacting({ mode: 'periodic', ms: 10 * MINUTE_MS })
    minutes(9)
    world.put({ key: text('k') })
    world.replica.holds = true
    world.clock.pass(MINUTE_MS)
    const error = new QuorateError(ReplicaErrors.noLeader, 'no leader', 'refused')
    world.replica.proposals[0]!.done({ kind: 'failed', error })
    world.replica.holds = false
    expect(minutes(1)).toBeGreaterThan(0)
  })
})

describe('by revisions', () => {
  test('so many stay, as it is found every five minutes', () => {
    const { minutes } = compacting({ mode: 'revision', revisions: 3 })
    expect(minutes(4)).toBe(-1)
    expect(minutes(1)).toBe(6 - 3)
    expect(minutes(4)).toBe(3)
    expect(minutes(1)).toBe(11 - 3)
  })

  test('nothing is compacted while there are fewer', () => {
    expect(compacting({ mode: 'revision', revisions: 100 }).minutes(20)).toBe(-1)
  })
})

test('only who leads compacts, and knows from before what was when', () => {
  const { world, minutes } = compacting({ mode: 'periodic', ms: 10 * MINUTE_MS })
  world.replica.fakeStatus = { role: 'follower' }
  expect(minutes(15)).toBe(-1)
  world.replica.fakeStatus = { role: 'leader' }
  expect(minutes(1)).toBe(6)
})

test('one who has stopped compacts nothing', () => {
  const { compaction, minutes } = compacting({ mode: 'periodic', ms: 10 * MINUTE_MS })
  compaction.stop()
  expect(minutes(30)).toBe(-1)
})
