import { expect, test } from 'vitest'
import type { NodeId } from '../core/ids.ts'
import { randomFromSeed } from '../core/prng.ts'
import type { NodeClock } from '../sim/node-clock.ts'
import { SimulatedClock } from './clock.ts'
import { type MessageFaults, MessageNetwork, NO_MESSAGE_FAULTS } from './message-network.ts'

const A = 1n as NodeId
const B = 0xbn as NodeId

const codec = {
  encode: (message: number, to: { varint(value: number): void }) => to.varint(message),
  decode: (from: { varint(): number }) => from.varint(),
}

function setup(faults: Partial<MessageFaults> = {}, seed = 1) {
  const clock = new SimulatedClock()
  const trace: string[] = []
  const network = new MessageNetwork<number>(clock, randomFromSeed(seed), codec, {
    faults: { ...NO_MESSAGE_FAULTS, ...faults },
    observe: (at, from, to, bytes) => trace.push(`${at} ${from} ${to} ${bytes}`),
  })
  const got: number[] = []
  const node: NodeClock = clock.node()
  network.attach(B, node, (from, message) => {
    expect(from).toBe(A)
    got.push(message)
  })
  const sendAll = (count: number) => {
    for (let i = 0; i < count; i++) network.send(A, B, i)
    clock.runUntilIdle()
  }
  return { clock, network, node, got, trace, sendAll }
}

test('without faults every message arrives once, though not in order', () => {
  const { got, sendAll } = setup()
  sendAll(100)
  const sorted = Array.from({ length: 100 }, (_, i) => i)
  expect(got).not.toEqual(sorted)
  expect([...got].sort((a, b) => a - b)).toEqual(sorted)
})

test('loss, doubling and late replay happen at about their rates', () => {
  const lossy = setup({ lossPerMillion: 300_000 })
  lossy.sendAll(1000)
  expect(Math.abs(lossy.got.length - 700)).toBeLessThan(60)
  const doubled = setup({ duplicatePerMillion: 300_000 })
  doubled.sendAll(1000)
  expect(Math.abs(doubled.got.length - 1300)).toBeLessThan(60)
  const replayed = setup({ replayPerMillion: 300_000, replayDelayUs: 9_000_000 })
  replayed.sendAll(1000)
  expect(Math.abs(replayed.got.length - 1300)).toBeLessThan(60)
  expect(replayed.clock.now()).toBeGreaterThan(9_000_000)
})

test('a cut link loses what is sent and what is under way; the other direction passes', () => {
  const { clock, network, got } = setup()
  const back: number[] = []
  network.attach(A, clock.node(), (_from, message) => back.push(message))
  network.send(A, B, 1)
  network.links.cutOneWay('1', 'b')
  network.send(A, B, 2)
  network.send(B, A, 3)
  clock.runUntilIdle()
  network.links.healAll()
  network.send(A, B, 4)
  clock.runUntilIdle()
  expect([got, back]).toEqual([[4], [3]])
})

test('a paused node gets its messages late, a dead or detached one never', () => {
  const { clock, network, node, got } = setup()
  node.pause()
  network.send(A, B, 1)
  clock.runUntilIdle()
  expect(got).toEqual([])
  node.resume()
  clock.runUntilIdle()
  expect(got).toEqual([1])
  network.detach(B)
  network.send(A, B, 2)
  clock.runUntilIdle()
  expect(got).toEqual([1])
})

test('one rate does not shift the chances of another', () => {
  const quiet = setup({ lossPerMillion: 300_000 })
  const loud = setup({ lossPerMillion: 300_000, replayPerMillion: 1, replayDelayUs: 1 })
  quiet.sendAll(300)
  loud.sendAll(300)
  expect(loud.got).toEqual(quiet.got)
})

test('the same seed gives the same trace, and another seed another', () => {
  const trace = (seed: number) => {
    const run = setup({ lossPerMillion: 100_000, duplicatePerMillion: 100_000 }, seed)
    run.sendAll(500)
    return run.trace.join('\n')
  }
  expect(trace(5)).toBe(trace(5))
  expect(trace(5)).not.toBe(trace(6))
})

test('a codec that leaves bytes unread breaks the run', () => {
  const clock = new SimulatedClock()
  const broken = { encode: codec.encode, decode: () => 0 }
  const network = new MessageNetwork<number>(clock, randomFromSeed(1), broken)
  network.attach(B, clock.node(), () => {})
  network.send(A, B, 1)
  expect(() => clock.runUntilIdle()).toThrow('a codec reads all that it wrote')
})
