import { describe, expect, test } from 'vitest'
import { EMPTY } from '../../core/bytes.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { CommittedLog, KeyEvent } from './committed-log.ts'
import { DELIVERY_OPERATORS } from './testing/delivery-operators.ts'
import { survey } from './testing/mutants.ts'
import { goodWatches, type WatchRecord } from './testing/watch-model.ts'
import { WATCH_OPERATORS } from './testing/watch-operators.ts'
import type { WatchResponse, WatchStream } from './watch-record.ts'
import { checkWatches } from './watches.ts'

const SEEDS = 120

const records = new Map<number, WatchRecord>()

/** All operators start from the same histories. */
function goodRecord(seed: number): WatchRecord {
  const record = records.get(seed) ?? goodWatches(seed)
  records.set(seed, record)
  return record
}

const check = ({ log, streams }: WatchRecord) => checkWatches(log, streams)

describe('the checker of watches', () => {
  test('accepts a server with lagging replicas, broken streams, fragments and compactions', () => {
    for (let seed = 1; seed <= 300; seed++) {
      expect(check(goodWatches(seed)), `seed ${seed}`).toEqual([])
    }
  })

  test('is given histories in which every kind of response occurs', () => {
    const responses = Array.from({ length: SEEDS }, (_, i) => goodRecord(i + 1)).flatMap(({ streams }) =>
      streams.flatMap(({ events }) =>
        events.flatMap(event => (event.kind === 'response' ? [event.response] : [])),
      ),
    )
    const count = (fits: (response: WatchResponse) => boolean) => responses.filter(fits).length
    expect(count(({ events }) => events.length > 0)).toBeGreaterThan(8 * SEEDS)
    expect(count(({ fragment }) => fragment)).toBeGreaterThan(2 * SEEDS)
    expect(count(({ compactRevision }) => compactRevision > 0)).toBeGreaterThan(SEEDS)
    expect(count(({ created, canceled }) => created && canceled)).toBeGreaterThan(SEEDS)
    expect(
      count(({ events, created, canceled }) => events.length === 0 && !created && !canceled),
    ).toBeGreaterThan(4 * SEEDS)
    expect(count(({ events }) => events.some(({ prevKv }) => prevKv !== undefined))).toBeGreaterThan(
      2 * SEEDS,
    )
  })

  test('knows that one revision may put a key and delete it: by a transaction in one, and one behind it', () => {
    const key = utf8Bytes('k')
    const kv = { key, value: utf8Bytes('v'), createRevision: 2, modRevision: 2, version: 1, lease: 0n }
    const put = { kind: 'put', kv, prevKv: undefined } as const
    const gone = { ...kv, value: EMPTY, createRevision: 0, version: 0 }
    const deleted = { kind: 'delete', kv: gone, prevKv: undefined } as const
    const log: CommittedLog = { changes: [{ at: 1, revision: 2, events: [put, deleted] }], compactions: [] }
    const blank = { watchId: 0n, canceled: false, compactRevision: 0, cancelReason: '', fragment: false }
    const told = (events: readonly KeyEvent[]): WatchStream => ({
      events: [
        {
          kind: 'create',
          at: 0,
          create: {
            key,
            rangeEnd: EMPTY,
            noPut: false,
            noDelete: false,
            watchId: 0n,
            startRevision: 1,
            prevKv: false,
            progressNotify: false,
            fragment: false,
          },
        },
        { kind: 'response', at: 0, response: { ...blank, revision: 1, created: true, events: [] } },
        { kind: 'response', at: 2, response: { ...blank, revision: 2, created: false, events } },
      ],
    })
    const names = (events: readonly KeyEvent[]) => checkWatches(log, [told(events)]).map(({ name }) => name)
    expect(names([put, deleted])).toEqual([])
    expect(names([put])).toEqual(['torn'])
    expect(names([put, deleted, deleted])).toEqual(['duplicate'])
  })

  test.each([...DELIVERY_OPERATORS, ...WATCH_OPERATORS])('rejects $name, since $breaks', operator => {
    const { mutants, survivors } = survey(operator, goodRecord, check, SEEDS)
    expect(mutants).toBeGreaterThan(SEEDS / 4)
    expect(survivors).toEqual([])
  })
})
