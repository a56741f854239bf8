import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { randomFromSeed } from '../../core/prng.ts'
import type { MemberDisk } from './good-copies.ts'
import { judgeStall } from './liveness.ts'
import { survey } from './testing/mutants.ts'
import { type Cluster, damage, drawCluster, judgeByTrying, toStall } from './testing/stall-model.ts'
import { STALL_OPERATORS } from './testing/stall-operators.ts'

function verdict(cluster: Cluster): string {
  const judged = judgeStall(toStall(cluster))
  return judged.kind === 'legitimate' ? judged.cause : judged.kind
}

const damaged = (seed: number): Cluster => damage(drawCluster(seed), randomFromSeed(seed))

describe('the oracle of stalls', () => {
  test('never excuses a core of healthy members', () => {
    for (let seed = 1; seed <= 500; seed++) expect(verdict(drawCluster(seed)), `seed ${seed}`).toBe('failure')
  })

  test('comes to what trying every state, entry and set of voters comes to', () => {
    const counts = new Map<string, number>()
    for (let seed = 1; seed <= 3000; seed++) {
      const expected = judgeByTrying(damaged(seed))
      counts.set(expected, (counts.get(expected) ?? 0) + 1)
      expect(verdict(damaged(seed)), `seed ${seed}`).toBe(expected)
    }
    for (const kind of ['failure', 'noQuorum', 'entryLost', 'stateLost', 'undecidable'])
      expect(counts.get(kind), kind).toBeGreaterThan(50)
  })

  test.each(STALL_OPERATORS)('sees through $name: $breaks', operator => {
    const { mutants, survivors } = survey(operator, drawCluster, of => [{ name: verdict(of) }], 400)
    expect(mutants).toBeGreaterThan(100)
    expect(survivors).toEqual([])
  })

  test('says what is missing', () => {
    const disk = {
      promises: 'kept',
      state: { index: 2, damaged: [] },
      log: [{ from: 3, to: 4, ballot: 1, condition: 'good' }],
    } as const
    const voters = [1n, 2n, 3n] as never
    const core = [1n, 2n] as never
    const committed = [{ from: 1, to: 5, ballot: 1 }]
    const disks = new Map([
      [1n as never, disk],
      [2n as never, disk],
    ])
    expect(judgeStall({ voterSets: [voters], core, committed, disks })).toEqual({
      kind: 'legitimate',
      cause: 'entryLost',
      reason: 'the committed entry 5 has no good copy in any log of the core, and its states reach 2 at most',
    })
    expect(
      judgeStall({ voterSets: [voters], core, committed: [{ from: 1, to: 4, ballot: 1 }], disks }),
    ).toEqual({
      kind: 'failure',
      reason: '1, 2 could make progress: they are a quorum, and hold good copies of all entries up to 4',
    })
  })

  test('looks at every entry of a damaged run, also where it began among the committed or others end before', () => {
    const disk = (from: number, to: number, condition: 'good' | 'damaged') =>
      ({
        promises: 'kept',
        state: { index: 2, damaged: [] },
        log: [{ from, to, ballot: 1, condition }],
      }) as const
    const [one, two, three] = [1n, 2n, 3n] as NodeId[]
    const judge = (first: MemberDisk, second: MemberDisk) =>
      judgeStall({
        voterSets: [[one!, two!, three!]],
        core: [one!, two!],
        committed: [{ from: 1, to: 2, ballot: 1 }],
        disks: new Map([
          [one!, first],
          [two!, second],
        ]),
      })
    expect(judge(disk(1, 4, 'damaged'), disk(1, 4, 'good'))).toMatchObject({ kind: 'failure' })
    expect(judge(disk(1, 4, 'damaged'), disk(1, 2, 'good'))).toMatchObject({ cause: 'undecidable' })
    // The second disk has 3, and neither has a good 4.
    expect(judge(disk(1, 4, 'damaged'), disk(1, 3, 'good'))).toMatchObject({
      cause: 'undecidable',
      reason: expect.stringContaining('entry 4'),
    })
  })
})
