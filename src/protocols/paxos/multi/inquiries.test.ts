/** Whom a member has to ask that may have forgotten something while who votes is changing. */
import { expect, test } from 'vitest'
import { EMPTY } from '../../../core/bytes.ts'
import type { Entry } from '../../../core/entry.ts'
import type { Ballot, Index, NodeId, ProposalId } from '../../../core/ids.ts'
import type { ClusterTime, Instant } from '../../../core/time.ts'
import { membership, node } from '../../raft/testing/cluster.ts'
import {
  bootstrapConfiguration,
  decodeConfiguration,
  encodeConfiguration,
  planChange,
} from './configuration.ts'
import { Inquiries } from './inquiries.ts'

const GENESIS = bootstrapConfiguration(membership([1, 2, 3, 4, 5]))
const CHANGED_AT = 7 as Index
const CHANGED = encodeConfiguration(
  planChange(decodeConfiguration(GENESIS), membership([3, 6, 7]), EMPTY, CHANGED_AT)!,
)

const entry = (index: number, data?: Uint8Array): Entry => ({
  index: index as Index,
  ballot: 1 as Ballot,
  kind: data === undefined ? 'noop' : 'configuration',
  time: 0 as ClusterTime,
  origin: 0n as NodeId,
  proposal: 0 as ProposalId,
  data: data ?? EMPTY,
})

/** Node 3 lost its disk. */
function inquirer(): {
  readonly asked: Inquiries
  tell(from: number, chosen: number, ...entries: Entry[]): void
} {
  const asked = new Inquiries(node(3), 'lost', decodeConfiguration(GENESIS), 0 as Instant)
  return {
    asked,
    tell(from, chosen, ...entries) {
      const report = { chosen: chosen as Index, entries, next: 0 as Index }
      const told = { isCertain: true, hasBegun: true, floor: 0 as Index, configuration: GENESIS, report }
      asked.add(node(from), { type: 'inquiryAnswer', ballot: 1 as Ballot, incarnation: 1, ...told })
    },
  }
}

test('a configuration behind which something was accepted was chosen: those who vote by it are asked too', () => {
  const { asked, tell } = inquirer()
  tell(1, 6, entry(CHANGED_AT, CHANGED))
  tell(2, 6, entry(8))
  tell(4, 6)
  expect(asked.conclusion(false)).toBeUndefined()
  expect(asked.awaited).toEqual(expect.arrayContaining([6, 7].map(node)))
  tell(6, 6)
  expect(asked.conclusion(false)).toBeUndefined()
  tell(7, 6)
  expect(asked.conclusion(false)).toBe('certain')
})

test('one behind which nothing was accepted need not have been chosen, and nobody voted by it', () => {
  const { asked, tell } = inquirer()
  tell(1, 6, entry(CHANGED_AT, CHANGED))
  tell(2, 6)
  tell(4, 6)
  expect(asked.conclusion(false)).toBe('certain')
})

test('who speaks and was not known is asked once, and then those whom it names', () => {
  const { asked, tell } = inquirer()
  expect([1, 6].map(id => asked.asks(node(id)))).toEqual([true, false])
  tell(6, 20)
  expect(asked.asks(node(6))).toBe(true)
})

test('while those are silent one of the others may learn that another value was chosen there', () => {
  const { asked, tell } = inquirer()
  tell(1, 6, entry(CHANGED_AT, CHANGED))
  tell(2, 6, entry(8))
  tell(4, 6)
  expect(asked.others).toEqual(expect.arrayContaining([1, 2, 4, 5].map(node)))
  tell(2, 8)
  expect(asked.conclusion(false)).toBe('certain')
})
