import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeId, Token } from '../core/ids.ts'
import type { Core, PersistEffect, SendEffect } from '../core/sans-io.ts'
import { type Instant, NEVER } from '../core/time.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { Executor, type ExecutorInput } from './executor.ts'

interface Note {
  readonly kind: 'note'
  readonly text: string
}

type Input = Note | ExecutorInput
type Effect = PersistEffect<string> | SendEffect<string> | Note

const A = 1n as NodeId
const B = 2n as NodeId

const send = (message: string, after?: number, to = A): Effect =>
  after === undefined ? { kind: 'send', to, message } : { kind: 'send', to, message, after: after as Token }
const persist = (token: number): Effect => ({
  kind: 'persist',
  token: token as Token,
  update: `update ${token}`,
})
const note = (text: string): Note => ({ kind: 'note', text })

/** A core that does what it is told, a host that writes down what it is asked for, and a disk by hand. */
function setup(firstDeadline = NEVER) {
  const clock = new SimulatedClock()
  const log: string[] = []
  const script: Effect[][] = []
  const disk: (() => void)[] = []
  let deadline = firstDeadline
  let gathered: (() => void) | undefined
  const core: Core<Input, Effect> = {
    step(now, inputs, out) {
      log.push(`step ${now}: ${inputs.map(show).join(' ')}`)
      out.push(...(script.shift() ?? []))
    },
    deadline: () => deadline,
    check() {},
    describe: () => 'scripted',
  }
  const executor = new Executor<Note, string, string, Note>(clock, core, {
    persist(update, done) {
      log.push(update)
      disk.push(done)
    },
    send: (to, message) => void log.push(`to ${to}: ${message}`),
    perform: effect => void log.push(effect.text),
    gather: () => gathered?.(),
  })
  return {
    clock,
    executor,
    log,
    script,
    /** What happened since the last call. */
    taken: () => log.splice(0),
    /** Steps the core once, making it ask for these effects. */
    ask(...effects: Effect[]) {
      script.push(effects)
      executor.give(note('go'))
      clock.runUntil(clock.now())
    },
    /** The oldest write becomes durable. */
    sync() {
      disk.shift()!()
    },
    setDeadline: (at: number) => void (deadline = at as Instant),
    onGather: (run: () => void) => void (gathered = run),
  }
}

function show(input: Input): string {
  if (input.kind === 'persisted') return `persisted ${input.token}`
  return input.kind === 'note' ? input.text : input.kind
}

