/** A reader's back-pressure: what pausing holds back, and that nothing is lost by it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pair } from '../../../test/wire/pair.ts'
import { bytesOf, START } from '../../../test/wire/raw-peer.ts'
import { NEVER } from '../../core/time.ts'
import type { GrpcCall, GrpcMethods } from './call.ts'
import { GrpcStatus } from './status.ts'

/** A server that says numbers, up to a count, as fast as it may, and then is done. */
function counting(count: number, bytes: number) {
  let said = 0
  const open = (call: GrpcCall) => {
    const say = (): void => {
      while (said < count) if (!call.send(new Uint8Array(bytes).fill(++said))) return
      call.finish(GrpcStatus.ok)
    }
    return { received: say, halfClosed() {}, drained: say }
  }
  const methods: GrpcMethods = new Map([['/t.T/Count', { kind: 'stream' as const, open }]])
  return { methods, said: () => said }
}

/** Takes one message, and then one with each `resume`. */
function slowReader(count: number, bytes: number, window: number) {
  const server = counting(count, bytes)
  const { client, run } = pair(server.methods, window)
  const got: number[] = []
  const ends: string[] = []
  const call = client.stream(START, '/t.T/Count', null, NEVER, {
    received: message => {
      got.push(message[0]!)
      call.pause()
    },
    ended: end => ends.push(`${end.outcome} ${end.status}`),
  })
  call.send(bytesOf('go'))
  return { server, client, call, got, ends, run }
}

test('a reader that pauses gets nothing until it goes on, and the other end sends no more than a window', () => {
  const { server, got, run } = slowReader(100, 1000, 10_000)
  run()
  expect(got).toEqual([1])
  // The message of which only a part may leave has been said, too.
  expect(server.said()).toBe(10)
})

test('a slow reader gets every message in order, and the end behind the last', () => {
  fc.assert(
    fc.property(fc.nat({ max: 30_000 }), fc.integer({ min: 100, max: 70_000 }), (bytes, cut) => {
      const { call, got, ends, run, client } = slowReader(20, bytes + 1, 10_000)
      for (let taken = 1; taken <= 20; taken++) {
        run(cut)
        expect(got).toHaveLength(taken)
        expect(ends).toEqual([])
        call.resume()
      }
      run(cut)
      expect(got).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
      expect(ends).toEqual(['done 0'])
      expect(client.calls).toBe(0)
    }),
    { numRuns: 20 },
  )
})

test('a reader may go on while it is being told', () => {
  const server = counting(50, 1000)
  const { client, run } = pair(server.methods, 10_000)
  const got: number[] = []
  const call = client.stream(START, '/t.T/Count', null, NEVER, {
    received: message => {
      call.pause()
      got.push(message[0]!)
      call.resume()
    },
    ended: () => got.push(0),
  })
  call.send(bytesOf('go'))
  run()
  expect(got).toEqual([...Array.from({ length: 50 }, (_, i) => i + 1), 0])
})

test('a reader that gives up gets no more, and an end that says so', () => {
  const { call, got, ends, run } = slowReader(20, 1000, 10_000)
  run()
  call.cancel()
  call.resume()
  run()
  expect([got, ends]).toEqual([[1], ['unknown 1']])
})

test('a slow reader hears of a broken connection at once, but of a complete answer when it has read it', () => {
  const cut = slowReader(20, 1000, 10_000)
  cut.run()
  cut.client.lost(START)
  expect([cut.got, cut.ends]).toEqual([[1], ['unknown 14']])
  const whole = slowReader(5, 1000, 10_000)
  whole.run()
  whole.client.lost(START)
  expect(whole.ends).toEqual([])
  for (let i = 0; i < 5; i++) whole.call.resume()
  expect([whole.got, whole.ends]).toEqual([[1, 2, 3, 4, 5], ['done 0']])
})
