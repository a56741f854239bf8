import { expect, test } from 'vitest'
import { allServed, Load } from './load.ts'

const NOTHING = { latenciesMs: [], servedMs: [], failures: 0, requestsPerSecond: 0, servedPerSecond: 0 }

test('a load of no requests is over at once', async () => {
  const load = await Load.open({
    url: 'http://127.0.0.1:1',
    path: '/',
    connections: 0,
    message: () => new Uint8Array(),
  })
  expect(await load.closedLoop(0, 10)).toEqual(NOTHING)
  expect(await load.openLoop(100, 0)).toEqual(NOTHING)
  expect(await load.openLoop(0.5, 1)).toEqual(NOTHING)
})

test('a result in which something was refused does not count as one', () => {
  const result = { ...NOTHING, latenciesMs: [1, 2, 3], servedMs: [3] }
  expect(() => allServed({ ...result, failures: 2 }, 'puts')).toThrow('2 of 3 puts failed')
  expect(allServed(NOTHING, 'puts')).toBe(NOTHING)
})
