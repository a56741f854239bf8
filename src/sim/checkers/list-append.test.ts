import { describe, expect, test } from 'vitest'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { idealLists } from './ideal-transactions.conformance.ts'
import { checkListAppend, type ListTransaction } from './list-append.ts'
import type { ListOperation, Order, Value } from './transactions.ts'

const append = (key: string, value: Value): ListOperation => ({ kind: 'append', key, value })
const read = (key: string, ...values: Value[]): ListOperation => ({ kind: 'read', key, values })

/** All at once, so that real time says nothing; each of a process of its own. */
function concurrent(...all: readonly (readonly ListOperation[])[]): ListTransaction[] {
  return all.map((operations, id) => {
    return { id, process: id, calledAt: 0, returnedAt: 9, outcome: 'committed' as const, operations }
  })
}

/** One after the other. */
function sequential(...all: readonly (readonly ListOperation[])[]): ListTransaction[] {
  return concurrent(...all).map((each, i) => ({ ...each, calledAt: 2 * i, returnedAt: 2 * i + 1 }))
}

const namesOf = (history: readonly ListTransaction[], order?: Order) => [
  ...new Set(checkListAppend(history, order).map(({ name }) => name)),
]

describe('every anomaly has its name', () => {
  test('G0: writes of two transactions interleave', () => {
    const history = concurrent(
      [append('x', 1), append('y', 1)],
      [append('x', 2), append('y', 2)],
      [read('x', 1, 2), read('y', 2, 1)],
    )
    expect(namesOf(history)).toContain('G0')
  })

  test('G1a: a read of what was aborted', () => {
    const [writer, reader] = concurrent([append('x', 1)], [read('x', 1)])
    expect(namesOf([{ ...writer!, outcome: 'aborted' }, reader!])).toContain('G1a')
  })

  test('G1b: a read of a state within a transaction', () => {
    expect(namesOf(concurrent([append('x', 1), append('x', 2)], [read('x', 1)]))).toContain('G1b')
  })

  test('G1c: each read what the other wrote', () => {
    const history = concurrent([append('x', 1), read('y', 1)], [append('y', 1), read('x', 1)])
    expect(checkListAppend(history)).toEqual([
      {
        name: 'G1c',
        sentence: expect.stringMatching(
          /^G1c: T[01] saw T[01]'s append of 1 to "[xy]" \(wr\); T[01] saw .* \(wr\)$/,
        ),
        transactions: expect.arrayContaining([0, 1]),
      },
    ])
  })

  test('G-single: a read of half a transaction', () => {
    const history = concurrent([append('x', 1), append('y', 1)], [read('x', 1), read('y')], [read('y', 1)])
    expect(namesOf(history)).toEqual(['G-single'])
  })

  test('G2: write skew', () => {
    const history = concurrent(
      [read('x'), read('y'), append('x', 1)],
      [read('x'), read('y'), append('y', 1)],
      [read('x', 1), read('y', 1)],
    )
    expect(namesOf(history)).toEqual(['G2'])
  })

  test('G-single-realtime: a stale read, which is serializable all the same', () => {
    const history = sequential([append('x', 1)], [read('x')], [read('x', 1)])
    expect(namesOf(history)).toEqual(['G-single-realtime'])
    expect(namesOf(history, 'process')).toEqual([])
    expect(namesOf(history, 'none')).toEqual([])
  })

  test('G-single-process: a process that does not see its own write', () => {
    const history = sequential([append('x', 1)], [read('x')], [read('x', 1)]).map(each => ({
      ...each,
      process: 0,
    }))
    expect(namesOf(history, 'process')).toEqual(['G-single-process'])
    expect(namesOf(history, 'none')).toEqual([])
  })

  test('G1c-realtime: a read of what nobody had asked for yet', () => {
    expect(namesOf(sequential([read('x', 1)], [append('x', 1)]))).toEqual(['G1c-realtime'])
  })

  test('G-single-realtime: an acknowledged append that is lost', () => {
    expect(namesOf(sequential([append('x', 1)], [append('x', 2)], [read('x', 1)]))).toEqual([
      'G-single-realtime',
    ])
    expect(namesOf(sequential([append('x', 1)], [read('x')]))).toEqual(['G-single-realtime'])
  })

  test('and reads that cannot be at all have theirs', () => {
    const writes = concurrent([append('x', 1)], [append('x', 2)])
    const also = (...operations: ListOperation[]) => [
      ...writes,
      { ...concurrent(operations)[0]!, id: 2, process: 2 },
    ]
    expect(namesOf(also(read('x', 3)))).toEqual(['garbage'])
    expect(namesOf(also(read('x', 1, 1)))).toContain('duplicate-elements')
    expect(namesOf(also(read('x', 1, 2), read('x', 2)))).toEqual(['internal', 'incompatible-order'])
    expect(namesOf(also(append('x', 4), read('x', 1)))).toContain('internal')
    expect(namesOf(concurrent([append('x', 1)], [append('x', 1)]))).toEqual(['ambiguous'])
  })

  test('an unknown transaction is one that committed as soon as anybody saw it', () => {
    const [lost, seen] = sequential([append('x', 1)], [read('x', 1)])
    const unknown: ListTransaction = { ...lost!, outcome: 'unknown' }
    expect(namesOf([unknown, seen!])).toEqual([])
    expect(namesOf([unknown])).toEqual([])
    const [, , never] = sequential([], [], [read('x')])
    expect(namesOf([unknown, { ...never!, id: 2 }])).toEqual([])
    expect(namesOf([unknown, seen!, { ...never!, id: 2 }])).toEqual(['G-single-realtime'])
  })
})

