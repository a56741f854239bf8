/**
 * Stories told message by message, kept in `testdata/` as documentation and compared word by word. Messages take 10 ms,
 * writes 1 ms. `UPDATE_GOLDEN=1` writes them anew; review the difference.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { CommitWorld, TIMEOUT_MS } from './commit-world.conformance.ts'
import type { Flavour } from './options.ts'

const [ONE, TWO, THREE, FOUR] = [1n as NodeId, 2n as NodeId, 3n as NodeId, 4n as NodeId]

class Story {
  readonly one: CommitWorld
  readonly #lines: string[]
  #isTelling = false

  constructor(title: string, flavour: Flavour, votes: (id: NodeId) => boolean = () => true, nodes = 3) {
    this.#lines = [`# ${title}`]
    this.one = new CommitWorld({
      flavour,
      seed: 1,
      nodes,
      votes,
      quality: { delay: { minimumUs: 10_000, meanUs: 0 }, bytesPerMs: 0 },
      diskDelay: { minimumUs: 1000, meanUs: 0 },
      trace: line => this.#tell(line),
    })
    this.#isTelling = true
  }

  say(what: string): this {
    this.#lines.push('', `## ${what}`)
    return this
  }

  do(act: (one: CommitWorld) => void): this {
    act(this.one)
    return this
  }

  pass(milliseconds: number): this {
    this.one.world.runForMs(milliseconds)
    return this
  }

  look(): this {
    for (const id of this.one.world.ids) {
      const state = this.one.world.isAlive(id) ? this.one.node(id).describe() : 'down'
      this.#lines.push(`      ${id} ${state}`)
    }
    return this
  }

  matches(file: string): void {
    const path = new URL(`./testdata/${file}.txt`, import.meta.url)
    const told = `${this.#lines.join('\n')}\n`
    if (process.env['UPDATE_GOLDEN']) writeFileSync(path, told)
    expect(told).toBe(readFileSync(path, 'utf8'))
  }

  #tell(line: string): void {
    if (this.#isTelling) this.#lines.push(`  ${Math.floor(this.one.world.clock.now() / 1000)} ms  ${line}`)
  }
}

const isolate = (one: CommitWorld, ...names: readonly string[]): void => {
  const others = one.world.ids.map(String).filter(name => !names.includes(name))
  one.world.network.links.partition([[...names], others])
}

const cutFrom = (one: CommitWorld, from: string, ...to: readonly string[]): void => {
  for (const name of to) one.world.network.links.cutOneWay(from, name)
}

test('a commitment in two phases', () => {
  new Story('Three nodes commit (two phases)', 'two-phase')
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(60)
    .look()
    .matches('two-phase')
})

test('a refusal', () => {
  new Story('Node 3 cannot prepare (two phases)', 'two-phase', id => id !== THREE)
    .do(one => one.begin(ONE, [TWO, THREE]))
    .say('Of an abort nothing is written at the coordinator, and nobody acknowledges it.')
    .pass(60)
    .look()
    .matches('refusal')
})

test('two phases block', () => {
  const story = new Story('Two-phase commit blocks: all have voted, and the coordinator is down', 'two-phase')
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(16)
    .say('The coordinator dies before the votes reach it. Nobody else can know what it would have decided.')
    .do(one => one.world.crash(ONE))
    .pass(9 * TIMEOUT_MS)
    .look()
  expect(story.one.node(TWO).uncertain().length).toBe(1)
  story
    .say('It comes back and knows nothing of the transaction: so it was aborted. That is what is presumed.')
    .do(one => one.world.start(ONE))
    .pass(4 * TIMEOUT_MS)
    .look()
    .matches('blocked')
})

test('a coordinator that has decided tells it as soon as it is back', () => {
  const story = new Story('The coordinator dies with its decision written, and nobody told', 'two-phase')
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(16)
    .say('The votes arrive, and the decision is written. What it says of it is lost; then it dies.')
    .do(one => cutFrom(one, '1', '2', '3'))
    .pass(14)
    .do(one => one.world.crash(ONE))
    .pass(20)
    .say('It comes back, reads that it has decided, and tells them before they ask.')
    .do(one => one.world.heal())
    .pass(50)
    .look()
  expect(story.one.isSettled).toBe(true)
  story.matches('decided-before-a-crash')
})

test('participants help each other', () => {
  new Story('A participant that knows the decision tells the others (cooperative termination)', 'two-phase')
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(22)
    .say('The decision reaches node 2 only; then the coordinator dies.')
    .do(one => one.world.network.links.cutOneWay('1', '3'))
    .pass(6)
    .do(one => one.world.crash(ONE))
    .pass(4 * TIMEOUT_MS + 30)
    .look()
    .matches('cooperation')
})

test('a participant that never voted ends the uncertainty', () => {
  new Story('Node 3 was never asked to prepare. Asked by node 2, it refuses, for all', 'two-phase')
    .do(one => one.world.network.links.cutOneWay('1', '3'))
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(16)
    .do(one => one.world.crash(ONE))
    .pass(4 * TIMEOUT_MS + 30)
    .look()
    .matches('never-voted')
})

test('three phases do not block', () => {
  const story = new Story('Three-phase commit does not block where two-phase commit does', 'three-phase')
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(16)
    .say('The coordinator dies before the votes reach it.')
    .do(one => one.world.crash(ONE))
    .pass(6 * TIMEOUT_MS)
    .look()
  expect(story.one.isFinished(TWO, { coordinator: ONE, number: 1 })).toBe(true)
  story.matches('three-phase-abort')
  new Story('Once one of them is pre-committed, they commit without the coordinator', 'three-phase')
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(22)
    .say('The news that all have voted yes reaches node 2 only; then the coordinator dies.')
    .do(one => one.world.network.links.cutOneWay('1', '3'))
    .pass(6)
    .do(one => one.world.crash(ONE))
    .pass(7 * TIMEOUT_MS)
    .look()
    .matches('three-phase-commit')
})

test('with three phases, what one who was down remembers counts for nothing', () => {
  const story = new Story('Others may have gone on without who was down', 'three-phase', () => true, 4)
    .do(one => {
      one.world.network.links.clog('1', '2', 25_000)
      one.begin(ONE, [TWO, THREE, FOUR])
    })
    .pass(45)
    .say('The news that all have voted yes reaches node 3 only. The coordinator dies, and so does node 3.')
    .do(one => cutFrom(one, '1', '2', '4'))
    .pass(5)
    .do(one => one.world.crash(ONE))
    .pass(10)
    .do(one => one.world.crash(THREE))
    .pass(360)
    .say(
      'Node 4 has waited the longest. It hears of nobody who is pre-committed, aborts, and dies before anybody hears.',
    )
    .do(one => cutFrom(one, '4', '2', '3'))
    .pass(10)
    .do(one => one.world.start(THREE))
    .pass(90)
    .do(one => one.world.crash(FOUR))
    .say('Node 3 is back, and remembers that it was pre-committed. Node 2 may not go by that.')
    .pass(2 * TIMEOUT_MS)
    .look()
  expect(story.one.violations).toEqual([])
  expect(story.one.isFinished(THREE, { coordinator: ONE, number: 1 })).toBe(true)
  story.matches('three-phase-recovered')
})

test('with three phases, what its coordinator has forgotten is not settled', () => {
  const story = new Story(
    'The participants end a transaction of which its coordinator knows nothing more',
    'three-phase',
  )
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(22)
    .say(
      'The news that all have voted yes reaches node 2 only. The coordinator and node 3 die; node 2 commits.',
    )
    .do(one => cutFrom(one, '1', '3'))
    .pass(6)
    .do(one => {
      one.world.crash(ONE)
      one.world.crash(THREE)
    })
    .pass(7 * TIMEOUT_MS)
    .say('The coordinator is back, has nothing in its log, and begins another.')
    .do(one => {
      one.world.start(ONE)
      one.begin(ONE, [TWO])
    })
    .pass(60)
    .say('Node 3 is back, and asks. Node 2 still knows.')
    .do(one => one.world.start(THREE))
    .pass(30)
    .look()
  expect(story.one.violations).toEqual([])
  expect(story.one.isFinished(THREE, { coordinator: ONE, number: 1 })).toBe(true)
  story.matches('three-phase-forgotten')
})

test('three phases are unsafe under a partition', () => {
  const story = new Story(
    'Three-phase commit under a partition finishes one transaction in two ways',
    'three-phase',
  )
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(22)
    .say(
      'The coordinator has told node 2 that all voted yes when the network parts: node 2 here, 1 and 3 there.',
    )
    .do(one => one.world.network.links.cutOneWay('1', '3'))
    .pass(12)
    .do(one => {
      isolate(one, '2')
      one.world.crash(ONE)
    })
    .pass(7 * TIMEOUT_MS)
    .look()
  expect(story.one.violations).toEqual(['1/1 is abort, and commit at node 2'])
  story.matches('three-phase-split')
})

test('with three phases, a coordinator that was taken for dead heeds what the others decided', () => {
  const story = new Story('The coordinator is paused, and the participants abort without it', 'three-phase')
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(16)
    .do(one => one.world.pause(ONE))
    .pass(6 * TIMEOUT_MS)
    .say('It wakes up, reads the votes, and goes on where it was. It has committed nothing yet.')
    .do(one => one.world.resume(ONE))
    .pass(2 * TIMEOUT_MS)
    .look()
  expect(story.one.violations).toEqual([])
  story.matches('three-phase-paused')
})

test('a register neither blocks nor diverges', () => {
  const story = new Story('The same partition, and a register that consensus keeps', 'replicated')
    .do(one => one.begin(ONE, [TWO, THREE]))
    .pass(16)
    .say('The coordinator dies before the votes reach it. The network parts: node 2 here, 1 and 3 there.')
    .do(one => {
      isolate(one, '2')
      one.world.crash(ONE)
    })
    .pass(4 * TIMEOUT_MS + 20)
    .look()
    .say('With node 1 back, there is a majority with node 3: what the register was given first holds.')
    .do(one => one.world.start(ONE))
    .pass(4 * TIMEOUT_MS + 20)
    .look()
    .say('The network is whole again: node 2 proposes, and is told the same.')
    .do(one => one.world.heal())
    .pass(4 * TIMEOUT_MS + 20)
    .look()
  expect(story.one.violations).toEqual([])
  story.matches('register')
})
