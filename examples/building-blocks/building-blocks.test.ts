/** Every program of this folder does what its first lines say. */
import { expect, test } from 'vitest'
import { transfer } from './bank-transfer.ts'
import { loseServer } from './sharded-cache.ts'
import { shop } from './shopping-cart.ts'

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
