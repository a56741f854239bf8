/** A counter whose answers are its values: every rule of the judge, broken once. */
import { describe, expect, test } from 'vitest'
import { type Application, Chronicle } from './chronicle.ts'
import { type Judged, judgeMachine } from './judge-machine.ts'
import type { Asked, Told } from './machine-history.ts'
import type { AnyMachine } from './perform.ts'

/** Adds; or, asked for `look`, tells. */
const counter: AnyMachine = {
  isRead: command => command === 'look',
  apply(command, state) {
    const value = Number(state.get('value') ?? 0)
    if (command === 'look') return value
    state.put('value', value + Number(command))
    return value + Number(command)
  },
}

/** What members made of the log: at 1 the first request, at 2 the second, and so on, unless it is said. */
function apply(value: number, amount: number, change: Partial<Application> = {}): Application {
  const { index = 1, answer = `${value}` } = change
  const by = { member: 'a', foundIndex: 0 }
  const writes = [['value', `${value}`]] as const
  return { index, request: index, command: `${amount}`, answer, writes, by, ...change }
}

const done = (index: number, answer: number): Told => ({ kind: 'done', index, answer: `${answer}` })

function asked(request: number, command: string, told: Told, times: readonly [number, number]): Asked {
  const [calledAt, returnedAt] = times
  return { request, client: 1, command, isRead: command === '"look"', told, calledAt, returnedAt }
}

interface Case extends Partial<Omit<Judged, 'chronicle' | 'asked'>> {
  readonly log: readonly Application[]
  readonly asked: readonly Asked[]
}

function problemsOf({ log, asked, ...change }: Case): readonly string[] {
  let settled = 0
  const chronicle = new Chronicle(
    () => counter,
    () => settled++,
  )
  for (const application of log) chronicle.applied(application)
  for (const { isRead, told, client, request, command } of asked) {
    if (told.kind === 'done' && !isRead) chronicle.answered(client, request, command, told.answer)
  }
  expect(settled).toBe(chronicle.problems.length)
  return judgeMachine({ chronicle, asked, tries: 1, makeMachine: () => counter, ...change })
}

/** One and two are added, one after the other; then somebody looks. */
const good: Case = {
  log: [apply(1, 1), apply(3, 2, { index: 2 })],
  asked: [
    asked(1, '1', done(1, 1), [1, 2]),
    asked(2, '2', done(2, 3), [3, 4]),
    asked(3, '"look"', done(2, 3), [5, 6]),
  ],
}

test('what a machine does that runs alone is right', () => {
  expect(problemsOf(good)).toEqual([])
  expect(problemsOf({ ...good, agreed: { index: 2, content: [['value', '3']] } })).toEqual([])
})

test('members that do the same are right, from wherever they began', () => {
  const again = good.log.map(each => ({ ...each, by: { member: 'b', foundIndex: 1 } }))
  expect(problemsOf({ ...good, log: [...good.log, ...again] })).toEqual([])
})

test('what is not known may be in the log or not, once or at the end', () => {
  const unknown = asked(2, '2', { kind: 'unknown' }, [3, 4])
  expect(problemsOf({ log: good.log, asked: [good.asked[0]!, unknown] })).toEqual([])
  expect(problemsOf({ log: good.log.slice(0, 1), asked: [good.asked[0]!, unknown] })).toEqual([])
})

const twice = [apply(1, 1), apply(2, 1, { index: 2, request: 1 }), apply(4, 2, { index: 3, request: 2 })]

