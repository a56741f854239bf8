import { expect, test } from 'vitest'
import { utf8Bytes } from '../core/utf8.ts'
import type { Connection, ConnectionHandlers } from '../runtime/network.ts'
import { World } from './world.ts'

const LATE = { host: 'late', port: 80 }

test('a name that nobody had is refused though its machine comes up meanwhile: a link of its own leads there', () => {
  const world = new World({ seed: 1 })
  const client = world.start('client')
  const told: string[] = []
  const handlers = (name: string): ConnectionHandlers & { opened(): void } => ({
    opened: () => told.push(`${name} is open`),
    received: bytes => told.push(`${name} received ${bytes.length}`),
    drained() {},
    closed: error => told.push(`${name} closed: ${error?.kind}`),
  })
  const dial = (name: string): Connection => client.network.connect(LATE, handlers(name))
  dial('the first')
  world.start('late').network.listen(
    LATE,
    () => handlers('the server'),
    () => {},
  )
  world.clock.runUntilIdle()
  const second = dial('the second')
  world.clock.runUntilIdle()
  expect(told.splice(0)).toEqual(['the first closed: refused', 'the second is open'])
  world.network.links.cut('client', 'late')
  second.write(utf8Bytes('lost'))
  world.clock.runFor(1_000_000)
  expect(told).toEqual([])
})
