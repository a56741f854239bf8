import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { electionConformance } from '../election.conformance.ts'
import type { ElectionEffect } from '../election.ts'
import { Bully } from './bully.ts'
import { bully } from './index.ts'
import type { BullyMessage } from './message.ts'

electionConformance(bully, 1200, new URL('./testdata/', import.meta.url))

const MEMBERS = [1n, 2n, 3n].map(id => id as NodeId)

/** What a member does when it has been told this, one after the other. */
function doing(id: number, told: readonly [from: number, BullyMessage['kind']][]): string[] {
  const member = new Bully({ id: BigInt(id) as NodeId, members: MEMBERS, answerMs: 100 })
  const out: ElectionEffect<BullyMessage>[] = []
  member.step(0 as Instant, [], out)
  for (const [from, kind] of told) {
    out.length = 0
    member.step(1 as Instant, [{ kind: 'receive', from: BigInt(from) as NodeId, message: { kind } }], out)
    member.check()
  }
  return out.map(effect => (effect.kind === 'send' ? `${effect.message.kind} to ${effect.to}` : 'news'))
}

test('a lower one that says that it leads is bullied out of office at once', () => {
  expect(doing(3, [[1, 'coordinator']])).toEqual(['coordinator to 1'])
  expect(
    doing(2, [
      [3, 'coordinator'],
      [1, 'coordinator'],
    ]),
  ).toEqual(['news', 'election to 3'])
})

test('a leader that a lower one misses tells it that it lives, and that it leads', () => {
  expect(doing(3, [[2, 'election']])).toEqual(['answer to 2', 'coordinator to 2'])
})
