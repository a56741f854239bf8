/** The sentences of etcd's v3 semantics that are about reading. */
import { describe, expect, test } from 'vitest'
import { compact, pairs, put, rangeOf, read, remove, text } from '../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { RangeCursor, range, rangeCost } from './range-cursor.ts'
import { type RangeOperation, SortOrder, SortTarget } from './types.ts'

const { ascend, descend } = SortOrder

function filled(...keys: string[]): KvReplica {
  const replica = new KvReplica()
  replica.applyAll(keys.map((key, i) => put(key, String(i))))
  return replica
}

function keys(replica: KvReplica, options: Partial<RangeOperation> = {}): string {
  return read(replica.store, '\0', '\0', options)
    .kvs.map(({ key }) => text(key))
    .join(' ')
}

describe('which keys', () => {
  const replica = filled('a', 'b', 'ba', 'bb', 'c', '\xff')
  test.each([
    ['an empty range end means the key alone', 'b', '', 'b'],
    ['the end is not part of the range', 'a', 'c', 'a b ba bb'],
    ['a zero byte as end means everything from the key on', 'ba', '\0', 'ba bb c \xff'],
    ['a zero byte as both means everything', '\0', '\0', 'a b ba bb c \xff'],
    ['a prefix ends where its last byte is one more', 'b', 'c', 'b ba bb'],
    ['an end before the key leaves nothing', 'c', 'a', ''],
    ['a key that is missing leaves nothing', 'x', '', ''],
  ])('%s', (_, key, end, expected) => {
    const { kvs, count } = read(replica.store, key, end)
    expect(kvs.map(kv => text(kv.key)).join(' ')).toBe(expected)
    expect(count).toBe(kvs.length)
  })
})

describe('which revision', () => {
  const replica = filled('a', 'b', 'a')
  replica.applyAll([remove('b'), put('c')])

  test('zero and below mean the newest', () => {
    expect(read(replica.store, 'a', '\0')).toEqual(read(replica.store, 'a', '\0', { revision: -3 }))
    expect(keys(replica)).toBe('a c')
  })

  test('a read at an older revision sees what there was', () => {
    const at = (revision: number) => pairs(read(replica.store, 'a', '\0', { revision }).kvs)
    expect([1, 2, 3, 4, 5, 6].map(at)).toEqual([
      [],
      ['a=0'],
      ['a=0', 'b=1'],
      ['a=2', 'b=1'],
      ['a=2'],
      ['a=2', 'c='],
    ])
  })

  test('of single keys, too', () => {
    const at = (revision: number) => pairs(read(replica.store, 'b', '', { revision }).kvs)
    expect([2, 3, 4, 5, 6].map(at)).toEqual([[], ['b=1'], ['b=1'], [], []])
  })

  test('the answer carries the revision of the store all the same', () => {
    expect(read(replica.store, 'a', '', { revision: 2 }).revision).toBe(6)
  })

  test('the future is refused', () => {
    expect(range(replica.store, rangeOf('a', '', { revision: 7 }))).toEqual({
      kind: 'refused',
      reason: 'futureRevision',
    })
  })

  test('what was compacted is refused; the compacted revision itself is not, swept or not', () => {
    const compacted = filled('a', 'a', 'b', 'a')
    compacted.apply(compact(4))
    for (const more of [true, false]) {
      expect(range(compacted.store, rangeOf('a', '', { revision: 3 }))).toEqual({
        kind: 'refused',
        reason: 'compacted',
      })
      expect(pairs(read(compacted.store, 'a', '\0', { revision: 4 }).kvs)).toEqual(['a=1', 'b=2'])
      if (more) compacted.sweepAll()
    }
  })

  test('a key with many versions is found at each of them', () => {
    const busy = new KvReplica()
    for (let i = 0; i < 100; i++) busy.apply(put(i % 2 === 0 ? 'a' : 'b', String(i)))
    for (let i = 1; i < 100; i++) {
      const found = pairs(read(busy.store, 'a', 'c', { revision: i + 2 }).kvs)
      const [a, b] = i % 2 === 0 ? [i, i - 1] : [i - 1, i]
      expect(found).toEqual([`a=${a}`, `b=${b}`])
    }
  })
})

describe('how many', () => {
  const replica = filled('a', 'b', 'c', 'd')

  test('more says that the limit cut something off; the count ignores the limit', () => {
    const limited = (limit: number) => {
      const { kvs, more, count } = read(replica.store, 'a', '\0', { limit })
      return [kvs.length, more, count]
    }
    expect([0, 3, 4, 5, -1].map(limited)).toEqual([
      [4, false, 4],
      [3, true, 4],
      [4, false, 4],
      [4, false, 4],
      [4, false, 4],
    ])
  })

  test('of an old revision, too', () => {
    expect(read(replica.store, 'a', '\0', { limit: 1, revision: 4 })).toMatchObject({ more: true, count: 3 })
  })

  test('count_only leaves the keys out, and says nothing of more', () => {
    for (const revision of [0, 5, 4]) {
      const counted = read(replica.store, 'a', '\0', { countOnly: true, limit: 1, revision })
      expect(counted).toEqual({ revision: 5, kvs: [], more: false, count: revision === 4 ? 3 : 4 })
    }
  })

  test('keys_only leaves the values out, and nothing else', () => {
    const whole = read(replica.store, 'a', '\0').kvs
    expect(read(replica.store, 'a', '\0', { keysOnly: true }).kvs).toEqual(
      whole.map(kv => ({ ...kv, value: new Uint8Array() })),
    )
    const byValue = { keysOnly: true, sortTarget: SortTarget.value, sortOrder: descend }
    expect(keys(replica, byValue)).toBe('d c b a')
    expect(read(replica.store, 'a', '\0', byValue).kvs[0]?.value.length).toBe(0)
  })
})

