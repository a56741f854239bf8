import { afterEach, describe, expect, test, vi } from 'vitest'
import type { MachineState } from './machine.ts'
import { type AnyMachine, isReadOf, performRead, performWrite } from './perform.ts'
import { PlainState } from './raw-state.ts'

/** A machine that does this, whatever the command. */
function machine(apply: (state: MachineState<unknown>, command: unknown) => unknown): AnyMachine {
  return { apply: (command, state) => apply(state, command) }
}

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'none'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const write = (apply: Parameters<typeof machine>[0], state = new PlainState()) =>
  performWrite(machine(apply), '{"a":1}', state)

test('a command comes to a result and to changes, as JSON', () => {
  const state = new PlainState([['old', '1']])
  const performance = write((view, command) => {
    view.put('new', [view.get('old'), command])
    view.delete('old')
    return { left: view.scan().length }
  }, state)
  expect(performance.answer).toBe('{"left":1}')
  expect(performance.writes).toEqual([
    ['new', '[1,{"a":1}]'],
    ['old', null],
  ])
  expect(state.scan('')).toEqual([['new', '[1,{"a":1}]']])
})

test('nothing is answered as null', () => {
  expect(write(() => undefined).answer).toBe('null')
})

test('what a machine is given is a copy', () => {
  const state = new PlainState([['list', '[1]']])
  write(view => (view.get('list') as number[]).push(2), state)
  expect(state.get('list')).toBe('[1]')
})

test('keys come in the order of their bytes, and only those with the prefix', () => {
  const keys = ['b', 'a/\u{1F600}', 'a/\uFF5E', 'a', 'a/']
  const state = new PlainState(keys.map(key => [key, '1']))
  expect(JSON.parse(write(view => view.scan('a/').map(([key]) => key), state).answer)).toEqual([
    'a/',
    'a/\uFF5E',
    'a/\u{1F600}',
  ])
})

describe('what differs from member to member is refused', () => {
  test.each<[string, () => unknown]>([
    ['the time', () => Date.now()],
    ['now', () => new Date()],
    ['now, as text', () => Date()],
    ['luck', () => Math.random()],
    ['an id', () => crypto.randomUUID()],
    ['how long it has run', () => performance.now()],
    ['a timer', () => setTimeout.name],
    ['a microtask', () => queueMicrotask.name],
    ['the network', () => fetch.name],
  ])('%s', (_, ask) => {
    expect(codeOf(() => write(ask))).toBe('QUORATE_MACHINE_IMPURE')
    expect(codeOf(() => performRead(machine(ask), '1', new PlainState()))).toBe('QUORATE_MACHINE_IMPURE')
    expect(codeOf(() => isReadOf({ ...machine(ask), isRead: () => ask() === 1 }, '1'))).toBe(
      'QUORATE_MACHINE_IMPURE',
    )
    expect(codeOf(ask)).toBe('none')
  })

  test('a date that is given is not', () => {
    expect(write(() => new Date(0).toISOString()).answer).toBe('"1970-01-01T00:00:00.000Z"')
  })

  describe('and a clock that a test has put in place', () => {
    afterEach(() => {
      vi.useRealTimers()
    })

    test('is there again afterwards', () => {
      vi.useFakeTimers({ now: 5 })
      expect(codeOf(() => write(() => Date.now()))).toBe('QUORATE_MACHINE_IMPURE')
      expect(Date.now()).toBe(5)
    })
  })
})

describe('what JSON would change or leave out is refused', () => {
  const circle: unknown[] = []
  circle.push(circle)
  test.each<[string, unknown]>([
    ['a field that is undefined', { a: undefined }],
    ['NaN', [Number.NaN]],
    ['infinity', Number.POSITIVE_INFINITY],
    ['-0', -0],
    ['a bigint', 1n],
    ['a map', new Map()],
    ['bytes', new Uint8Array(1)],
    ['a date', new Date(0)],
    ['a function', () => {}],
    ['a promise', Promise.resolve(1)],
    ['a hole', new Array(1)],
    ['a circle', circle],
  ])('%s', (_, value) => {
    expect(codeOf(() => write(() => value))).toBe('QUORATE_MACHINE_VALUE')
    expect(codeOf(() => write(view => view.put('key', value)))).toBe('QUORATE_MACHINE_VALUE')
  })

  test.each<unknown>([1, undefined, '\uD800', 'a\uDC00'])('as a key: %j', key => {
    expect(codeOf(() => write(view => view.put(key as string, 1)))).toBe('QUORATE_MACHINE_VALUE')
  })

  test('one object in two places is no circle', () => {
    const twice = { a: 1 }
    expect(write(() => [twice, twice]).answer).toBe('[{"a":1},{"a":1}]')
  })
})

test.each<[string, (state: MachineState<unknown>) => void]>([
  ['put', state => state.put('key', 1)],
  ['delete', state => state.delete('key')],
])('a command that only reads may not %s', (_, apply) => {
  const state = new PlainState([['key', '0']])
  expect(codeOf(() => performRead(machine(apply), '1', state))).toBe('QUORATE_MACHINE_READ_ONLY')
  expect(state.get('key')).toBe('0')
})
