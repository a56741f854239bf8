/** Every program of this folder does what its first lines say. */
import { expect, test } from 'vitest'
import { transfer } from './bank-transfer.ts'
import { Watchman } from './is-it-alive.ts'
import { Workers } from './one-of-us.ts'
import { loseServer } from './sharded-cache.ts'
import { shop } from './shopping-cart.ts'
import { spread } from './spread-the-word.ts'
import { Group } from './who-is-here.ts'

test('a shopping cart loses nothing', () => {
  expect(shop()).toEqual({
    versions: [['milk', 'bread'], ['eggs']],
    order: 'concurrent',
    cart: ['bread', 'eggs', 'milk'],
  })
})

test('a cache finds every key after it lost a server, and moves only those that were there', () => {
  const { found, moved } = loseServer()
  expect(found).toBe(1000)
  expect(moved).toBeGreaterThan(120)
  expect(moved).toBeLessThan(280)
})

test('money goes from one bank to another, or stays where it is', () => {
  expect(transfer(60)).toEqual({ outcome: 'commit', balances: [40, 160] })
  expect(transfer(110)).toEqual({ outcome: 'abort', balances: [100, 100] })
})

test('workers elect the highest, and the next highest when that one is gone', () => {
  const workers = new Workers([1n, 2n, 3n])
  workers.pass(1000)
  expect(workers.leaders).toEqual([3n, 3n, 3n])
  workers.remove(3n)
  workers.pass(1000)
  expect(workers.leaders).toEqual([2n, 2n])
})

test('a watchman misses who falls silent, the regular sooner, and nobody for a nap of his own', () => {
  const watchman = new Watchman()
  const [prompt, restless] = [1n, 2n]
  for (const machine of [prompt, restless]) watchman.watch(machine)
  const listen = (seconds: number): void => {
    for (let second = 1; second <= seconds; second++) {
      watchman.pass(600)
      if (second % 2 === 0) watchman.hear(restless)
      watchman.pass(400)
      watchman.hear(prompt)
      if (second % 2 === 1) watchman.hear(restless)
    }
  }
  listen(61)
  watchman.pass(1500)
  expect(watchman.surprise(prompt)).toBeGreaterThan(watchman.surprise(restless))
  watchman.pass(500)
  expect([...watchman.suspects]).toEqual([prompt])
  listen(6)
  expect(watchman.suspects.size).toBe(0)
  watchman.sleep(60_000)
  expect(watchman.suspects.size).toBe(0)
  watchman.pass(60_000)
  expect(watchman.suspects.size).toBe(2)
})

test('a group knows who joined, who left and who is gone', () => {
  const group = new Group()
  group.join(1n)
  for (const id of [2n, 3n, 4n, 5n]) group.join(id, 1n)
  group.pass(10)
  for (const id of [1n, 2n, 3n, 4n, 5n]) expect(group.members(id)).toEqual([1n, 2n, 3n, 4n, 5n])
  group.leave(2n)
  group.crash(3n)
  group.pass(60)
  for (const id of [1n, 4n, 5n]) expect(group.members(id)).toEqual([1n, 4n, 5n])
  group.join(3n, 5n)
  group.pass(10)
  for (const id of [1n, 3n, 4n, 5n]) expect(group.members(id)).toEqual([1n, 3n, 4n, 5n])
})

test('news reaches nearly all soon, and in the end also who was away', () => {
  const { soon, inTheEnd, messages } = spread()
  expect(soon).toBeGreaterThanOrEqual(16)
  expect(soon).toBeLessThan(19)
  expect(inTheEnd).toBe(19)
  expect(messages).toBeLessThan(300)
})
