import { describe, expect, test } from 'vitest'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { idealRegisters } from './ideal-transactions.conformance.ts'
import { checkRegisters, type RegisterOptions, type RegisterTransaction } from './rw-register.ts'
import type { RegisterOperation, Value } from './transactions.ts'

const write = (key: string, value: Value): RegisterOperation => ({ kind: 'write', key, value })
const read = (key: string, value: Value | null): RegisterOperation => ({ kind: 'read', key, value })

/** All at once, so that real time says nothing; each of a process of its own. */
function concurrent(...all: readonly (readonly RegisterOperation[])[]): RegisterTransaction[] {
  return all.map((operations, id) => {
    return { id, process: id, calledAt: 0, returnedAt: 9, outcome: 'committed' as const, operations }
  })
}

/** One after the other. */
function sequential(...all: readonly (readonly RegisterOperation[])[]): RegisterTransaction[] {
  return concurrent(...all).map((each, i) => ({ ...each, calledAt: 2 * i, returnedAt: 2 * i + 1 }))
}

const namesOf = (history: readonly RegisterTransaction[], options?: RegisterOptions) => [
  ...new Set(checkRegisters(history, options).map(({ name }) => name)),
]

describe('every anomaly has its name', () => {
  test('G0: writes of two transactions interleave', () => {
    const history = concurrent(
      [write('x', 1), write('y', 1)],
      [write('x', 2), write('y', 2)],
      [read('x', 1), write('x', 3)],
    )
    // Who overwrote what is known of x only.
    expect(namesOf(history)).toEqual([])
    const known = concurrent(
      [read('x', null), write('x', 1), read('y', 2), write('y', 1)],
      [read('x', 1), write('x', 2), read('y', null), write('y', 2)],
    )
    expect(namesOf(known)).toContain('G0')
  })

  test('G1a, G1b, garbage and internal', () => {
    const [writer, reader] = concurrent([write('x', 1)], [read('x', 1)])
    expect(namesOf([{ ...writer!, outcome: 'aborted' }, reader!])).toContain('G1a')
    expect(namesOf(concurrent([write('x', 1), write('x', 2)], [read('x', 1)]))).toContain('G1b')
    expect(namesOf(concurrent([read('x', 1)]))).toEqual(['garbage'])
    expect(namesOf(concurrent([write('x', 1), read('x', 2)], [write('x', 2)]))).toContain('internal')
    expect(namesOf(concurrent([read('x', null), read('x', 2)], [write('x', 2)]))).toContain('internal')
    expect(namesOf(concurrent([write('x', 1)], [write('x', 1)]))).toEqual(['ambiguous'])
  })

  test('G1c: each read what the other wrote', () => {
    const history = concurrent([write('x', 1), read('y', 1)], [write('y', 1), read('x', 1)])
    expect(checkRegisters(history)).toMatchObject([
      { name: 'G1c', transactions: expect.arrayContaining([0, 1]) },
    ])
  })

  test('G-single: a read of half a transaction', () => {
    expect(namesOf(concurrent([write('x', 1), write('y', 1)], [read('x', 1), read('y', null)]))).toEqual([
      'G-single',
    ])
  })

  test('G2: write skew, and an update that is lost', () => {
    const skew = concurrent([read('x', null), write('y', 1)], [read('y', null), write('x', 1)])
    expect(namesOf(skew)).toEqual(['G2'])
    const lost = concurrent([write('x', 1)], [read('x', 1), write('x', 2)], [read('x', 1), write('x', 3)])
    expect(namesOf(lost)).toContain('G2')
  })

  test('of a stale read: by real time, if every key is linearizable', () => {
    const history = sequential([write('x', 1)], [write('x', 2)], [read('x', 1)])
    expect(namesOf(history)).toEqual(['cyclic-versions'])
    expect(namesOf(history, { linearizableKeys: false })).toEqual([])
    const nothing = sequential([write('x', 1)], [read('x', null)])
    expect(namesOf(nothing)).toContain('cyclic-versions')
    expect(namesOf(nothing, { linearizableKeys: false })).toEqual(['G-single-realtime'])
    expect(namesOf(nothing, { order: 'none' })).toEqual([])
  })

  test('G1c-realtime: a read of what nobody had asked for yet', () => {
    expect(namesOf(sequential([read('x', 1)], [write('x', 1)]))).toContain('G1c-realtime')
  })
})

// --- Histories and mutants ---

type Mutation = (history: readonly RegisterTransaction[], random: Random) => RegisterTransaction[] | undefined

interface Place {
  readonly transaction: RegisterTransaction
  readonly at: number
  readonly key: string
}

