import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EMPTY } from '../../core/bytes.ts'
import type { Entry } from '../../core/entry.ts'
import { type Ballot, type Index, NOBODY, type ProposalId, type Token } from '../../core/ids.ts'
import type { ClusterTime } from '../../core/time.ts'
import { RaftLog } from './raft-log.ts'
import { NO_BASE } from './testing/cluster.ts'

const BASE = { ...NO_BASE, configuration: EMPTY }
const at = (index: number) => index as Index
const token = (value: number) => value as Token

function entry(index: number, ballot: number): Entry {
  const time = index as ClusterTime
  const kind = 'command'
  return {
    index: at(index),
    ballot: ballot as Ballot,
    kind,
    time,
    origin: NOBODY,
    proposal: 0 as ProposalId,
    data: EMPTY,
  }
}

function log(...ballots: readonly number[]): RaftLog {
  return new RaftLog(
    BASE,
    ballots.map((ballot, i) => entry(i + 1, ballot)),
  )
}

describe('the log', () => {
  test('gathers what a step appends, and hands it out once', () => {
    const one = log(1, 1)
    one.append(entry(3, 2))
    one.append(entry(4, 2))
    expect(one.issue(token(1), undefined)).toEqual({ writes: [entry(3, 2), entry(4, 2)] })
    expect(one.issue(token(2), undefined)).toBeUndefined()
    expect(one.durableIndex).toBe(2)
    one.persisted(token(1))
    expect(one.durableIndex).toBe(4)
  })

  test('truncates on disk only what it had handed out', () => {
    const one = log(1, 1)
    one.append(entry(3, 1))
    one.truncateFrom(at(3))
    one.append(entry(3, 2))
    expect(one.issue(token(1), undefined)).toEqual({ writes: [entry(3, 2)] })
    one.truncateFrom(at(2))
    one.append(entry(2, 3))
    expect(one.issue(token(2), undefined)).toEqual({ truncateFrom: 2, writes: [entry(2, 3)] })
  })

  test('does not believe an old acknowledgement about entries that were written over (ABA)', () => {
    const one = log(1)
    one.append(entry(2, 1))
    one.append(entry(3, 1))
    one.issue(token(1), undefined)
    one.truncateFrom(at(2))
    one.append(entry(2, 2))
    one.append(entry(3, 2))
    one.issue(token(2), undefined)
    one.persisted(token(1))
    expect(one.durableIndex).toBe(1)
    expect(one.tokenFor(at(3))).toBe(2)
    one.persisted(token(2))
    expect(one.durableIndex).toBe(3)
    expect(one.tokenFor(at(3))).toBeUndefined()
  })

  test('finds where another log may agree, a term at a time', () => {
    const one = log(1, 1, 1, 4, 4, 5, 5, 6, 6, 6)
    expect(one.agreementBelow(at(10), 4 as Ballot)).toBe(5)
    expect(one.agreementBelow(at(10), 3 as Ballot)).toBe(3)
    expect(one.agreementBelow(at(2), 9 as Ballot)).toBe(2)
    expect(one.agreementBelow(at(99), 6 as Ballot)).toBe(10)
    expect(one.agreementBelow(at(4), 0 as Ballot)).toBe(0)
  })

  test('keeps knowing terms of entries that have left memory, and what follows a new base', () => {
    const one = log(1, 1, 2, 2, 3)
    one.evict(at(4), 0)
    expect(one.windowFirst).toBe(5)
    expect(one.ballotAt(at(3))).toBe(2)
    expect(one.lastTime).toBe(5)
    one.rebase({ ...BASE, index: at(3), ballot: 2 as Ballot })
    expect(one.ballotAt(at(2))).toBeUndefined()
    expect(one.ballotAt(at(3))).toBe(2)
    expect(one.issue(token(1), undefined)).toMatchObject({ base: { index: 3 } })
  })

  test('starts anew at a base that does not belong to it', () => {
    const one = log(1, 1, 1)
    one.append(entry(4, 1))
    one.issue(token(1), undefined)
    one.reset({ ...BASE, index: at(9), ballot: 3 as Ballot, time: 70 as ClusterTime })
    expect(one.lastIndex).toBe(9)
    expect(one.lastTime).toBe(70)
    one.append(entry(10, 3))
    expect(one.issue(token(2), undefined)).toMatchObject({
      truncateFrom: 10,
      writes: [entry(10, 3)],
      base: { index: 9 },
    })
    one.persisted(token(1))
    expect(one.durableIndex).toBe(9)
  })

  test('lets entries leave memory only once they are durable and applied', () => {
    const one = log(1, 1)
    one.append(entry(3, 1))
    one.evict(at(1), 0)
    expect(one.windowFirst).toBe(2)
    one.evict(at(3), 0)
    expect(one.windowFirst).toBe(3)
  })

  test('always equals a plain list of entries, on disk and in memory', () => {
    const commands = fc.array(
      fc.tuple(fc.constantFrom('append', 'truncate', 'issue', 'persisted'), fc.nat(9)),
      { maxLength: 60 },
    )
    const property = fc.property(commands, list => {
      const one = log()
      const plain: Entry[] = []
      const disk = new Map<number, Entry>()
      const under: { token: Token; update: NonNullable<ReturnType<RaftLog['issue']>> }[] = []
      let ballot = 1
      let tokens = 0
      for (const [command, size] of list) {
        if (command === 'append') {
          plain.push(entry(plain.length + 1, ballot))
          one.append(plain.at(-1)!)
        } else if (command === 'truncate' && plain.length > 0) {
          plain.length = Math.max(0, plain.length - 1 - size)
          one.truncateFrom(at(plain.length + 1))
          ballot++
        } else if (command === 'issue') {
          const update = one.issue(token(++tokens), undefined)
          if (update) under.push({ token: token(tokens), update })
        } else if (command === 'persisted' && under.length > 0) {
          const done = under.shift()!
          for (const index of [...disk.keys()])
            if (index >= (done.update.truncateFrom ?? Infinity)) disk.delete(index)
          for (const written of done.update.writes ?? []) disk.set(written.index, written)
          one.persisted(done.token)
        }
        one.check()
        expect(one.lastIndex).toBe(plain.length)
        for (let i = 1; i <= one.durableIndex; i++) expect(disk.get(i)).toEqual(plain[i - 1])
      }
    })
    fc.assert(property, { numRuns: 300 })
  })
})
