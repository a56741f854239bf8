/** Every fault of every algorithm, run: it can be told, it is told alike again, and breaks no promise. */
import { describe, expect, test } from 'vitest'
import { ALGORITHMS } from './algorithms.ts'
import { hasBrokenPromise, type Recording } from './recording.ts'
import { transcript } from './transcript.ts'

const EVERY = ALGORITHMS.flatMap(algorithm =>
  algorithm.lessons.map(({ name, nodesMin }) => ({
    name: algorithm.name,
    algorithm,
    fault: name,
    nodes: Math.max(nodesMin, algorithm.nodes.standard),
  })),
)

const run = ({ algorithm, fault, nodes }: (typeof EVERY)[number], seed: number): Recording =>
  algorithm.run({ nodes, seed }, fault)

test.each(EVERY)('$name, $fault: told alike again, and what is promised holds', every => {
  const recording = run(every, 1)
  const told = transcript(recording).join('\n')
  expect(transcript(run(every, 1)).join('\n')).toBe(told)
  expect(told).not.toMatch(/undefined|\[object|NaN/)
  mayHaveHappened(recording)
  for (const one of [recording, run(every, 2)]) {
    const broken = one.verdicts.filter(verdict => verdict.isPromisedHere && verdict.broken !== null)
    expect(broken, `seed ${one.seed}`).toEqual([])
    expect(hasBrokenPromise(one)).toBe(false)
  }
})

function mayHaveHappened({
  messages,
  events,
  nodes,
  endsAtUs,
  absences,
  partitions,
  leftOut,
}: Recording): void {
  for (const { from, to, sentAtUs, endsAtUs: at, lost } of messages) {
    expect(from !== to && from >= 0 && to >= 0 && from < nodes.length && to < nodes.length).toBe(true)
    expect(at === null ? lost === null : at >= sentAtUs).toBe(true)
  }
  for (const { atUs } of events) expect(atUs).toBeLessThanOrEqual(endsAtUs)
  for (const { fromUs, untilUs } of [...absences, ...partitions])
    expect(untilUs).toBeGreaterThanOrEqual(fromUs)
  const orders = [...messages, ...events].map(({ order }) => order)
  expect(new Set(orders).size).toBe(orders.length)
  expect(leftOut).toEqual({ messages: 0, events: 0 })
}

describe('the smallest and the largest of everything can be run', () => {
  test.each(ALGORITHMS)('$name', algorithm => {
    const { fewest, most } = algorithm.nodes
    for (const nodes of [fewest, most]) {
      for (const { name, nodesMin } of algorithm.lessons) {
        if (nodesMin > nodes) continue
        const recording = algorithm.run({ nodes, seed: 1 }, name)
        expect(recording.nodes.length).toBe(nodes)
        expect(hasBrokenPromise(recording), `${name} with ${nodes}`).toBe(false)
      }
    }
  })
})
