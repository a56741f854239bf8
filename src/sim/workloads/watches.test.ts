import { expect, test } from 'vitest'
import { NO_KEY_VALUE } from '../../wire/etcd/key-value.ts'
import { checkBatch } from './watches.ts'

const batchOf = (...revisions: number[]) => ({
  revision: revisions.at(-1) ?? 9,
  events: revisions.map(modRevision => ({
    kind: 'put' as const,
    kv: { ...NO_KEY_VALUE, modRevision },
    prevKv: undefined,
  })),
})

test('a batch goes on behind all that was told before', () => {
  expect(checkBatch(0, batchOf(1, 1, 2))).toBeUndefined()
  expect(checkBatch(4, batchOf(5, 7))).toBeUndefined()
  expect(checkBatch(4, batchOf())).toBeUndefined()
})

test('the rest of a revision in a batch of its own is found', () => {
  expect(checkBatch(4, batchOf(4, 5))).toBe(
    'watches: torn: the client told of 4 after it had told of all up to 4',
  )
})