// --- Histories and mutants ---

type Mutation = (history: readonly ListTransaction[], random: Random) => ListTransaction[] | undefined

interface Place {
  readonly transaction: ListTransaction
  readonly at: number
  readonly key: string
  readonly values: readonly Value[]
}

/** Reads of committed transactions that have nothing of their own in them, and are the only ones of their key there. */
function places(history: readonly ListTransaction[]): Place[] {
  return history.flatMap(transaction =>
    transaction.operations.flatMap((operation, at) => {
      if (transaction.outcome !== 'committed' || operation.kind !== 'read' || operation.values === null)
        return []
      const { key, values } = operation
      const isAlone = transaction.operations.every((other, i) => i === at || other.key !== key)
      return isAlone ? [{ transaction, at, key, values }] : []
    }),
  )
}

function rewritten(
  history: readonly ListTransaction[],
  { transaction, at, key }: Place,
  values: readonly Value[],
) {
  const operations = transaction.operations.map((each, i) => (i === at ? read(key, ...values) : each))
  return history.map(each => (each === transaction ? { ...each, operations } : each))
}

function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from.length === 0 ? undefined : from[random.below(from.length)]
}

function writerOf(
  history: readonly ListTransaction[],
  key: string,
  value: Value,
): ListTransaction | undefined {
  return history.find(({ operations }) =>
    operations.some(o => o.kind === 'append' && o.key === key && o.value === value),
  )
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a value that nobody appended': (history, random) => {
    const place = pick(random, places(history))
    return place && rewritten(history, place, [...place.values, 'nobody'])
  },
  'a value that was aborted': (history, random) => {
    const aborted = history
      .filter(({ outcome }) => outcome === 'aborted')
      .flatMap(({ operations }) => operations)
    const operation = pick(
      random,
      aborted.filter(o => o.kind === 'append'),
    )
    const place = pick(
      random,
      places(history).filter(({ key }) => key === operation?.key),
    )
    return place && operation && rewritten(history, place, [...place.values, operation.value])
  },
  'an element twice': (history, random) => {
    const place = pick(
      random,
      places(history).filter(({ values }) => values.length > 0),
    )
    return place && rewritten(history, place, [...place.values, place.values[0]!])
  },
  'two elements exchanged': (history, random) => {
    const longest = (key: string) =>
      places(history).reduce(
        (most, each) => (each.key === key ? Math.max(most, each.values.length) : most),
        0,
      )
    const others = places(history).filter(
      ({ key, values }) => values.length > 1 && values.length < longest(key),
    )
    const place = pick(random, others)
    return (
      place && rewritten(history, place, [...place.values.slice(0, -2), ...place.values.slice(-2).reverse()])
    )
  },
  'a stale read': (history, random) => {
    const stale = places(history).flatMap(place =>
      place.values.flatMap((value, i) => {
        const { returnedAt, outcome } = writerOf(history, place.key, value)!
        const isBefore = outcome === 'committed' && returnedAt! < place.transaction.calledAt
        return isBefore ? [{ place, length: i }] : []
      }),
    )
    const found = pick(random, stale)
    return found && rewritten(history, found.place, found.place.values.slice(0, found.length))
  },
  // Somebody else saw it at its place, or it may have come later.
  'an element that is missing': (history, random) => {
    const all = places(history)
    const place = pick(
      random,
      all.filter(({ key, values, transaction }) => {
        const isAsLong = (other: Place) => other.key === key && other.values.length >= values.length
        return values.length > 1 && all.some(other => other.transaction !== transaction && isAsLong(other))
      }),
    )
    if (place === undefined) return undefined
    const at = random.below(place.values.length - 1)
    return rewritten(
      history,
      place,
      place.values.filter((_, i) => i !== at),
    )
  },
  'a lost append': (history, random) => {
    const lost = pick(
      random,
      places(history).flatMap(({ key, values, transaction }) =>
        values.flatMap(value => {
          const writer = writerOf(history, key, value)!
          const isBefore = writer.outcome === 'committed' && writer.returnedAt! < transaction.calledAt
          return isBefore ? [{ key, value }] : []
        }),
      ),
    )
    if (lost === undefined) return undefined
    return history.map(transaction => ({
      ...transaction,
      operations: transaction.operations.map(o =>
        o.kind === 'read' && o.key === lost.key && o.values !== null
          ? { ...o, values: o.values.filter(value => value !== lost.value) }
          : o,
      ),
    }))
  },
  'a read of the future': (history, random) => {
    const early = places(history).flatMap(place =>
      history
        .filter(
          ({ calledAt, outcome }) => outcome === 'committed' && calledAt > place.transaction.returnedAt!,
        )
        .flatMap(({ operations }) => operations)
        .flatMap(o => (o.kind === 'append' && o.key === place.key ? [{ place, value: o.value }] : [])),
    )
    const found = pick(random, early)
    return found && rewritten(history, found.place, [...found.place.values, found.value])
  },
}

