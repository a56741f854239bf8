/** What is remembered of users: as long as it is true, and of no more of them than may be. */
import { expect, test } from 'vitest'
import type { StoreView } from '../../../runtime/store.ts'
import { AuthStanding } from './auth-standing.ts'
import { PermissionMemory } from './key-permissions.ts'
import { REMEMBERED_USERS_MAX } from './limits.ts'

/** Nobody is there; asking for anybody is a look at the store. */
function emptyStore() {
  let looks = 0
  const view = {
    get: () => {
      looks++
      return undefined
    },
  } as unknown as StoreView
  return { view, looks: () => looks }
}

test('whoever asks again is not looked up again, until anything changes', () => {
  const standing = new AuthStanding()
  const memory = new PermissionMemory(standing)
  const { view, looks } = emptyStore()
  memory.of(view, 'anna')
  memory.of(view, 'anna')
  expect(looks()).toBe(1)
  standing.set({ enabled: true, revision: 2 })
  memory.of(view, 'anna')
  expect(looks()).toBe(2)
})

test('a great many users do not fill the memory: it begins anew', () => {
  const memory = new PermissionMemory(new AuthStanding())
  const { view, looks } = emptyStore()
  for (let i = 0; i < REMEMBERED_USERS_MAX; i++) memory.of(view, `user${i}`)
  memory.of(view, 'user0')
  // That was full, and so forgotten: one look more for the same user.
  expect(looks()).toBe(REMEMBERED_USERS_MAX + 1)
})
