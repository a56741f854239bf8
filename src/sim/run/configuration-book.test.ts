import { expect, test } from 'vitest'
import type { Entry } from '../../core/entry.ts'
import type { NodeId } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import { encodeConfiguration as encodePaxos } from '../../protocols/paxos/multi/configuration.ts'
import { protocolNamed } from '../../protocols/protocols.ts'
import { encodeConfiguration as encodeRaft } from '../../protocols/raft/configuration.ts'
import { ConfigurationBook } from './configuration-book.ts'
import { votersOfProtocol } from './voters-of.ts'

const ids = (...numbers: readonly number[]): NodeId[] => numbers.map(number => BigInt(number) as NodeId)
const about = { learners: [], context: new Uint8Array(), version: 1 }

const raft = (voters: NodeId[], outgoing: NodeId[] = []): Uint8Array =>
  encodeRaft({ ...about, voters, outgoing })
const entry = (index: number, data: Uint8Array): Entry => ({ index, data, kind: 'configuration' }) as Entry
const noop = (index: number): Entry => ({ index, kind: 'noop' }) as Entry
const base = (index: number, configuration: Uint8Array): LogBase => ({ index, configuration }) as LogBase

function begun(): ConfigurationBook {
  const book = new ConfigurationBook(votersOfProtocol('raft'))
  book.based(base(0, raft(ids(1, 2, 3))))
  return book
}

test('who was there from the beginning votes', () => {
  expect(new ConfigurationBook(votersOfProtocol('raft')).voterSets).toEqual([])
  expect(begun().voterSets).toEqual([ids(1, 2, 3)])
})

test('while a change is under way both sets count, and what was proposed beside what is in force', () => {
  const book = begun()
  book.held(entry(5, raft(ids(1, 2, 4), ids(1, 2, 3))))
  expect(book.voterSets).toEqual([ids(1, 2, 3), ids(1, 2, 4), ids(1, 2, 3)])
  book.committed(entry(5, raft(ids(1, 2, 4), ids(1, 2, 3))))
  expect(book.voterSets).toEqual([ids(1, 2, 4), ids(1, 2, 3)])
  book.committed(entry(6, raft(ids(1, 2, 4))))
  expect(book.voterSets).toEqual([ids(1, 2, 4)])
})

test('what was given up is forgotten once something else is committed there', () => {
  const book = begun()
  book.held(entry(5, raft(ids(1, 2, 4), ids(1, 2, 3))))
  book.committed(noop(5))
  expect(book.voterSets).toEqual([ids(1, 2, 3)])
})

test('a replica that is told of an older one late changes nothing', () => {
  const book = begun()
  book.committed(entry(6, raft(ids(1, 2))))
  book.based(base(4, raft(ids(1, 2, 3))))
  book.held(entry(5, raft(ids(9))))
  expect(book.voterSets).toEqual([ids(1, 2)])
})

test('of Paxos what was in force before counts until something is chosen without it, alpha slots later', () => {
  const book = new ConfigurationBook(votersOfProtocol('paxos'))
  book.based(base(0, protocolNamed('paxos').bootstrap({ voters: ids(1, 2, 3), learners: [] })))
  const seats = { seats: [0, 1], seatsGiven: 3, before: { voters: ids(1, 2, 3), learners: [] } }
  const next = encodePaxos({
    ...about,
    ...seats,
    voters: ids(1, 2),
    chosenAt: 10 as Entry['index'],
    alpha: 4,
  })
  book.committed(entry(10, next))
  expect(book.voterSets).toEqual([ids(1, 2), ids(1, 2, 3)])
  book.committed(noop(12))
  expect(book.voterSets).toHaveLength(2)
  book.committed(noop(13))
  expect(book.voterSets).toHaveLength(2)
  book.committed(noop(14))
  expect(book.voterSets).toEqual([ids(1, 2)])
})