describe('filters', () => {
  const replica = filled('a', 'b', 'c', 'a')

  test.each([
    [{ minModRevision: 4 }, 'a c'],
    [{ maxModRevision: 4 }, 'b c'],
    [{ minModRevision: 4, maxModRevision: 4 }, 'c'],
    [{ minCreateRevision: 3 }, 'b c'],
    [{ maxCreateRevision: 3 }, 'a b'],
  ])('bounds are inclusive: %o', (options, expected) => {
    expect(keys(replica, options)).toBe(expected)
  })

  test('the limit comes after them, and the count ignores them', () => {
    const { kvs, more, count } = read(replica.store, 'a', '\0', { maxModRevision: 4, limit: 1 })
    expect([pairs(kvs), more, count]).toEqual([['b=1'], true, 3])
    expect(read(replica.store, 'a', '\0', { maxModRevision: 4, limit: 2 }).more).toBe(false)
  })
})

describe('order', () => {
  const replica = filled('b', 'd', 'a', 'c', 'a', 'a', 'd')

  test.each([
    ['key', SortTarget.key, 'a b c d', 'd c b a'],
    ['version', SortTarget.version, 'b c d a', 'a d b c'],
    ['create', SortTarget.create, 'b d a c', 'c a d b'],
    ['mod', SortTarget.mod, 'b c a d', 'd a c b'],
    ['value', SortTarget.value, 'b c a d', 'd a c b'],
  ] as const)('by %s, both ways, at the newest and at an old revision', (_, sortTarget, up, down) => {
    replica.apply(put('z'))
    for (const revision of [0, 8]) {
      const ordered = (sortOrder: number) =>
        read(replica.store, 'a', 'e', { sortTarget, sortOrder, revision })
          .kvs.map(({ key }) => text(key))
          .join(' ')
      expect(ordered(ascend)).toBe(up)
      expect(ordered(descend)).toBe(down)
    }
  })

  test('a target without an order is ascending', () => {
    expect(keys(filled('b', 'a'), { sortTarget: SortTarget.create })).toBe('b a')
  })

  test('sorting comes before the limit: the first that was created, the last key', () => {
    const first = { sortTarget: SortTarget.create, sortOrder: ascend, limit: 1 }
    expect(pairs(read(replica.store, 'a', 'e', first).kvs)).toEqual(['b=0'])
    const last = { sortTarget: SortTarget.key, sortOrder: descend, limit: 1 }
    expect(read(replica.store, 'a', 'e', last)).toMatchObject({ more: true, count: 4 })
    expect(pairs(read(replica.store, 'a', 'e', last).kvs)).toEqual(['d=6'])
    expect(pairs(read(replica.store, 'a', 'e', { ...last, revision: 3 }).kvs)).toEqual(['d=1'])
  })

  test('but a target alone orders what the limit left, as in etcd', () => {
    const options = { sortTarget: SortTarget.create, limit: 2 }
    expect(pairs(read(replica.store, 'a', 'e', options).kvs)).toEqual(['b=0', 'a=5'])
  })

  test('many rows in slices are ordered as at once, and ties stay in key order', () => {
    const many = new KvReplica()
    const names = Array.from({ length: 300 }, (_, i) => `k${String((i * 7919) % 300).padStart(3, '0')}`)
    many.applyAll(names.map(name => put(name, name.slice(3))))
    for (const sortTarget of [SortTarget.value, SortTarget.create, SortTarget.version]) {
      const operation = rangeOf('k', 'l', { sortTarget, sortOrder: descend, limit: 250 })
      const cursor = new RangeCursor(many.store, operation)
      let slices = 1
      while (cursor.advance(10)) slices++
      expect(slices).toBeGreaterThan(50)
      expect(cursor.outcome).toEqual(range(many.store, operation))
      const kvs = cursor.outcome.kind === 'range' ? cursor.outcome.range.kvs : []
      const expected = [...names].sort((a, b) => {
        const by = (name: string) =>
          sortTarget === SortTarget.value
            ? Number(name.slice(3))
            : sortTarget === SortTarget.create
              ? names.indexOf(name)
              : 0
        return by(b) - by(a) || (a < b ? -1 : 1)
      })
      expect(kvs.map(({ key }) => text(key))).toEqual(expected.slice(0, 250))
    }
  })
})

describe('cost', () => {
  test('is known before the work: what the limit allows, what the range holds, what its history holds', () => {
    const replica = filled('a', 'b', 'c', 'a')
    const cost = (options: Partial<RangeOperation>) => rangeCost(replica.store, rangeOf('a', '\0', options))
    expect(cost({})).toBe(3)
    expect(cost({ limit: 1 })).toBe(2)
    expect(cost({ limit: 1, sortOrder: descend })).toBe(2)
    expect(cost({ limit: 1, sortTarget: SortTarget.mod, sortOrder: ascend })).toBe(3)
    expect(cost({ limit: 1, maxModRevision: 3 })).toBe(3)
    expect(cost({ countOnly: true })).toBe(1)
    expect(cost({ revision: 4 })).toBe(4)
    expect(rangeCost(replica.store, rangeOf('a'))).toBe(1)
  })
})
