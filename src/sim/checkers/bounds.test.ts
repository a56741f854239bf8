import { describe, expect, test } from 'vitest'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { type BoundViolationName, checkBounds, type GaugeSample } from './bounds.ts'
import { insertAt, type Operator, pickIndex, replaceAt, survey } from './testing/mutants.ts'

interface Record {
  readonly limits: ReadonlyMap<string, number>
  readonly samples: readonly GaugeSample[]
}

/** Queues that fill and drain at random, up to their very limits. */
function goodRecord(seed: number): Record {
  const random = randomFromSeed(seed)
  const limits = new Map(['proposals', 'inflight', 'watchers'].map(gauge => [gauge, 1 + random.below(50)]))
  const samples: GaugeSample[] = []
  for (let at = 0; at < 40; at++) {
    for (const [gauge, max] of limits)
      samples.push({ at, node: `n${random.below(3)}`, gauge, value: random.below(max + 1) })
  }
  return { limits, samples }
}

function changeSample(
  { limits, samples }: Record,
  random: Random,
  change: (sample: GaugeSample) => GaugeSample,
): Record {
  const at = pickIndex(random, samples, () => true)!
  return { limits, samples: replaceAt(samples, at, change(samples[at]!)) }
}

const OPERATORS: readonly Operator<Record, BoundViolationName>[] = [
  {
    name: 'one element too many',
    breaks: 'a queue stays under its limit',
    violation: 'overLimit',
    mutate: (record, random) =>
      changeSample(record, random, s => ({ ...s, value: record.limits.get(s.gauge)! + 1 })),
  },
  {
    name: 'a queue that nobody limited',
    breaks: 'every queue has a limit',
    violation: 'unlimited',
    mutate: ({ limits, samples }, random) => ({
      limits,
      samples: insertAt(samples, random.below(samples.length), { ...samples[0]!, gauge: 'forgotten' }),
    }),
  },
  {
    name: 'a limit without samples',
    breaks: 'every limit is looked at',
    violation: 'neverSampled',
    mutate: ({ limits, samples }) => ({ limits, samples: samples.filter(s => s.gauge !== 'watchers') }),
  },
  {
    name: 'less than nothing',
    breaks: 'a gauge counts',
    violation: 'notACount',
    mutate: (record, random) => changeSample(record, random, sample => ({ ...sample, value: -1 })),
  },
]

describe('the checker of bounds', () => {
  test('accepts queues that fill up to their limits', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { limits, samples } = goodRecord(seed)
      expect(checkBounds(limits, samples), `seed ${seed}`).toEqual([])
    }
  })

  test.each(OPERATORS)('rejects $name, since $breaks', operator => {
    const { mutants, survivors } = survey(
      operator,
      goodRecord,
      ({ limits, samples }) => checkBounds(limits, samples),
      300,
    )
    expect(mutants).toBe(300)
    expect(survivors).toEqual([])
  })

  test('shows the first sample beyond the limit and the highest', () => {
    const samples = [3, 6, 9, 7].map((value, at) => ({ at, node: 'n1', gauge: 'inflight', value }))
    expect(checkBounds(new Map([['inflight', 5]]), samples)).toEqual([
      {
        name: 'overLimit',
        sentence: 'inflight of n1 held 9, its limit is 5',
        events: [samples[1], samples[2]],
      },
    ])
  })
})