/** Reads of committed transactions that are the only ones of their key there. */
function places(history: readonly RegisterTransaction[]): Place[] {
  return history.flatMap(transaction =>
    transaction.operations.flatMap((operation, at) => {
      if (transaction.outcome !== 'committed' || operation.kind !== 'read') return []
      const isAlone = transaction.operations.every((other, i) => i === at || other.key !== operation.key)
      return isAlone ? [{ transaction, at, key: operation.key }] : []
    }),
  )
}

function rewritten(
  history: readonly RegisterTransaction[],
  { transaction, at, key }: Place,
  value: Value | null,
) {
  const operations = transaction.operations.map((each, i) => (i === at ? read(key, value) : each))
  return history.map(each => (each === transaction ? { ...each, operations } : each))
}

function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from.length === 0 ? undefined : from[random.below(from.length)]
}

/** Last writes of committed transactions. */
function writesOf(history: readonly RegisterTransaction[]) {
  return history.flatMap(transaction =>
    transaction.outcome !== 'committed'
      ? []
      : transaction.operations.flatMap((o, i) => {
          const isLast = !transaction.operations
            .slice(i + 1)
            .some(each => each.kind === 'write' && each.key === o.key)
          return o.kind === 'write' && isLast ? [{ transaction, key: o.key, value: o.value }] : []
        }),
  )
}

const comesBefore = (a: RegisterTransaction, b: RegisterTransaction) => a.returnedAt! < b.calledAt

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a value that nobody wrote': (history, random) => {
    const place = pick(random, places(history))
    return place && rewritten(history, place, 'nobody')
  },
  'a value that was aborted': (history, random) => {
    const aborted = history
      .filter(({ outcome }) => outcome === 'aborted')
      .flatMap(({ operations }) => operations)
    const operation = pick(
      random,
      aborted.filter(o => o.kind === 'write'),
    )
    const place = pick(
      random,
      places(history).filter(({ key }) => key === operation?.key),
    )
    return place && operation && rewritten(history, place, operation.value)
  },
  'a value within a transaction': (history, random) => {
    const within = history.flatMap(transaction =>
      transaction.operations.flatMap((o, i) => {
        const isLast = !transaction.operations
          .slice(i + 1)
          .some(each => each.kind === 'write' && each.key === o.key)
        return o.kind === 'write' && !isLast ? [{ transaction, key: o.key, value: o.value }] : []
      }),
    )
    const found = pick(
      random,
      places(history).flatMap(place =>
        within.flatMap(each =>
          each.key === place.key && each.transaction !== place.transaction ? [{ place, each }] : [],
        ),
      ),
    )
    return found && rewritten(history, found.place, found.each.value)
  },
  'nothing, where something was written': (history, random) => {
    const found = pick(
      random,
      places(history).filter(place =>
        writesOf(history).some(w => w.key === place.key && comesBefore(w.transaction, place.transaction)),
      ),
    )
    return found && rewritten(history, found, null)
  },
  'a stale read': (history, random) => {
    const all = writesOf(history)
    const stale = places(history).flatMap(place =>
      all
        .filter(({ key, transaction }) => key === place.key && comesBefore(transaction, place.transaction))
        .flatMap(newer =>
          all
            .filter(
              ({ key, transaction }) => key === place.key && comesBefore(transaction, newer.transaction),
            )
            .map(older => ({ place, value: older.value })),
        ),
    )
    const found = pick(random, stale)
    return found && rewritten(history, found.place, found.value)
  },
  'a read of the future': (history, random) => {
    const early = places(history).flatMap(place =>
      writesOf(history).flatMap(({ key, value, transaction }) =>
        key === place.key && comesBefore(place.transaction, transaction) ? [{ place, value }] : [],
      ),
    )
    const found = pick(random, early)
    return found && rewritten(history, found.place, found.value)
  },
}

const optionsOf = (seed: number) => ({
  processes: 1 + (seed % 6),
  transactions: 10 + (seed % 5) * 15,
  lossPercent: [0, 3, 8, 15][seed % 4]!,
})

test('transactions of an atomic store are never accused (400 seeds)', () => {
  for (let seed = 0; seed < 400; seed++) {
    expect(checkRegisters(idealRegisters(seed, optionsOf(seed))), `seed ${seed}`).toEqual([])
  }
})

test.each(Object.entries(MUTATIONS))('%s is found out', (_, mutate) => {
  const missed: number[] = []
  let broken = 0
  for (let seed = 0; seed < 200; seed++) {
    const mutant = mutate(idealRegisters(seed, optionsOf(seed)), randomFromSeed(seed))
    if (mutant === undefined) continue
    broken++
    if (checkRegisters(mutant).length === 0) missed.push(seed)
  }
  expect(broken).toBeGreaterThan(100)
  expect(missed.length / broken, `seeds ${missed}`).toBeLessThanOrEqual(0.01)
})
