import { expect, test } from 'vitest'
import { ByteReader, DecodeError } from '../../core/bytes.ts'
import { ElectionWorld, electionConformance } from '../election.conformance.ts'
import { ringElection } from './index.ts'

electionConformance(ringElection, 3600, new URL('./testdata/', import.meta.url))

test('where all begin at once in the order of their ids, an election takes 3n - 1 tokens', () => {
  for (let nodes = 2; nodes <= 9; nodes++) {
    let tokens = 0
    const count = (line: string): void => void (/ (election|elected) /.test(line) && tokens++)
    const { world } = new ElectionWorld(ringElection, 1, nodes, count, { minimumUs: 1000, meanUs: 0 })
    world.startAll()
    world.runForMs(95)
    expect(tokens).toBe(3 * nodes - 1)
  }
})

test('a token that has gone around more often than any can is refused', () => {
  const token = (hops: readonly number[]): Uint8Array =>
    Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, ...hops)
  expect(ringElection.decode(new ByteReader(token([0x80, 0x04])))).toMatchObject({ candidate: 1n, hops: 512 })
  expect(() => ringElection.decode(new ByteReader(token([0x81, 0x04])))).toThrow(DecodeError)
})
