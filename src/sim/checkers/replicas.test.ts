import { describe, expect, test } from 'vitest'
import { checkReplicas } from './replicas.ts'
import { survey } from './testing/mutants.ts'
import { goodReplicas, REPLICA_OPERATORS } from './testing/replica-model.ts'

describe('the checker of replicas', () => {
  test('accepts replicas that commit, apply, take and install snapshots and are restarted', () => {
    for (let seed = 1; seed <= 300; seed++) {
      expect(checkReplicas(goodReplicas(seed)), `seed ${seed}`).toEqual([])
    }
  })

  test.each(REPLICA_OPERATORS)('rejects $name, since $breaks', operator => {
    const { mutants, survivors } = survey(operator, goodReplicas, checkReplicas, 300)
    expect(mutants).toBeGreaterThan(250)
    expect(survivors).toEqual([])
  })

  test('shows who was first to report the other state', () => {
    const of = (replica: string, stateHash: string) =>
      ({ kind: 'started', at: 0, replica, incarnation: 1, index: 7, stateHash }) as const
    expect(checkReplicas([of('n1', 'a'), of('n2', 'a'), of('n3', 'b')])).toEqual([
      {
        name: 'statesDiffer',
        sentence: 'the state at index 7 is not the same everywhere: n1#1 has a, n3#1 b',
        events: [of('n1', 'a'), of('n3', 'b')],
      },
    ])
  })
})
