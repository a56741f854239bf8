/** The judge itself is judged: it lets pass what is right, and each kind of wrong is found by name. */
import { describe, expect, test } from 'vitest'
import { Chronicle } from './chronicle.ts'
import { type Action, type Answer, History } from './history.ts'
import { judge } from './judge.ts'

const put = (value: string, key = 'a'): Action => ({ kind: 'put', key, value })
const get = (serializable = false): Action => ({ kind: 'get', key: 'a', serializable })
const remove: Action = { kind: 'delete', key: 'a' }
const wrote = (revision: number): Answer => ({ revision, wrote: true })
const saw = (revision: number, value: string, modRevision: number): Answer => ({
  revision,
  wrote: false,
  seen: { value, modRevision },
})
const sawNothing = (revision: number): Answer => ({ revision, wrote: false, seen: null })

/** One operation after the other; `undefined`: its outcome is unknown. */
function historyOf(...deeds: readonly (readonly [Action, Answer | 'refused' | undefined])[]): History {
  const history = new History()
  for (const [action, end] of deeds) {
    const operation = history.call(1, action)
    if (end === 'refused') history.refused(operation)
    else if (end !== undefined) history.answered(operation, end)
  }
  return history
}

/** Changes of the revisions from 2 on: `a=x`, `a=` (deleted), `a=x b=x`. */
function chronicleOf(...revisions: readonly string[]): Chronicle {
  const chronicle = new Chronicle()
  for (const text of revisions) {
    const changes = text.split(' ').filter(part => part !== '')
    chronicle.add(
      changes.map(change => {
        const [key, value] = change.split('=') as [string, string]
        return { key, value: value === '' ? null : value }
      }),
    )
  }
  return chronicle
}

const verdict = (history: History, ...revisions: readonly string[]): string =>
  judge(history.operations, chronicleOf(...revisions)).join('\n')

describe('the judge lets pass', () => {
  test('writes, reads, guards, pairs and deletes as they should be', () => {
    const history = historyOf(
      [get(), sawNothing(1)],
      [put('x'), wrote(2)],
      [get(), saw(2, 'x', 2)],
      [{ kind: 'guarded', key: 'a', value: 'y', modRevision: 2 }, wrote(3)],
      [{ kind: 'guarded', key: 'a', value: 'z', modRevision: 2 }, saw(3, 'y', 3)],
      [{ kind: 'pair', keys: ['a', 'b'], value: 'p' }, wrote(4)],
      [remove, wrote(5)],
      [remove, { revision: 5, wrote: false }],
      [get(), sawNothing(5)],
    )
    expect(verdict(history, 'a=x', 'a=y', 'a=p b=p', 'a=')).toBe('')
  })

  test('unknown writes that were done, that were not, and that were done much later', () => {
    const history = historyOf([put('x'), undefined], [put('y'), undefined], [put('z'), wrote(2)])
    expect(verdict(history, 'a=z')).toBe('')
    expect(verdict(historyOf([put('x'), undefined], [put('z'), wrote(2)]), 'a=z', 'a=x')).toBe('')
    expect(verdict(historyOf([put('x'), undefined], [put('z'), wrote(3)]), 'a=x', 'a=z')).toBe('')
  })

  test('hundreds of unknown writes that came true in another order, without searching for ever', () => {
    const values = Array.from({ length: 300 }, (_, i) => `v${i}`)
    const history = historyOf(...values.map(value => [put(value), undefined] as const), [
      put('z'),
      wrote(302),
    ])
    const revisions = [...values.reverse().map(value => `a=${value}`), 'a=z']
    expect(verdict(history, ...revisions)).toBe('')
    const stale = historyOf(
      ...values.map(value => [put(value), undefined] as const),
      [put('z'), wrote(302)],
      [get(), saw(301, 'v0', 301)],
    )
    expect(verdict(stale, ...revisions)).toMatch('a is not linearizable')
  })

  test('unknown deletes, as many as there may be', () => {
    const history = historyOf([put('x'), wrote(2)], [remove, undefined], [put('y'), wrote(4)])
    expect(verdict(history, 'a=x', 'a=', 'a=y')).toBe('')
  })

  test('a serializable read that is behind, if it shows what was', () => {
    const history = historyOf([put('x'), wrote(2)], [put('y'), wrote(3)], [get(true), saw(2, 'x', 2)])
    expect(verdict(history, 'a=x', 'a=y')).toBe('')
  })
})

