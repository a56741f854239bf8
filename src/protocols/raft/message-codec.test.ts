import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError, EMPTY } from '../../core/bytes.ts'
import { DOUBTS } from '../../core/log-update.ts'
import { bootstrapConfiguration, decodeConfiguration, encodeConfiguration } from './configuration.ts'
import type { RaftMessage } from './message.ts'
import { decodeMessage, encodeMessage, laneOf } from './message-codec.ts'
import { decodePromise, encodePromise } from './promise.ts'
import { membership } from './testing/cluster.ts'

const number = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const small = fc.nat({ max: 2 ** 40 })
const id = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })
const bytes = fc.uint8Array({ maxLength: 40 })
const ids = fc.uniqueArray(id, { maxLength: 5 })

const memberships = fc
  .tuple(fc.uniqueArray(id, { minLength: 1, maxLength: 4 }), ids)
  .map(([voters, learners]) => ({ voters, learners: learners.filter(one => !voters.includes(one)) }))
const changes = fc.record({ membership: memberships, basis: fc.option(number, { nil: undefined }) })
const configurations = memberships.map(value => bootstrapConfiguration(value as never))

const appends = fc
  .record({
    ballot: small,
    epoch: number,
    previousIndex: small,
    commit: number,
    bodies: fc.array(
      fc.record({
        time: number,
        origin: id,
        proposal: number,
        data: bytes,
        configuration: fc.option(configurations),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ ballot, epoch, previousIndex, commit, bodies }) => ({
    type: 'append',
    ballot,
    epoch,
    previousIndex,
    previousBallot: Math.floor(ballot / 2),
    commit,
    entries: bodies.map(({ configuration, data, ...body }, i) => ({
      ...body,
      index: previousIndex + 1 + i,
      ballot,
      kind: configuration ? 'configuration' : 'command',
      data: configuration ?? data,
    })),
  }))

const request = { incarnation: number, sequence: number, ballot: number }
const messages = fc.oneof(
  appends,
  fc.record({
    type: fc.constant('appendAccepted'),
    ballot: number,
    epoch: number,
    incarnation: number,
    match: number,
  }),
  fc.record({
    type: fc.constant('appendRejected'),
    ballot: number,
    epoch: number,
    incarnation: number,
    rejected: number,
    hintIndex: number,
    hintBallot: number,
  }),
  fc.record({ type: fc.constant('commit'), ballot: number, commit: number, commitBallot: number }),
  fc.record({
    type: fc.constant('heartbeat'),
    ballot: number,
    commit: number,
    commitBallot: number,
    round: number,
  }),
  fc.record({ type: fc.constant('heartbeatResponse'), ballot: number, round: number }),
  fc.record({
    type: fc.constant('voteRequest'),
    ballot: number,
    incarnation: number,
    pre: fc.boolean(),
    transfer: fc.boolean(),
    lastIndex: number,
    lastBallot: number,
  }),
  fc.record({
    type: fc.constant('voteResponse'),
    ballot: number,
    requested: number,
    incarnation: number,
    pre: fc.boolean(),
    granted: fc.boolean(),
  }),
  fc.record({ type: fc.constant('timeoutNow'), ballot: number }),
  fc.record({ type: fc.constant('transferRequest'), ballot: number, to: id }),
  fc.record({
    type: fc.constant('snapshotOffer'),
    ballot: number,
    epoch: number,
    base: fc.record({ index: number, ballot: number, time: number, configuration: configurations }),
  }),
  fc.record({
    type: fc.constant('forward'),
    ...request,
    proposals: fc.array(fc.record({ id: number, command: bytes, change: fc.constant(undefined) }), {
      maxLength: 5,
    }),
  }),
  fc.record({
    type: fc.constant('forward'),
    ...request,
    proposals: fc.array(fc.record({ id: number, command: bytes, change: changes }), { maxLength: 1 }),
  }),
  fc.record({ type: fc.constantFrom('readRequest', 'readRefused'), ...request }),
  fc.record({
    type: fc.constant('forwardRefused'),
    objection: fc.constantFrom('busy', 'outdated', 'behind', 'invalid'),
    ...request,
  }),
  fc.record({ type: fc.constant('readResponse'), ...request, index: number }),
  fc.record({ type: fc.constant('inquiry'), ballot: number, incarnation: number, fence: fc.boolean() }),
  fc.record({
    type: fc.constant('inquiryResponse'),
    ballot: number,
    incarnation: number,
    certain: fc.boolean(),
    begun: fc.boolean(),
    lastIndex: number,
    lastBallot: number,
    floor: fc.record({ index: number, ballot: number }),
    configuration: configurations,
  }),
)

function encoded(message: unknown): Uint8Array {
  const to = new ByteWriter(64)
  encodeMessage(message as RaftMessage, to)
  return to.finish()
}

function decode(data: Uint8Array): RaftMessage {
  return decodeMessage(new ByteReader(data))
}

/** Whatever the bytes are, only `DecodeError` is thrown. */
function survives(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
  }
}

describe('messages as bytes', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(messages, message => {
        expect(decode(encoded(message))).toEqual(message)
      }),
      { numRuns: 1000 },
    )
  })

  test('that anybody makes up are refused with a DecodeError, or understood', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), data => survives(() => decode(data))),
      { numRuns: 2000 },
    )
  })

  test('that were damaged or cut are refused with a DecodeError, or understood', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat({ max: 255 }), fc.nat(), (message, at, value, cut) => {
        const data = encoded(message).slice()
        data[at % data.length] = value
        survives(() => decode(data))
        survives(() => decode(data.subarray(0, cut % (data.length + 1))))
      }),
      { numRuns: 2000 },
    )
  })

  test('of another format version are refused', () => {
    const data = encoded({ type: 'timeoutNow', ballot: 1 }).slice()
    data[0] = 4
    expect(() => decode(data)).toThrow(DecodeError)
  })

  test('whose entries do not follow each other are refused', () => {
    const entry = {
      index: 5,
      ballot: 1,
      kind: 'noop',
      time: 0,
      origin: 1n,
      proposal: 0,
      data: new Uint8Array(0),
    }
    const append = {
      type: 'append',
      ballot: 1,
      previousIndex: 3,
      previousBallot: 1,
      commit: 0,
      entries: [entry],
    }
    expect(() => decode(encoded(append))).toThrow('entries out of order')
    const newer = { ...append, previousIndex: 4, entries: [{ ...entry, ballot: 2 }] }
    expect(() => decode(encoded(newer))).toThrow('terms out of order')
  })

  test('which are urgent do not wait behind the log', () => {
    const lanes = (type: string) => laneOf({ type } as RaftMessage)
    for (const type of [
      'heartbeat',
      'heartbeatResponse',
      'voteRequest',
      'voteResponse',
      'timeoutNow',
      'readRequest',
    ]) {
      expect(lanes(type)).toBe('prompt')
    }
    for (const type of ['append', 'appendAccepted', 'forward', 'snapshotOffer'])
      expect(lanes(type)).toBe('data')
  })
})

