import { expect, test } from 'vitest'
import { EMPTY } from '../../../core/bytes.ts'
import type { Entry } from '../../../core/entry.ts'
import type { Ballot, Index, NodeId, ProposalId, Token } from '../../../core/ids.ts'
import type { ClusterTime } from '../../../core/time.ts'
import { NO_BASE } from '../../raft/testing/cluster.ts'
import { SlotLog } from './slot-log.ts'

const accepted = (index: number, ballot: number, time = 0): Entry => ({
  index: index as Index,
  ballot: ballot as Ballot,
  kind: 'command',
  time: time as ClusterTime,
  origin: 1n as NodeId,
  proposal: (index * 100 + ballot) as ProposalId,
  data: EMPTY,
})

const emptyLog = (): SlotLog => new SlotLog({ ...NO_BASE, configuration: EMPTY }, 0 as Index, [])

test('what took the place of another is durable with its own write, not with the one before', () => {
  const log = emptyLog()
  log.put(accepted(1, 5))
  log.issue(1 as Token, undefined)
  log.put(accepted(1, 6))
  expect(log.persisted(1 as Token)).toEqual([])
  log.issue(2 as Token, undefined)
  expect(log.isDurable(1 as Index)).toBe(false)
  expect(log.persisted(2 as Token)).toEqual([1])
  expect(log.isDurable(1 as Index)).toBe(true)
})

test('the time that is handed out never goes back, whoever proposed what', () => {
  const log = emptyLog()
  for (const [index, time] of [10, 30, 20, 40].entries()) log.put(accepted(index + 1, 5, time))
  log.choose(4 as Index)
  const chosen = log.slice(1 as Index, 5 as Index, 1000, 4)
  expect(chosen.map(({ time }) => time)).toEqual([10, 30, 30, 40])
})
