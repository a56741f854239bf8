import { expect, test } from 'vitest'
import type { NodeId, Token } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { type CommitEffect, Outbox } from './outbox.ts'

const transaction = { coordinator: 1n as NodeId, number: 1 }
const finish = { kind: 'finish', transaction, decision: 'commit' } as const

test('nothing is done before the record that it depends on is durable, nor said', () => {
  const outbox = new Outbox()
  const out: CommitEffect[] = []
  outbox.open(0 as Instant, out)
  const first = outbox.persist({ kind: 'preCommitted', transaction })
  const second = outbox.persist({ kind: 'decided', transaction, decision: 'commit' })
  outbox.putAfter(second, finish)
  outbox.send(2n as NodeId, { kind: 'acknowledge', transaction }, second)
  expect(out.map(effect => effect.kind)).toEqual(['persist', 'persist', 'send'])
  expect(out[2]).toMatchObject({ after: second })
  outbox.persisted(first)
  expect(out.length).toBe(3)
  outbox.persisted(second)
  expect(out.slice(3)).toEqual([finish])
  // What depends on nothing that is still being written waits for nothing.
  outbox.putAfter(first, finish)
  outbox.send(2n as NodeId, { kind: 'acknowledge', transaction }, second)
  expect(out.slice(4)).toEqual([
    finish,
    { kind: 'send', to: 2n, message: { kind: 'acknowledge', transaction } },
  ])
  outbox.persisted((second + 1) as Token)
  expect(out.length).toBe(6)
})
