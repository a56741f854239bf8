import { describe, expect, test } from 'vitest'
import { put } from '../../../../test/harness/kv-operations.ts'
import { QuorateError } from '../../../core/errors.ts'
import { encodeCommand } from '../../../machines/kv/command-codec.ts'
import { ReplicaErrors } from '../../../replication/replica.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import { EtcdErrors } from '../errors.ts'
import { EtcdPaths } from '../method-paths.ts'
import { FakeCall } from '../testing/fake-call.ts'
import { leasesResponse, rangeResponse, text, timeToLiveResponse } from '../testing/world.ts'
import { ContentionErrors } from './errors.ts'
import { CONTENDERS_MAX, LOOK_AGAIN_MS } from './limits.ts'
import { ContestWorld, locked } from './testing/contest-world.ts'

function worldWith(...leases: bigint[]): ContestWorld {
  const world = new ContestWorld()
  for (const lease of leases) world.grant(lease, 1_000)
  return world
}

const failure = ({ status, message }: FakeCall) => ({ status, message })
const refusal = (code: string): QuorateError => new QuorateError(code, code, 'refused')

describe('a lock', () => {
  test('is had at once by whoever comes first, under a key that is called after its lease', () => {
    const world = worldWith(0xa0n)
    const call = world.lock('l', 0xa0n)
    expect(locked(call)).toEqual({ key: 'l/a0', revision: 2 })
    const [kv] = rangeResponse(world.range({ key: text('l/a0') })).kvs
    expect(kv).toMatchObject({ createRevision: 2, lease: 0xa0n, value: text('') })
  })

  test('has Go’s spelling of negative leases in its key, so that others know it for theirs', () => {
    const world = worldWith(-5n)
    expect(locked(world.lock('l', -5n))?.key).toBe('l/-5')
  })

  test('goes to those who wait in the order in which they came, each when the one before has gone', () => {
    const world = worldWith(1n, 2n, 3n)
    const [first, second, third] = [1n, 2n, 3n].map(lease => world.lock('l', lease))
    expect([second!.ended, third!.ended]).toEqual([false, false])
    world.unlock(locked(first!)!.key)
    world.clock.settle()
    expect(locked(second!)).toEqual({ key: 'l/2', revision: 5 })
    expect(third!.ended).toBe(false)
    world.revoke(2n)
    world.clock.settle()
    expect(locked(third!)).toEqual({ key: 'l/3', revision: 6 })
  })

  test('is not had by whoever waits when somebody else in the middle of the line goes', () => {
    const world = worldWith(1n, 2n, 3n)
    const [, second, third] = [1n, 2n, 3n].map(lease => world.lock('l', lease))
    world.revoke(2n)
    world.clock.settle()
    expect(failure(second!)).toMatchObject(failureOf(ContentionErrors.sessionExpired))
    expect(third!.ended).toBe(false)
    world.unlock('l/1')
    world.clock.settle()
    expect(locked(third!)?.key).toBe('l/3')
  })

  test('of another name is another lock, even where one name begins like the other', () => {
    const world = worldWith(1n, 2n)
    expect(locked(world.lock('l', 1n))?.key).toBe('l/1')
    expect(locked(world.lock('l/1', 2n))?.key).toBe('l/1/2')
  })

  test('is had again by whoever has it, and waited for again in the same place', () => {
    const world = worldWith(1n, 2n)
    world.lock('l', 1n)
    expect(locked(world.lock('l', 1n))?.key).toBe('l/1')
    const twice = [world.lock('l', 2n), world.lock('l', 2n)]
    expect(world.line('l')).toEqual(['l/1', 'l/2'])
    world.unlock('l/1')
    world.clock.settle()
    expect(twice.map(call => locked(call)?.key)).toEqual(['l/2', 'l/2'])
  })

  test('answers with a revision that grows from holder to holder', () => {
    const world = worldWith(1n, 2n)
    world.lock('l', 1n)
    const next = world.lock('l', 2n)
    world.put({ key: text('other') })
    const again = locked(world.lock('l', 1n))!
    world.unlock('l/1')
    world.clock.settle()
    expect(locked(next)!.revision).toBeGreaterThan(again.revision)
  })

  test('is taken under a lease of a minute by whoever brings none', () => {
    const world = worldWith()
    const { key } = locked(world.lock('l', 0n))!
    const [lease] = leasesResponse(world.leases()).ids
    expect(key).toBe(`l/${lease!.toString(16)}`)
    expect(timeToLiveResponse(world.timeToLive(lease!)).grantedTtlSeconds).toBe(60)
  })

  test('is refused under a lease that is not there', () => {
    const world = worldWith()
    expect(failure(world.lock('l', 9n))).toEqual(failureOf(EtcdErrors.leaseNotFound))
    expect(world.line('l')).toEqual([])
  })

  test('is waited for over a compaction', () => {
    const world = worldWith(1n, 2n)
    world.lock('l', 1n)
    const waiting = world.lock('l', 2n)
    world.clock.settle()
    for (let i = 0; i < 3; i++) world.put({ key: text('other') })
    world.compact(6)
    world.unlock('l/1')
    world.clock.settle()
    expect(locked(waiting)?.key).toBe('l/2')
  })

  test('is waited for over a snapshot that brings what was missed, compacted as it is', () => {
    const world = worldWith(1n, 2n)
    world.lock('l', 1n)
    const waiting = world.lock('l', 2n)
    world.clock.settle()
    world.replica.skipTo([
      encodeCommand({ kind: 'leaseRevoke', leaseRevoke: { id: 1n } }),
      encodeCommand(put('other')),
      encodeCommand({ kind: 'compact', compact: { revision: 5 } }),
    ])
    world.clock.settle()
    expect(locked(waiting)?.key).toBe('l/2')
  })
})

