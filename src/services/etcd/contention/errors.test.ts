/** Every error of locks and elections, met by a call. */
import { expect, test } from 'vitest'
import type { FakeCall } from '../testing/fake-call.ts'
import { ContentionErrors } from './errors.ts'
import { ContestWorld, elected } from './testing/contest-world.ts'

/** By its code, how to meet it. */
const WAYS: Readonly<Record<string, (world: ContestWorld) => FakeCall>> = {
  QUORATE_ELECTION_NO_LEADER: world => world.leader('e'),
  QUORATE_ELECTION_NOT_LEADER: world => {
    const leader = elected(world.campaign('e', 1n, 'x'))!
    world.resign(leader)
    return world.proclaim(leader, 'y')
  },
  QUORATE_ELECTION_LEADER_KEY_MISSING: world => world.resign(undefined),
  QUORATE_LOCK_SESSION_EXPIRED: world => {
    world.lock('l', 1n)
    const waiting = world.lock('l', 2n)
    world.revoke(2n)
    return waiting
  },
}

test.each(Object.values(ContentionErrors))('$code is met', ({ code, status, message }) => {
  const world = new ContestWorld()
  for (const lease of [1n, 2n]) world.grant(lease, 100)
  const call = WAYS[code]!(world)
  world.clock.settle()
  expect(call).toMatchObject({ status, message })
})