describe('the judge finds', () => {
  test('an acknowledged write that is lost', () => {
    expect(verdict(historyOf([put('x'), wrote(2)]), '')).toMatch('an acknowledged write is not there')
    expect(verdict(historyOf([put('x'), wrote(2)]))).toMatch('an acknowledged write is not there')
  })

  test('an acknowledged write that is elsewhere', () => {
    const history = historyOf([put('x'), wrote(2)], [put('y', 'b'), undefined])
    expect(verdict(history, 'b=y', 'a=x')).toMatch('an acknowledged write is at revision 3')
  })

  test('half of a transaction', () => {
    const pair: Action = { kind: 'pair', keys: ['a', 'b'], value: 'p' }
    expect(verdict(historyOf([pair, undefined]), 'a=p')).toMatch('not the whole')
  })

  test('a refused write that was done', () => {
    expect(verdict(historyOf([put('x'), 'refused']), 'a=x')).toMatch('though it was refused')
    const guard: Action = { kind: 'guarded', key: 'a', value: 'z', modRevision: 7 }
    expect(verdict(historyOf([guard, sawNothing(1)]), 'a=z')).toMatch('though it was refused')
  })

  test('a write that was done twice', () => {
    expect(verdict(historyOf([put('x'), undefined]), 'a=x', 'a=x')).toMatch('done already at revision 2')
  })

  test('a change that nobody asked for', () => {
    expect(verdict(historyOf(), 'a=x')).toMatch('nobody asked for')
    const history = historyOf([put('x'), wrote(2)], [put('y'), wrote(4)], [remove, 'refused'])
    expect(verdict(history, 'a=x', 'a=', 'a=y')).toMatch('nobody asked for')
  })

  test('two acknowledged writes at one revision', () => {
    const history = historyOf([put('x'), wrote(2)], [put('y', 'b'), wrote(2)])
    expect(verdict(history, 'a=x')).not.toBe('')
    expect(verdict(history, 'a=x b=y')).not.toBe('')
  })

  test('revisions against the order of time, over different keys', () => {
    const history = historyOf([put('x'), wrote(3)], [put('y', 'b'), wrote(2)])
    expect(verdict(history, 'b=y', 'a=x')).toMatch('but came after')
  })

  test('an unknown write that was done before it was asked for', () => {
    const history = historyOf([put('x'), wrote(3)], [put('y', 'b'), undefined])
    expect(verdict(history, 'b=y', 'a=x')).toMatch('but came after')
  })

  test('a read that goes back', () => {
    const history = historyOf([put('x'), wrote(2)], [put('y'), wrote(3)], [get(), saw(2, 'x', 2)])
    expect(verdict(history, 'a=x', 'a=y')).toMatch('but came after')
    expect(verdict(history, 'a=x', 'a=y')).toMatch('a is not linearizable')
  })

  test('a read of what was not there at its revision', () => {
    const history = historyOf([put('x'), wrote(2)], [put('y'), wrote(3)], [get(), saw(3, 'x', 2)])
    expect(verdict(history, 'a=x', 'a=y')).toMatch('the key was {"value":"y","modRevision":3}')
    const nothing = historyOf([put('x'), wrote(2)], [get(), sawNothing(2)])
    expect(verdict(nothing, 'a=x')).toMatch('a is not linearizable')
  })

  test('a serializable read of what never was', () => {
    const history = historyOf([put('x'), wrote(2)], [get(true), saw(2, 'z', 2)])
    expect(verdict(history, 'a=x')).toMatch('the key was')
  })

  test('a guard that let pass what it should not have', () => {
    const guard: Action = { kind: 'guarded', key: 'a', value: 'y', modRevision: 0 }
    expect(verdict(historyOf([put('x'), wrote(2)], [guard, wrote(3)]), 'a=x', 'a=y')).toMatch('the guard met')
    const history = historyOf([put('x'), wrote(2)], [{ ...guard, modRevision: 2 }, saw(2, 'x', 2)])
    expect(verdict(history, 'a=x')).toMatch('the guard met')
  })

  test('a delete that did not find what was there, or found what was not', () => {
    const history = historyOf([put('x'), wrote(2)], [remove, { revision: 2, wrote: false }])
    expect(verdict(history, 'a=x')).toMatch('the key was {"value":"x"')
    expect(verdict(historyOf([remove, wrote(2)]), 'a=')).toMatch('the key was absent')
  })

  test('an answer from a revision that nobody knows of', () => {
    expect(verdict(historyOf([get(), sawNothing(9)]))).toMatch('nothing is known of revision 9')
  })
})