describe('whoever gives up waiting', () => {
  test('leaves nothing behind, and lets nobody pass who came before', () => {
    const world = worldWith(1n, 2n, 3n)
    const [, second, third] = [1n, 2n, 3n].map(lease => world.lock('l', lease))
    second!.cancel()
    world.clock.settle()
    expect(world.line('l')).toEqual(['l/1', 'l/3'])
    expect(third!.ended).toBe(false)
    world.unlock('l/1')
    world.clock.settle()
    expect(locked(third!)?.key).toBe('l/3')
  })

  test('leaves nothing behind that is put only later', () => {
    const world = worldWith(1n)
    world.replica.holds = true
    const call = world.lock('l', 1n)
    call.cancel()
    const [{ command, done }] = world.replica.proposals.splice(0) as [(typeof world.replica.proposals)[0]]
    world.replica.holds = false
    done({ kind: 'done', result: world.replica.apply(command) })
    expect(world.line('l')).toEqual([])
  })

  test('leaves no lease behind that was granted for it, whenever that was', () => {
    const world = worldWith(1n)
    world.lock('l', 1n)
    world.lock('l', 0n).cancel()
    world.replica.holds = true
    const early = world.lock('l', 0n)
    early.cancel()
    const [{ command, done }] = world.replica.proposals.splice(0) as [(typeof world.replica.proposals)[0]]
    world.replica.holds = false
    done({ kind: 'done', result: world.replica.apply(command) })
    expect(leasesResponse(world.leases()).ids).toEqual([1n])
    expect(world.line('l')).toEqual(['l/1'])
  })

  test('leaves no lease behind when nobody knows whether its key was put', () => {
    const world = worldWith()
    world.replica.holds = true
    const call = world.lock('l', 0n)
    const grant = world.replica.proposals.shift()!
    grant.done({ kind: 'done', result: world.replica.apply(grant.command) })
    const put = world.replica.proposals.shift()!
    world.replica.holds = false
    put.done({ kind: 'failed', error: new QuorateError(ReplicaErrors.timeout, 'timeout', 'unknown') })
    expect(call.status).toBe(GrpcStatus.unavailable)
    world.replica.apply(put.command)
    expect(leasesResponse(world.leases()).ids).toEqual([])
    expect(world.line('l')).toEqual([])
  })

  test('leaves no lease behind when it had gone before nobody knew whether its key was put', () => {
    const world = worldWith()
    world.replica.holds = true
    const call = world.lock('l', 0n)
    const grant = world.replica.proposals.shift()!
    grant.done({ kind: 'done', result: world.replica.apply(grant.command) })
    call.cancel()
    const entry = world.replica.proposals.shift()!
    world.replica.holds = false
    entry.done({ kind: 'failed', error: new QuorateError(ReplicaErrors.timeout, 'timeout', 'unknown') })
    expect(leasesResponse(world.leases()).ids).toEqual([])
  })

  test('takes back its own key only, not that of whoever came after it under the same lease', () => {
    const world = worldWith(1n, 2n)
    world.lock('l', 1n)
    const waiting = world.lock('l', 2n)
    world.clock.settle()
    world.replica.holds = true
    waiting.cancel()
    const [{ command, done }] = world.replica.proposals.splice(0) as [(typeof world.replica.proposals)[0]]
    world.replica.holds = false
    world.unlock('l/2')
    world.lock('l', 2n)
    done({ kind: 'done', result: world.replica.apply(command) })
    expect(world.line('l')).toEqual(['l/1', 'l/2'])
  })
})

