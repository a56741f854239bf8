/** Every program of this folder does what its first lines say. */
import { expect, test } from 'vitest'
import { shop } from './shopping-cart.ts'

test('a shopping cart loses nothing', () => {
  expect(shop()).toEqual({
    versions: [['milk', 'bread'], ['eggs']],
    order: 'concurrent',
    cart: ['bread', 'eggs', 'milk'],
  })
})