describe('the executor', () => {
  test('steps the core once a turn, with everything that arrived, in order', () => {
    const { clock, executor, taken } = setup()
    for (const text of ['one', 'two', 'three']) executor.give(note(text))
    expect(taken()).toEqual([])
    clock.runUntilIdle()
    expect(taken()).toEqual(['step 0: one two three'])
  })

  test('steps no core for a mere note, and hands it over, in order, with what steps it next', () => {
    const { clock, executor, taken } = setup()
    executor.note(note('one'))
    clock.runUntilIdle()
    expect(taken()).toEqual([])
    executor.give(note('two'))
    clock.runUntilIdle()
    expect(taken()).toEqual(['step 0: one two'])
  })

  test('carries effects out in the order in which the core asked', () => {
    const { ask, taken } = setup()
    ask(note('a'), send('m1'), persist(1), note('b'), send('m2'))
    expect(taken()).toEqual(['step 0: go', 'a', 'to 1: m1', 'update 1', 'b', 'to 1: m2'])
  })

  test('a message leaves only when everything up to its token is durable', () => {
    const { ask, sync, taken } = setup()
    ask(persist(1), send('after one', 1), persist(2), send('after two', 2), send('free'))
    expect(taken()).toEqual(['step 0: go', 'update 1', 'update 2', 'to 1: free'])
    sync()
    expect(taken()).toEqual(['to 1: after one'])
    sync()
    expect(taken()).toEqual(['to 1: after two'])
  })

  test('a message whose token is durable already leaves at once', () => {
    const { ask, sync, taken } = setup()
    ask(persist(1))
    sync()
    taken()
    ask(send('late', 1))
    expect(taken()).toEqual(['step 0: persisted 1 go', 'to 1: late'])
  })

  test('messages that wait for durability do not overtake each other', () => {
    const { ask, sync, taken } = setup()
    ask(persist(1), persist(2), send('first', 2), send('second', 1, B), send('third', 1))
    taken()
    sync()
    expect(taken()).toEqual([])
    sync()
    expect(taken()).toEqual(['to 1: first', 'to 2: second', 'to 1: third'])
  })

  test('not even those that could leave already', () => {
    const { ask, sync, taken } = setup()
    ask(persist(1), persist(2))
    sync()
    taken()
    ask(send('first', 2), send('second', 1))
    expect(taken()).toEqual(['step 0: persisted 1 go'])
    sync()
    expect(taken()).toEqual(['to 1: first', 'to 1: second'])
  })

  test('tells the core what became durable at the end of the turn, not within the call-back', () => {
    const { clock, ask, sync, taken } = setup()
    ask(persist(1), persist(2))
    taken()
    sync()
    sync()
    expect(taken()).toEqual([])
    clock.runUntilIdle()
    expect(taken()).toEqual(['step 0: persisted 1 persisted 2'])
  })

  test('gives a deadline when it has come, as often as the core sets one', () => {
    const { clock, taken, setDeadline } = setup(100 as Instant)
    clock.runUntil(99 as Instant)
    expect(taken()).toEqual([])
    setDeadline(250)
    clock.runUntil(200 as Instant)
    expect(taken()).toEqual(['step 100: deadline'])
    setDeadline(NEVER)
    clock.runUntilIdle()
    expect(taken()).toEqual(['step 250: deadline'])
  })

  test('a deadline that moves away does not come at its old time', () => {
    const { clock, ask, taken, setDeadline } = setup(100 as Instant)
    clock.runUntil(50 as Instant)
    setDeadline(500)
    ask()
    taken()
    clock.runUntil(499 as Instant)
    expect(taken()).toEqual([])
  })

  test('lets the host give what it gathered, before each step', () => {
    const { clock, executor, taken, onGather } = setup()
    onGather(() => executor.give(note('gathered')))
    executor.give(note('one'))
    clock.runUntilIdle()
    expect(taken()).toEqual(['step 0: one gathered'])
    executor.wake()
    executor.wake()
    clock.runUntilIdle()
    expect(taken()).toEqual(['step 0: gathered'])
  })

  test('what arrives during a step waits for the next one', () => {
    const { clock, executor, script, taken, log } = setup()
    script.push([note('effect')])
    executor.give(note('one'))
    const push = log.push.bind(log)
    log.push = (...lines) => {
      if (lines[0] === 'effect') executor.give(note('from within'))
      return push(...lines)
    }
    clock.runUntilIdle()
    expect(taken()).toEqual(['step 0: one', 'effect', 'step 0: from within'])
  })

  test('once stopped it steps nothing, sends nothing and sets no timer', () => {
    const { clock, executor, ask, sync, taken, setDeadline } = setup(100 as Instant)
    setDeadline(100)
    ask(persist(1), send('gated', 1))
    taken()
    executor.give(note('waiting'))
    executor.stop()
    sync()
    executor.give(note('late'))
    executor.wake()
    clock.runUntilIdle()
    expect(taken()).toEqual([])
    expect(clock.now()).toBe(0)
  })

  test('stopped by one effect, it carries out none of those behind it', () => {
    const { executor, ask, taken, log } = setup()
    const push = log.push.bind(log)
    log.push = (...lines) => {
      if (lines[0] === 'halt') executor.stop()
      return push(...lines)
    }
    ask(note('halt'), persist(1), send('never'))
    expect(taken()).toEqual(['step 0: go', 'halt'])
  })

  test('whatever a core asks for, no message leaves early, none is lost, and none overtakes one to its peer', () => {
    const action = fc.oneof(
      fc.constant('persist' as const),
      fc.constant('sync' as const),
      fc.record({ gated: fc.boolean(), to: fc.constantFrom(A, B), back: fc.nat(3) }),
    )
    const run = (actions: readonly ('persist' | 'sync' | { gated: boolean; to: NodeId; back: number })[]) => {
      const { ask, sync, log } = setup()
      let issued = 0
      let durable = 0
      const expected: { name: string; after: number }[] = []
      const check = () => {
        const sent = log.filter(line => line.startsWith('to ')).map(line => line.split(': ')[1]!)
        for (const name of sent) {
          expect(expected.find(one => one.name === name)!.after).toBeLessThanOrEqual(durable)
        }
        return sent
      }
      for (const one of actions) {
        if (one === 'persist') ask(persist(++issued))
        else if (one === 'sync') {
          if (durable === issued) continue
          durable++
          sync()
        } else {
          const after = Math.max(issued - one.back, 0)
          const name = `${one.to}/${expected.length}`
          expected.push({ name, after: one.gated ? after : 0 })
          ask(send(name, one.gated ? after : undefined, one.to))
        }
        check()
      }
      while (durable < issued) {
        durable++
        sync()
        check()
      }
      const sent = check()
      expect([...sent].sort()).toEqual(expected.map(({ name }) => name).sort())
      for (const to of [A, B]) {
        const gated = expected.filter(one => one.after > 0 && one.name.startsWith(`${to}/`))
        const order = gated.map(({ name }) => sent.indexOf(name))
        expect(order).toEqual([...order].sort((a, b) => a - b))
      }
    }
    fc.assert(fc.property(fc.array(action, { maxLength: 30 }), run), { numRuns: 1000 })
  })
})
