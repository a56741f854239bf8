import { describe, expect, test } from 'vitest'
import { checkFencing, type LockHistory } from './fencing.ts'
import { LOCK_OPERATORS } from './testing/lock-operators.ts'
import { goodLocks } from './testing/lock-service.ts'
import { survey } from './testing/mutants.ts'

describe('the checker of locks', () => {
  test('accepts a lock service whose clients pause, lose their sessions and write on', () => {
    for (let seed = 1; seed <= 300; seed++) {
      expect(checkFencing(goodLocks(seed)), `seed ${seed}`).toEqual([])
    }
  })

  test.each(LOCK_OPERATORS)('rejects $name, since $breaks', operator => {
    const { mutants, survivors } = survey(operator, goodLocks, checkFencing, 300)
    expect(mutants).toBeGreaterThan(200)
    expect(survivors).toEqual([])
  })

  test('lets an old holder write outside the store until a newer token has written', () => {
    const entered = (token: number) =>
      ({ kind: 'entered', lock: 'l', revision: token, key: `l/${token}`, token }) as const
    const wrote = (token: number, write: string) =>
      ({ kind: 'wrote', lock: 'l', revision: 9, token, write, guard: 'outside' }) as const
    const history = (...writes: ReturnType<typeof wrote>[]): LockHistory => ({
      effects: [entered(2), entered(3), { kind: 'left', lock: 'l', revision: 4, key: 'l/2' }, ...writes],
      answers: [],
    })
    expect(checkFencing(history(wrote(2, 'a'), wrote(3, 'b')))).toEqual([])
    expect(checkFencing(history(wrote(3, 'b'), wrote(2, 'a')))).toEqual([
      {
        name: 'olderAfterNewer',
        sentence: 'the token 2 wrote after 3 had written',
        events: [wrote(3, 'b'), wrote(2, 'a')],
      },
    ])
  })
})
