/** The museum: bugs that are put back are found, by whom they should, and nothing is found where none is. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BUGS, type BugName } from '../../src/core/seams.ts'
import { catchOf } from '../../src/sim/museum/catch-of.ts'
import { tryCores } from '../../src/sim/museum/core-trial.ts'
import type { CoreGround } from '../../src/sim/museum/exhibit.ts'
import { EXHIBITS } from '../../src/sim/museum/exhibits.ts'
import { type Hunt, hunt, medianSeeds, trySeed } from '../../src/sim/museum/hunt.ts'
import { type Collection, describeMuseum } from '../../src/sim/museum/page.ts'
import type { Verdict } from '../../src/sim/run/run-result.ts'
import { scenarioNamed } from '../../src/sim/scenarios/named/index.ts'

const TIMEOUT_MS = 300_000

/** Those that are found soonest, each with several times the seeds that it takes. */
const QUICK: readonly (readonly [BugName, number])[] = [
  ['unknown-tried-again', 6],
  ['lock-guard-left-out', 6],
  ['forward-taken-twice', 40],
  ['paxos-own-value', 40],
  ['stale-write-believed', 200],
]

describe('a bug that is put back', { timeout: TIMEOUT_MS }, () => {
  test.each(QUICK)('%s is found within %i seeds, by an oracle that should', async (bug, seedsMax) => {
    const { found } = await hunt(seed => trySeed(bug, seed), 1, seedsMax)
    expect(EXHIBITS[bug].oracles).toContain(found?.oracle)
  })

  test('of bare cores is found again in the same seed, with the same words', () => {
    const found = (seed: number) => tryCores('raft', seed, { bug: 'forward-taken-twice' })
    const seeds = Array.from({ length: 40 }, (_, i) => i + 1)
    expect(seeds.map(found)).toEqual(seeds.map(found))
  })
})

test.each<CoreGround>(['raft', 'raftMembers', 'synod', 'paxos', 'paxosMembers'])(
  'without a bug nothing is found among bare cores: %s',
  { timeout: TIMEOUT_MS },
  ground => {
    for (let seed = 1; seed <= 20; seed++) {
      expect({ seed, found: tryCores(ground, seed) }).toEqual({ seed, found: undefined })
    }
  },
)

describe('a hunt', () => {
  const found = { oracle: 'history', sentence: 'wrong' } as const

  test('counts the seeds that it took, the last of which found something', async () => {
    const tried: number[] = []
    const hunted = await hunt(
      async seed => {
        tried.push(seed)
        return seed === 12 ? found : undefined
      },
      10,
      100,
    )
    expect(hunted).toEqual({ firstSeed: 10, seeds: 3, found })
    expect(tried).toEqual([10, 11, 12])
  })

  test('ends with its last seed, or when it is enough', async () => {
    expect(await hunt(async () => undefined, 1, 4)).toEqual({ firstSeed: 1, seeds: 4 })
    expect(
      await hunt(
        async () => undefined,
        1,
        4,
        () => true,
      ),
    ).toEqual({ firstSeed: 1, seeds: 1 })
  })

  test('of several the middle one counts, and one that found nothing is longer than all others', () => {
    const took = (seeds: number): Hunt => ({ firstSeed: 1, seeds, found })
    const vain: Hunt = { firstSeed: 1, seeds: 5 }
    expect(medianSeeds([took(30), took(10), took(20)])).toBe(20)
    expect(medianSeeds([vain, took(10), took(20)])).toBe(20)
    expect(medianSeeds([vain, took(10), vain])).toBeUndefined()
    expect(medianSeeds([])).toBeUndefined()
  })
})

describe('who found it is told by the words of the worst problem', () => {
  const stall = 'a, b were healed, and then for 60 s nobody was answered; a did not serve'
  const different = '180 s after all were healed, a and b do not hold the same: key'
  test.each<[Verdict, string[], string]>([
    ['liveness', [stall], 'liveness'],
    ['crash', ['b stopped itself: the log is damaged [QUORATE_LOG_DAMAGED]', stall], 'halts'],
    ['crash', ['b stopped itself: InvariantError: terms never go back'], 'assertions'],
    ['crash', ['InvariantError: terms never go back'], 'assertions'],
    ['correctness', ['revision 4 was written twice', stall], 'history'],
    ['correctness', ['replicas: agreement: two entries at 7', 'revision 4'], 'replicas'],
    ['correctness', [different], 'replicas'],
    ['correctness', ['lists: G-single: ...'], 'transactions'],
    ['correctness', ['bank: the total was 499'], 'programs'],
    ['correctness', ['bounds: group: proposals that wait: 12 of 10'], 'bounds'],
    ['correctness', ['this does not hold: a still leads'], 'demands'],
    ['exhausted', ['more than 10000000 events'], 'liveness'],
  ])('%s: %s', (verdict, problems, oracle) => {
    expect(catchOf({ verdict, problems })).toEqual({ oracle, sentence: problems[0] })
  })
})

describe('the page', () => {
  const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

  test('is made of what the hunts found', () => {
    expect(page('museum.md')).toBe(describeMuseum(JSON.parse(page('museum.json'))))
  })

  test('has a line for every bug, and the canary comes first', () => {
    const lines = page('museum.md').split('\n')
    const rows = lines.filter(line => /^\| (\*\*|`)/.test(line))
    expect(rows[0]).toContain('**canary**')
    expect(rows.slice(1).map(line => /`([^`]+)`/.exec(line)?.[1])).toEqual([...BUGS])
  })

  test('tells of hunts that ended with an oracle that should find the bug', () => {
    const { bugs } = JSON.parse(page('museum.json')) as Collection
    for (const bug of BUGS) {
      const oracles = (bugs[bug] ?? []).flatMap(({ found }) => found?.oracle ?? [])
      expect({ bug, others: oracles.filter(oracle => !EXHIBITS[bug].oracles.includes(oracle)) }).toEqual({
        bug,
        others: [],
      })
    }
  })

  test('names scenarios that there are', () => {
    const names = BUGS.flatMap(bug => EXHIBITS[bug].scenario ?? [])
    expect(names.filter(name => scenarioNamed(name) === undefined)).toEqual([])
  })
})