const optionsOf = (seed: number) => ({
  processes: 1 + (seed % 6),
  transactions: 10 + (seed % 5) * 15,
  lossPercent: [0, 3, 8, 15][seed % 4]!,
})

test('transactions of an atomic store are never accused (400 seeds)', () => {
  for (let seed = 0; seed < 400; seed++) {
    expect(checkListAppend(idealLists(seed, optionsOf(seed))), `seed ${seed}`).toEqual([])
  }
})

test.each(Object.entries(MUTATIONS))('%s is found out', (_, mutate) => {
  const missed: number[] = []
  let broken = 0
  for (let seed = 0; seed < 200; seed++) {
    const mutant = mutate(idealLists(seed, optionsOf(seed)), randomFromSeed(seed))
    if (mutant === undefined) continue
    broken++
    if (checkListAppend(mutant).length === 0) missed.push(seed)
  }
  expect(broken).toBeGreaterThan(100)
  expect(missed.length / broken, `seeds ${missed}`).toBeLessThanOrEqual(0.01)
})

test('ten thousand transactions take seconds at most, and the sizes of cycles no stack', () => {
  const history = sequential(
    ...Array.from({ length: 10_000 }, (_, i) => [append(`k${i % 500}`, i), read(`k${(i + 1) % 500}`)]),
  ).map(each => ({ ...each, calledAt: 0, returnedAt: 1, process: each.id }))
  const before = process.cpuUsage().user
  expect(namesOf(history, 'none')).toContain('G2')
  expect((process.cpuUsage().user - before) / 1_000).toBeLessThan(10_000)
})
