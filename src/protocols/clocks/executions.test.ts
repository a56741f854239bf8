/** Random executions: what each clock says of every pair of events, beside what is true. */
import { expect, test } from 'vitest'
import { compareHybrid } from './hybrid-clock.ts'
import { compareLamport } from './lamport-clock.ts'
import { drawExecution, happenedBefore } from './testing/execution.ts'

const SCHEDULES = 2000
const EVENTS = 30
const SKEW_MS = 200

test(`in ${SCHEDULES} executions, every clock tells of every pair of events what it promises`, () => {
  let misordered = 0
  const seen = { equal: 0, before: 0, after: 0, concurrent: 0 }
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const execution = drawExecution(seed, EVENTS, SKEW_MS)
    const { happenings } = execution
    for (const [i, a] of happenings.entries()) {
      a.vector.check()
      for (const [j, b] of happenings.entries()) {
        const isBefore = happenedBefore(execution, i, j)
        const isAfter = happenedBefore(execution, j, i)
        const truth = i === j ? 'equal' : isBefore ? 'before' : isAfter ? 'after' : 'concurrent'
        const order = a.vector.compare(b.vector)
        if (order !== truth) throw new Error(`seed ${seed}: ${a.vector} is ${order} to ${b.vector}, ${truth}`)
        seen[truth]++
        if (isBefore && compareLamport(a.lamport, b.lamport) >= 0) throw new Error(`seed ${seed}: Lamport`)
        if (isBefore && compareHybrid(a.hybrid, b.hybrid) >= 0) throw new Error(`seed ${seed}: hybrid`)
        if (truth === 'concurrent' && compareLamport(a.lamport, b.lamport) < 0) misordered++
        if (i !== j && compareLamport(a.lamport, b.lamport) === 0) throw new Error(`seed ${seed}: a tie`)
      }
    }
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(SCHEDULES)
  // What a Lamport clock does not promise: here it puts concurrent events into an order.
  expect(misordered).toBeGreaterThan(SCHEDULES)
})

test('a hybrid stamp is never behind its own wall clock, nor ahead of it by more than the skew', () => {
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    for (const { hybrid, wallMs } of drawExecution(seed, EVENTS, SKEW_MS).happenings) {
      const aheadMs = hybrid.wallMs - wallMs
      if (aheadMs < 0 || aheadMs > SKEW_MS) throw new Error(`seed ${seed}: ahead by ${aheadMs} ms`)
    }
  }
})

test('the counters of hybrid stamps are small: they are no Lamport clocks beside a wall clock', () => {
  const counters: number[] = []
  for (let seed = 1; seed <= 200; seed++) {
    for (const { hybrid } of drawExecution(seed, EVENTS, SKEW_MS).happenings) counters.push(hybrid.counter)
  }
  expect(Math.max(...counters)).toBeLessThan(EVENTS)
})
