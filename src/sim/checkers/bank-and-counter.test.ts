import { describe, expect, test } from 'vitest'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { type BankRead, checkBank } from './bank.ts'
import { type CounterOperation, checkCounter } from './counter.ts'

const ACCOUNTS = ['a', 'b', 'c', 'd']
const BANK = { accounts: ACCOUNTS, total: 100 }

/** Reads between transfers, each of which is atomic. */
function bankReads(seed: number): BankRead[] {
  const random = randomFromSeed(seed)
  const balances = new Map(ACCOUNTS.map(account => [account, 25]))
  return Array.from({ length: 20 }, (_, id) => {
    const [from, to] = [ACCOUNTS[random.below(4)]!, ACCOUNTS[random.below(4)]!]
    const amount = random.below(balances.get(from)! + 1)
    balances.set(from, balances.get(from)! - amount)
    balances.set(to, balances.get(to)! + amount)
    return { id, balances: new Map(balances) }
  })
}

describe('a bank', () => {
  test('whose transfers are atomic is never accused (300 seeds)', () => {
    for (let seed = 0; seed < 300; seed++)
      expect(checkBank(bankReads(seed), BANK), `seed ${seed}`).toEqual([])
  })

  test('that shows one account at another time, or half a transfer, is always found out', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = randomFromSeed(seed)
      const reads = bankReads(seed)
      const [broken, other] = [reads[random.below(20)]!, reads[random.below(20)]!]
      const account = ACCOUNTS[random.below(4)]!
      const balance = other.balances.get(account)!
      const isSame = balance === broken.balances.get(account)
      const balances = new Map(broken.balances).set(account, isSame ? balance + 1 : balance)
      const violations = checkBank([{ id: 7, balances }], BANK)
      expect(violations, `seed ${seed}`).toMatchObject([{ kind: 'wrongTotal', read: 7 }])
    }
  })

  test('says which account is missing, unknown or overdrawn', () => {
    const kinds = (entries: [string, number][], allowNegative = false) =>
      checkBank([{ id: 1, balances: new Map(entries) }], { ...BANK, allowNegative }).map(({ kind }) => kind)
    const [b, c] = [['b', 25] as [string, number], ['c', 25] as [string, number]]
    expect(kinds([['a', 50], b, c])).toEqual(['missingAccount'])
    expect(kinds([['a', 20], b, c, ['d', 25], ['e', 5]])).toEqual(['unknownAccount'])
    expect(kinds([['a', -5], b, c, ['d', 55]])).toEqual(['negativeBalance'])
    expect(kinds([['a', -5], b, c, ['d', 55]], true)).toEqual([])
    expect(kinds([['a', Number.NaN], b, c, ['d', 25]])).toEqual(['wrongTotal'])
  })
})

/** Additions and reads of an atomic counter, some of unknown outcome; the last read is alone. */
function counterHistory(seed: number, isLossy: boolean): CounterOperation[] {
  const random = randomFromSeed(seed)
  const operations: CounterOperation[] = []
  const pending: {
    calledAt: number
    amount: number | undefined
    value: number | undefined
    isDone: boolean
  }[] = []
  let count = 0
  for (let moment = 1; moment < 200; moment++) {
    const draw = random.below(3)
    if (draw === 0 && pending.length < 5) {
      const amount = random.chance(1, 3) ? undefined : random.below(9) - 3
      pending.push({ calledAt: moment, amount, value: undefined, isDone: false })
      continue
    }
    if (pending.length === 0) continue
    const at = random.below(pending.length)
    const each = pending[at]!
    if (!each.isDone) {
      each.isDone = true
      if (each.amount === undefined) each.value = count
      else if (!isLossy || random.chance(3, 4)) count += each.amount
      else each.value = Number.NaN
      continue
    }
    pending.splice(at, 1)
    const times = { id: moment, calledAt: each.calledAt, returnedAt: moment }
    if (each.amount === undefined) operations.push({ kind: 'read', ...times, value: each.value! })
    else {
      const isUnknown = each.value !== undefined || (isLossy && random.chance(1, 8))
      operations.push({ kind: 'add', ...times, amount: each.amount, outcome: isUnknown ? 'unknown' : 'done' })
    }
  }
  for (const { calledAt, amount, isDone, value } of pending) {
    if (amount === undefined || (!isDone && value === undefined)) continue
    operations.push({ kind: 'add', id: 1_000 + calledAt, calledAt, amount, outcome: 'unknown' })
  }
  operations.push({ kind: 'read', id: 999, calledAt: 998, returnedAt: 999, value: count })
  return operations
}

/** By trying every read against every addition: slow, and hard to get wrong. */
function bounds(
  operations: readonly CounterOperation[],
  read: CounterOperation & { kind: 'read' },
): [number, number] {
  let [low, high] = [0, 0]
  for (const each of operations) {
    if (each.kind === 'read' || each.outcome === 'refused' || each.calledAt > read.returnedAt) continue
    const isSure = each.outcome === 'done' && each.returnedAt !== undefined && each.returnedAt < read.calledAt
    if (isSure || each.amount < 0) low += each.amount
    if (isSure || each.amount > 0) high += each.amount
  }
  return [low, high]
}

type Break = (value: number, bounds: [number, number], random: Random) => number

describe('a counter', () => {
  test('that is atomic is never accused (300 seeds)', () => {
    for (let seed = 0; seed < 300; seed++) {
      expect(checkCounter(counterHistory(seed, seed % 2 === 0)), `seed ${seed}`).toEqual([])
    }
  })

  test.each<[string, Break]>([
    ['below its bounds', (_, [low], random) => low - 1 - random.below(3)],
    ['above its bounds', (_, [, high], random) => high + 1 + random.below(3)],
    ['that is no number', () => Number.NaN],
  ])('is found out by a read %s', (_, break_) => {
    for (let seed = 0; seed < 300; seed++) {
      const random = randomFromSeed(seed)
      const history = counterHistory(seed, seed % 2 === 0)
      const reads = history.filter(each => each.kind === 'read')
      const broken = reads[random.below(reads.length)]!
      const value = break_(broken.value, bounds(history, broken), random)
      const mutant = history.map(each => (each === broken ? { ...broken, value } : each))
      expect(checkCounter(mutant), `seed ${seed}`).toMatchObject([{ read: broken.id }])
    }
  })

  test('is exact in the end, but for what nobody knows', () => {
    const history = (value: number, outcome: 'done' | 'unknown' | 'refused'): CounterOperation[] => [
      { kind: 'add', id: 1, amount: 2, calledAt: 1, returnedAt: 2, outcome: 'done' },
      { kind: 'add', id: 2, amount: 3, calledAt: 3, returnedAt: 4, outcome },
      { kind: 'read', id: 3, value, calledAt: 5, returnedAt: 6 },
    ]
    const kinds = (value: number, outcome: 'done' | 'unknown' | 'refused') =>
      checkCounter(history(value, outcome)).map(({ kind }) => kind)
    expect([kinds(5, 'done'), kinds(4, 'done'), kinds(6, 'done')]).toEqual([[], ['tooLow'], ['tooHigh']])
    expect([kinds(2, 'unknown'), kinds(5, 'unknown'), kinds(1, 'unknown')]).toEqual([[], [], ['tooLow']])
    expect([kinds(2, 'refused'), kinds(5, 'refused')]).toEqual([[], ['tooHigh']])
  })
})