describe('configurations and promises as bytes', () => {
  test('are read as they were written', () => {
    const configuration = {
      voters: [1n, 2n],
      outgoing: [2n, 3n],
      learners: [3n],
      context: new Uint8Array([7]),
      version: 4,
    }
    expect(decodeConfiguration(encodeConfiguration(configuration as never))).toEqual(configuration)
    for (const doubt of DOUBTS) {
      const promise = { ballot: 7, vote: 9n, incarnation: 2 ** 52, doubt, floor: { ballot: 5, index: 6 } }
      expect(decodePromise(encodePromise(promise as never))).toEqual(promise)
      const plain = { ballot: 7, vote: 0n, incarnation: 3, doubt, floor: undefined }
      expect(decodePromise(encodePromise(plain as never))).toEqual(plain)
    }
  })

  test('of the format before are read, with neither version nor context', () => {
    const before = Uint8Array.of(1, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    const configuration = { voters: [9n], outgoing: [], learners: [], context: new Uint8Array(0), version: 0 }
    expect(decodeConfiguration(before)).toEqual(configuration)
  })

  test('made up by anybody are refused with a DecodeError, or understood', () => {
    const property = fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), data => {
      survives(() => decodeConfiguration(data))
      survives(() => decodePromise(data))
    })
    fc.assert(property, { numRuns: 2000 })
  })

  test('a configuration has voters, none of whom is a learner, in order', () => {
    const bad = (voters: bigint[], learners: bigint[]) => () =>
      decodeConfiguration(
        encodeConfiguration({ voters, outgoing: [], learners, context: EMPTY, version: 0 } as never),
      )
    expect(bad([], [1n])).toThrow(DecodeError)
    expect(bad([1n, 2n], [2n])).toThrow(DecodeError)
    expect(bad([2n, 1n], [])).toThrow(DecodeError)
    expect(decodeConfiguration(bootstrapConfiguration(membership([3, 1, 2]))).voters).toEqual([1n, 2n, 3n])
  })
})