describe('it is wrong', () => {
  test.each<[string, Case, RegExp]>([
    [
      'that members answer differently',
      {
        ...good,
        log: [...good.log, apply(3, 2, { index: 2, answer: '4', by: { member: 'b', foundIndex: 1 } })],
      },
      /members do not make the same of 2, .* a answers 3, b \(in a process that began behind place 1\) 4/,
    ],
    [
      'that members write differently',
      {
        ...good,
        log: [...good.log, apply(3, 2, { index: 2, writes: [], by: { member: 'b', foundIndex: 0 } })],
      },
      /a writes "value" = 3, b changes nothing/,
    ],
    [
      'that members hold different commands',
      { ...good, log: [...good.log, apply(4, 3, { index: 2, request: 9 })] },
      /not hold the same command at place 2/,
    ],
    [
      'that a machine answers what a new one does not',
      { ...good, log: [apply(1, 1, { answer: '7' })] },
      /not in its state: given 1, at place 1 of the log, a answered 7, a machine that is new .* answers 1/,
    ],
    [
      'that a machine writes what a new one does not',
      { ...good, log: [apply(1, 1, { writes: [['value', '7']] })] },
      /a writes "value" = 7, a machine that is new and has the same state writes "value" = 1/,
    ],
    [
      'that a client is answered something else',
      { ...good, asked: [asked(1, '1', done(1, 2), [1, 2])] },
      /client 1 asked 1 and was answered 2, and should have been 1$/,
    ],
    [
      'that a reader is answered something else',
      { ...good, asked: [...good.asked.slice(0, 2), asked(3, '"look"', done(2, 1), [5, 6])] },
      /asked "look" and was answered 1, and should have been 3/,
    ],
    [
      'that a reader sees less than was answered before',
      { ...good, asked: [...good.asked.slice(0, 2), asked(3, '"look"', done(1, 1), [5, 6])] },
      /"look" read a state that reaches to place 1 of the log, although 2 had been answered before, from place 2/,
    ],
    [
      'that what was called later stands before',
      { ...good, asked: [asked(1, '1', done(1, 1), [3, 4]), asked(2, '2', done(2, 3), [1, 2])].reverse() },
      /1 stands at place 1 of the log, although 2 had been answered before/,
    ],
    [
      'that what was refused was carried out',
      { ...good, asked: [asked(1, '1', { kind: 'refused' }, [1, 2])] },
      /1 was refused, and yet it was carried out, at place 1/,
    ],
    [
      'that what was asked once was carried out twice',
      { log: twice.slice(0, 2), asked: [asked(1, '1', { kind: 'unknown' }, [1, 2])] },
      /asked for at most 1 times, and carried out 2 times, at places 1, 2/,
    ],
    [
      'that a repetition took effect again',
      {
        log: twice,
        asked: [asked(1, '1', done(2, 1), [1, 2]), asked(2, '2', done(3, 4), [3, 4])],
        tries: 2,
      },
      /asked 2 and was answered 4, and should have been 3: before, 1 was carried out at place 1 .*and again at 2/,
    ],
    [
      'that an answer is from where the command does not stand',
      { ...good, asked: [asked(1, '1', done(2, 1), [1, 2])] },
      /1 was answered from place 2 of the log, where it does not stand/,
    ],
    [
      'that all agree on what the log does not lead to',
      { ...good, agreed: { index: 2, content: [] } },
      /agree on a state that the log does not lead to: "value" is 3 here, nothing there/,
    ],
    [
      'that the model says something else',
      { ...good, model: { initial: 0, next: (state, command) => [state, command === 2 ? 9 : 1] } },
      /to 2, at place 2 of the log, the machine answered 3, the model says 9/,
    ],
  ])('%s', (_, one, sentence) => {
    expect(problemsOf(one)[0]).toMatch(sentence)
  })
})

test('a model may name its fields in another order', () => {
  const pair: AnyMachine = { apply: () => ({ b: 1, a: [{ d: 1, c: 2 }] }) }
  const chronicle = new Chronicle(
    () => pair,
    () => {},
  )
  const answer = '{"b":1,"a":[{"d":1,"c":2}]}'
  chronicle.applied({ ...apply(1, 1), answer, writes: [] })
  const model = { initial: 0, next: () => [0, { a: [{ c: 2, d: 1 }], b: 1 }] as const }
  const one = asked(1, '1', { kind: 'done', index: 1, answer }, [1, 2])
  expect(judgeMachine({ chronicle, asked: [one], tries: 1, makeMachine: () => pair, model })).toEqual([])
})
