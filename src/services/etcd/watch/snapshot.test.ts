/** A watch when the store's content is replaced under it. */
import { expect, test } from 'vitest'
import { put } from '../../../../test/harness/kv-operations.ts'
import { type BugName, openSeams } from '../../../core/seams.ts'
import { encodeCommand } from '../../../machines/kv/command-codec.ts'
import { text, World } from '../testing/world.ts'
import { WatchClient } from './testing/watch-client.ts'

/** What is told after a snapshot that brought one change more. */
function toldAfterSnapshot(bug?: BugName): string[] {
  const close = openSeams({ ...(bug && { bug }), met: () => {}, takes: () => false })
  const world = new World()
  const client = new WatchClient(world)
  client.create('a', 'z')
  for (const key of ['b', 'c']) {
    world.put({ key: text(key), value: text('1') })
    world.clock.settle()
  }
  client.take()
  world.replica.skipTo([encodeCommand(put('d', '2'))])
  world.clock.settle()
  close()
  return client.told()
}

test('a watch goes on behind what it was told, with what the snapshot brought', () => {
  expect(toldAfterSnapshot()).toEqual(['0 @4 +d=2@4'])
})

test('going back to where it began would tell everything twice', () => {
  expect(toldAfterSnapshot('watch-back-after-snapshot')).toEqual(['0 @4 +b=1@2 +c=1@3 +d=2@4'])
})
