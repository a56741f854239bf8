import { expect, test } from 'vitest'
import { Trial } from './trial.ts'

/** Whether one of three that keeps everything must be able to go on with these. */
function stallOf(lostDisks: readonly string[], inDoubt: readonly string[]): string {
  const trial = new Trial({ cluster: { seed: 1 }, fragile: [] }, {})
  for (const name of lostDisks) trial.atlas.damaged(name, 'lostDisk', '')
  for (const name of inDoubt)
    Object.defineProperty(trial.cluster.member(name), 'doubt', { get: () => 'tail' })
  return trial.judgeStall(trial.voters).kind
}

test('who lost its disk and has begun nothing since cannot vouch for anything, whatever it told before', () => {
  expect(stallOf([], [])).toBe('failure')
  expect(stallOf(['a'], [])).toBe('failure')
  expect(stallOf([], ['b'])).toBe('failure')
  expect(stallOf(['a'], ['b'])).toBe('legitimate')
})
