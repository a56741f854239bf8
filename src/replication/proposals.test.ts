import { describe, expect, test } from 'vitest'
import type { NodeId } from '../core/ids.ts'
import type { Instant } from '../core/time.ts'
import { NEVER } from '../core/time.ts'
import { GROUP_LIMITS, OWN_PROPOSALS_ON_TOP, RETRY_DELAY_MS } from './limits.ts'
import { Proposals } from './proposals.ts'
import type { ProposalOutcome } from './replica.ts'

const at = (ms: number) => (ms * 1000) as Instant
const bytes = new Uint8Array([1])

function setUp() {
  const proposals = new Proposals<string>(1000)
  const answers: ProposalOutcome<string>[] = []
  const add = (deadlineMs = 1_000_000, command = bytes, isOwn = false) =>
    proposals.add(command, at(deadlineMs), outcome => answers.push(outcome), isOwn)
  const membership = { voters: [1n as NodeId], learners: [] }
  const change = () =>
    proposals.add(bytes, at(1_000), outcome => answers.push(outcome), true, { membership, basis: 3 })
  return { proposals, answers, add, change }
}

describe('the proposals of this node', () => {
  test('are taken once, in order, under ids that never repeat', () => {
    const { proposals, add } = setUp()
    add()
    add()
    expect(proposals.take(at(0)).map(proposal => proposal.id)).toEqual([1000, 1001])
    expect(proposals.take(at(0))).toEqual([])
    add()
    expect(proposals.take(at(0)).map(proposal => proposal.id)).toEqual([1002])
  })

  test('are answered with their result once it is applied, and only once', () => {
    const { proposals, answers, add } = setUp()
    add()
    const [proposal] = proposals.take(at(0))
    proposals.applied(proposal!.id, 'result', true)
    proposals.applied(proposal!.id, 'again', true)
    expect(answers).toEqual([{ kind: 'done', result: 'result' }])
    expect(proposals.count).toBe(0)
  })

  test('a change of the members is answered once nobody is needed any more who left with it', () => {
    const { proposals, answers, change } = setUp()
    change()
    const [taken] = proposals.take(at(0))
    proposals.applied(taken!.id, 'changed', false)
    expect([answers, proposals.count]).toEqual([[], 1])
    proposals.settled()
    proposals.settled()
    expect(answers).toEqual([{ kind: 'done', result: 'changed' }])
    expect(proposals.count).toBe(0)
  })

  test('an applied entry that nobody here asked for answers nobody', () => {
    const { proposals, answers, add } = setUp()
    add()
    proposals.take(at(0))
    proposals.applied(7 as never, 'from an earlier incarnation', true)
    expect(answers).toEqual([])
  })

  test('a refused proposal is tried again after a pause, under its own id, before later ones', () => {
    const { proposals, add } = setUp()
    add()
    const [first] = proposals.take(at(0))
    add()
    proposals.refused([first!.id], at(0))
    expect(proposals.take(at(RETRY_DELAY_MS - 1))).toEqual([])
    expect(proposals.retryAt()).toBe(at(RETRY_DELAY_MS))
    expect(proposals.take(at(RETRY_DELAY_MS)).map(proposal => proposal.id)).toEqual([1000, 1001])
    expect(proposals.retryAt()).toBe(NEVER)
  })

  test.each([
    ['outdated', 'QUORATE_CONFIGURATION_OUTDATED'],
    ['behind', 'QUORATE_LEARNER_BEHIND'],
    ['invalid', 'QUORATE_CONFIGURATION_INVALID'],
  ] as const)(
    'a change to which the group objects as %s is refused for good, and counts no more',
    (why, code) => {
      const { proposals, answers, change } = setUp()
      change()
      const [asked] = proposals.take(at(0))
      expect(asked).toMatchObject({ id: 1000, change: { basis: 3 } })
      proposals.objected(asked!.id, why)
      proposals.objected(asked!.id, why)
      expect(answers).toMatchObject([{ kind: 'failed', error: { code, outcome: 'refused' } }])
      expect(proposals.gauges().map(({ value }) => value)).toEqual([0, 0])
    },
  )

  test('a new leader ends the pause', () => {
    const { proposals, add } = setUp()
    add()
    proposals.refused(
      proposals.take(at(0)).map(proposal => proposal.id),
      at(0),
    )
    proposals.retryNow()
    expect(proposals.take(at(1))).toHaveLength(1)
  })

  test('a lost proposal is answered as unknown and never tried again', () => {
    const { proposals, answers, add } = setUp()
    add()
    proposals.lost(proposals.take(at(0)).map(proposal => proposal.id))
    expect(answers).toMatchObject([
      { kind: 'failed', error: { code: 'QUORATE_OUTCOME_UNKNOWN', outcome: 'unknown' } },
    ])
    expect(proposals.take(at(100))).toEqual([])
  })

  test('past its deadline a proposal is refused if it never left, and unknown if it did', () => {
    const { proposals, answers, add } = setUp()
    add(5)
    proposals.take(at(0))
    add(5)
    add(50)
    proposals.expire(at(5))
    expect(answers.map(answer => answer.kind === 'failed' && answer.error.outcome)).toEqual([
      'unknown',
      'refused',
    ])
    expect(proposals.take(at(5))).toHaveLength(1)
  })

  test('when too many wait, further ones are refused at once', () => {
    const { answers, add } = setUp()
    for (let i = 0; i < GROUP_LIMITS.pendingProposalsMax; i++) add()
    expect(answers).toEqual([])
    add()
    expect(answers).toMatchObject([
      { kind: 'failed', error: { code: 'QUORATE_OVERLOADED', outcome: 'refused' } },
    ])
  })

  test('what the node itself has to have done finds room on top, of which there is an end too', () => {
    const { answers, add, change } = setUp()
    for (let i = 0; i < GROUP_LIMITS.pendingProposalsMax; i++) add()
    change()
    for (let i = 1; i < OWN_PROPOSALS_ON_TOP; i++) add(1_000_000, bytes, true)
    expect(answers).toEqual([])
    add(1_000_000, bytes, true)
    expect(answers).toMatchObject([{ kind: 'failed', error: { code: 'QUORATE_OVERLOADED' } }])
  })

  test('when those that wait weigh too much, further ones are refused until some are answered, however', () => {
    const part = new Uint8Array(32 * 1024 * 1024)
    const endings: readonly ((proposals: Proposals<string>) => void)[] = [
      proposals => {
        for (const { id } of proposals.take(at(0))) proposals.applied(id, 'ok', true)
      },
      proposals => proposals.lost(proposals.take(at(0)).map(({ id }) => id)),
      proposals => proposals.expire(at(50)),
      proposals => {
        proposals.take(at(0))
        proposals.expire(at(50))
      },
      proposals => proposals.stop(),
    ]
    for (const end of endings) {
      const { proposals, answers, add } = setUp()
      // To the byte, twice: what was answered weighs nothing any more.
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 4; i++) add(50, part)
        expect(answers).toEqual([])
        add(50)
        expect(answers.splice(0)).toMatchObject([
          { kind: 'failed', error: { code: 'QUORATE_OVERLOADED', outcome: 'refused' } },
        ])
        end(proposals)
        expect(answers.splice(0)).toHaveLength(4)
      }
    }
  })

  test('answered proposals make room again', () => {
    const { proposals, answers, add } = setUp()
    for (let i = 0; i < GROUP_LIMITS.pendingProposalsMax; i++) add()
    for (const { id } of proposals.take(at(0))) proposals.applied(id, 'ok', true)
    add()
    expect(answers.every(answer => answer.kind === 'done')).toBe(true)
    expect(proposals.count).toBe(1)
  })

  test('a node that stops answers everyone', () => {
    const { proposals, answers, add } = setUp()
    add()
    proposals.take(at(0))
    add()
    proposals.stop()
    expect(answers.map(answer => answer.kind === 'failed' && answer.error.outcome).toSorted()).toEqual([
      'refused',
      'unknown',
    ])
  })
})
