import { describe, expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { type IdealOptions, idealHistory } from './ideal-clients.conformance.ts'
import { checkStore, type StoreVerdict } from './store-model.ts'
import { mutated, STORE_MUTATIONS } from './store-mutants.conformance.ts'

/** A hundred seeds at a time, so that a report names what failed and not hundreds of tests that did not. */
const BLOCKS = [0, 100, 200]

function optionsOf(seed: number): IdealOptions {
  return {
    clients: 1 + (seed % 7),
    operations: 20 + (seed % 4) * 30,
    lossPercent: [0, 2, 4, 8, 12][seed % 5]!,
    uniqueValues: seed % 2 === 0,
    compactions: seed % 3 === 0,
  }
}

/** Short enough to be printed by a test that fails. */
function reportOf(verdict: StoreVerdict): string {
  return verdict.kind === 'wrong' ? verdict.report : verdict.kind
}

describe('a store that is atomic', () => {
  test.each(BLOCKS)('is never accused, whatever its clients never learned (100 seeds from %i)', from => {
    const undecided: number[] = []
    for (let seed = from; seed < from + 100; seed++) {
      const history = idealHistory(seed, optionsOf(seed))
      const verdict = checkStore(history, { searchStepsMax: 20_000 })
      if (verdict.kind === 'undecided') undecided.push(seed)
      else expect(reportOf(verdict), `seed ${seed}`).toBe('correct')
    }
    // One reply in five is lost there, and all put the same few values.
    expect(
      undecided.filter(seed => optionsOf(seed).lossPercent < 12 || optionsOf(seed).uniqueValues),
    ).toEqual([])
    expect(undecided.length).toBeLessThanOrEqual(3)
  })

  test('is not accused of what others wrote, who are not in the history', () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = randomFromSeed(seed)
      const part = idealHistory(seed, optionsOf(seed)).filter(() => random.chance(1, 2))
      expect(reportOf(checkStore(part, { others: true })), `seed ${seed}`).toBe('correct')
    }
  })
})

describe('a store that is not', () => {
  test.each(STORE_MUTATIONS)('is found out: $name', mutation => {
    const missed: number[] = []
    let broken = 0
    for (let seed = 0; seed < 40; seed++) {
      const lossPercent = mutation.always && seed % 3 === 0 ? 4 : 0
      const options = { ...optionsOf(seed), compactions: seed % 4 === 0, lossPercent }
      const mutant = mutated(idealHistory(seed, options), mutation, randomFromSeed(seed))
      if (mutant === undefined) continue
      broken++
      const verdict = checkStore(mutant)
      if (verdict.kind !== 'wrong') missed.push(seed)
      else expect(verdict.operations.length, `seed ${seed}`).toBeLessThanOrEqual(mutant.length)
    }
    expect(broken).toBeGreaterThan(25)
    expect(missed.length / broken, `seeds ${missed}`).toBeLessThanOrEqual(0.01)
  })
})

test('tens of thousands of operations take about a second', () => {
  const options = { clients: 8, operations: 20_000, lossPercent: 0, uniqueValues: true, compactions: false }
  const history = idealHistory(1, { ...options, plain: true })
  const before = process.cpuUsage().user
  expect(checkStore(history)).toEqual({ kind: 'correct' })
  // Many times what it takes on a slow machine: the square of so many would be minutes.
  expect((process.cpuUsage().user - before) / 1_000).toBeLessThan(10_000)
})