describe('while there is trouble', () => {
  test('nobody loses its place in the line: who cannot look looks again', () => {
    const world = worldWith(1n, 2n)
    world.lock('l', 1n)
    const waiting = world.lock('l', 2n)
    world.clock.settle()
    world.replica.holds = true
    world.replica.apply(encodeCommand({ kind: 'leaseRevoke', leaseRevoke: { id: 1n } }))
    world.clock.settle()
    world.replica.reads.shift()!.done(refusal(ReplicaErrors.noLeader))
    expect(waiting.ended).toBe(false)
    world.replica.holds = false
    world.clock.pass(LOOK_AGAIN_MS)
    world.clock.settle()
    expect(locked(waiting)?.key).toBe('l/2')
  })

  test('a node that stops says so, and leaves the place in the line to whoever asks another node', () => {
    const world = worldWith(1n, 2n)
    world.lock('l', 1n)
    const waiting = world.lock('l', 2n)
    world.service.stop()
    expect(failure(waiting)).toEqual(failureOf(EtcdErrors.serverStopped))
    expect(world.line('l')).toEqual(['l/1', 'l/2'])
  })

  test('whoever requires a leader is refused without one', () => {
    const world = worldWith(1n)
    world.clock.settle()
    world.replica.fakeStatus = { leader: 0n as never }
    const call = world.lock('l', 1n, new FakeCall(EtcdPaths.lock, undefined, { hasleader: 'true' }))
    expect(failure(call)).toEqual(failureOf(EtcdErrors.noLeader))
  })

  test('no more wait than there is room for', () => {
    const world = worldWith(1n, 2n)
    world.replica.holds = true
    const waiting = Array.from({ length: CONTENDERS_MAX }, () => world.lock('l', 2n))
    expect(world.service.gauges().at(-1)).toMatchObject({ value: CONTENDERS_MAX, max: CONTENDERS_MAX })
    expect(failure(world.lock('m', 1n))).toEqual(failureOf(EtcdErrors.tooManyRequests))
    waiting[0]!.cancel()
    world.replica.holds = false
    // Their proposals have stood in line, too.
    for (const { command, done } of world.replica.proposals.splice(0)) {
      done({ kind: 'done', result: world.replica.apply(command) })
    }
    expect(locked(world.lock('m', 1n))?.key).toBe('m/1')
  })
})

function failureOf({ status, message }: { status: GrpcStatus; message: string }) {
  return { status, message }
}
