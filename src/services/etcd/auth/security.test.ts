/** What whoever may not is told, method by method; the rows of docs/concepts/security.md that need no real network. */
import { describe, expect, test } from 'vitest'
import { prefixEnd } from '../../../core/bytes.ts'
import { addMs } from '../../../core/time.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import { writeDeleteRangeRequest } from '../../../wire/etcd/delete-range.ts'
import { writeLeaseGrantRequest, writeLeaseIdRequest } from '../../../wire/etcd/lease.ts'
import { writeLeaseTimeToLiveRequest } from '../../../wire/etcd/lease-status.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../../wire/etcd/protobuf-writer.ts'
import { PUT_DEFAULTS, writePutRequest } from '../../../wire/etcd/put.ts'
import { RANGE_DEFAULTS, writeRangeRequest } from '../../../wire/etcd/range.ts'
import { writeTxnRequest } from '../../../wire/etcd/txn-request.ts'
import { WATCH_CREATE_DEFAULTS, writeWatchRequest } from '../../../wire/etcd/watch-request.ts'
import { readWatchResponse } from '../../../wire/etcd/watch-response.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import { EtcdErrors } from '../errors.ts'
import { EtcdPaths } from '../method-paths.ts'
import { FakeCall } from '../testing/fake-call.ts'
import { GuardedWorld } from '../testing/guarded-world.ts'
import { quickPasswordKey } from '../testing/quick-password-key.ts'
import { World } from '../testing/world.ts'
import { FREE_FAILURES_PER_USER, GUESS_CHECK_MS, GUESS_PAUSE_MS_MAX, GUESS_PAUSE_MS_MIN } from './limits.ts'
import { LISTED_PATHS, needOf } from './needs.ts'

const bytes = utf8Bytes
const NONE = new Uint8Array(0)

const range = (key: string, rangeEnd = '', serializable = false): Uint8Array =>
  encode({ ...RANGE_DEFAULTS, key: bytes(key), rangeEnd: bytes(rangeEnd), serializable }, writeRangeRequest)
const put = (key: string, lease = 0n): Uint8Array =>
  encode({ ...PUT_DEFAULTS, key: bytes(key), lease }, writePutRequest)
const remove = (key: string, rangeEnd = ''): Uint8Array =>
  encode({ key: bytes(key), rangeEnd: bytes(rangeEnd), prevKv: false }, writeDeleteRangeRequest)
const readTxn = (key: string): Uint8Array =>
  encode(
    {
      compare: [],
      success: [{ kind: 'range', range: { ...RANGE_DEFAULTS, key: bytes(key) } }],
      failure: [],
    },
    writeTxnRequest,
  )
const leaseId = (id: bigint): Uint8Array => encode({ id }, writeLeaseIdRequest)

function said({ status, message }: FakeCall) {
  return { status, message }
}

const told = ({ status, message }: { readonly status: GrpcStatus; readonly message: string }) => ({
  status,
  message,
})

const OPEN: readonly string[] = [EtcdPaths.authenticate, EtcdPaths.authStatus]

describe('every method', () => {
  test('is listed with what it asks of its caller; what is not listed is root’s alone', () => {
    const world = new World()
    expect([...world.methods.keys()].filter(path => !LISTED_PATHS.has(path))).toEqual([])
    expect(needOf('/etcdserverpb.KV/Forgotten')).toBe('root')
  })

  const closed = [...LISTED_PATHS].filter(path => !OPEN.includes(path) && path !== EtcdPaths.watch)

  test.each(closed)('%s refuses who has no token, and who has a wrong one', path => {
    const world = new GuardedWorld()
    expect(said(world.ask(path, NONE))).toEqual(told(EtcdErrors.userEmpty))
    for (const token of ['x', 'AAAAAAAAAAAAAAAA.1', `${world.tokens.anna}1`, 'a.b.c', '.']) {
      expect(said(world.ask(path, NONE, token))).toEqual(told(EtcdErrors.authTokenInvalid))
    }
  })

  const roots = closed.filter(path => needOf(path) === 'root')

  test.each(roots)('%s refuses who is not root', path => {
    const world = new GuardedWorld()
    expect(said(world.ask(path, NONE, world.tokens.anna))).toEqual(told(EtcdErrors.permissionDenied))
    const asRoot = world.ask(path, NONE, world.tokens.root)
    expect(asRoot.message ?? '').not.toBe(EtcdErrors.permissionDenied.message)
  })

  test('that tells whether authentication is on does so to everybody', () => {
    expect(new GuardedWorld().ask(EtcdPaths.authStatus, NONE).status).toBe(GrpcStatus.ok)
  })
})

describe('keys that may not be read or written', () => {
  const cases: readonly (readonly [string, string, Uint8Array])[] = [
    ['a range of another key', EtcdPaths.range, range('c')],
    ['a range one key too wide', EtcdPaths.range, range('a', 'b\0')],
    ['a range from a key on', EtcdPaths.range, range('a', '\0')],
    ['a serializable range', EtcdPaths.range, range('c', '', true)],
    ['a stream of a range one key too wide', EtcdPaths.rangeStream, range('a', 'b\0')],
    ['a stream of a range from a key on', EtcdPaths.rangeStream, range('a', '\0')],
    ['a serializable stream of a range', EtcdPaths.rangeStream, range('c', '', true)],
    ['a put', EtcdPaths.put, put('b')],
    ['a deletion', EtcdPaths.deleteRange, remove('a', 'b\0')],
    ['a deletion from a key on', EtcdPaths.deleteRange, remove('a', '\0')],
    ['a transaction that reads', EtcdPaths.txn, readTxn('b')],
  ]

  test.each(cases)('%s is refused, and nothing is proposed', (_what, path, message) => {
    const world = new GuardedWorld()
    const { proposed } = world.replica
    expect(said(world.ask(path, message, world.tokens.anna))).toEqual(told(EtcdErrors.permissionDenied))
    expect(world.replica.proposed).toBe(proposed)
    expect(world.ask(path, message, world.tokens.root).status).toBe(GrpcStatus.ok)
  })

  test('what may be read and written is', () => {
    const world = new GuardedWorld()
    const { anna } = world.tokens
    world.must(world.ask(EtcdPaths.put, put('a1'), anna), world.ask(EtcdPaths.range, range('a', 'b'), anna))
    world.must(world.ask(EtcdPaths.txn, readTxn('a1'), anna))
    world.must(world.ask(EtcdPaths.deleteRange, remove('a', 'b'), anna))
  })

  test('those of a lease: to end it, to keep it alive, to be told of them', () => {
    const world = new GuardedWorld()
    const { anna, root } = world.tokens
    const grant = encode({ id: 7n, ttlSeconds: 60 }, writeLeaseGrantRequest)
    world.must(world.ask(EtcdPaths.leaseGrant, grant, anna), world.ask(EtcdPaths.put, put('c', 7n), root))
    const ttl = (keys: boolean) => encode({ id: 7n, keys }, writeLeaseTimeToLiveRequest)
    const denied = told(EtcdErrors.permissionDenied)
    expect(said(world.ask(EtcdPaths.leaseRevoke, leaseId(7n), anna))).toEqual(denied)
    expect(said(world.ask(EtcdPaths.leaseKeepAlive, leaseId(7n), anna))).toEqual(denied)
    expect(said(world.ask(EtcdPaths.leaseTimeToLive, ttl(true), anna))).toEqual(denied)
    expect(said(world.ask(EtcdPaths.put, put('a', 7n), anna))).toEqual(denied)
    world.must(world.ask(EtcdPaths.leaseTimeToLive, ttl(false), anna))
    world.must(world.ask(EtcdPaths.leaseRevoke, leaseId(7n), root))
  })

  test('of a read that waits are looked at when it is answered', () => {
    const world = new GuardedWorld()
    const { anna, root } = world.tokens
    world.replica.holds = true
    const waiting = world.ask(EtcdPaths.range, range('a'), anna)
    const held = world.replica.reads.splice(0)
    world.replica.holds = false
    world.must(world.revokeRole('anna', 'a', root))
    for (const { done } of held) done(null)
    expect(said(waiting)).toEqual(told(EtcdErrors.permissionDenied))
  })

  test('of a command on its way are looked at again when it is applied', () => {
    const world = new GuardedWorld()
    const { anna, root } = world.tokens
    world.replica.holds = true
    const waiting = world.ask(EtcdPaths.put, put('a'), anna)
    const [held] = world.replica.proposals.splice(0)
    world.replica.holds = false
    world.must(world.addRole('other', root))
    held!.done({ kind: 'done', result: world.replica.apply(held!.command) })
    expect(said(waiting)).toEqual(told(EtcdErrors.authRevisionOld))
  })

  test('are looked at once more, behind a barrier, before a command is refused: another may have given them', () => {
    const world = new GuardedWorld()
    const { anna, root } = world.tokens
    world.replica.holds = true
    const [given, denied] = ['b', 'c'].map(key => world.ask(EtcdPaths.put, put(key), anna))
    const held = world.replica.reads.splice(0)
    world.replica.holds = false
    expect(held).toHaveLength(2)
    world.must(world.permit('a', 'b', '', root))
    for (const { done } of held) done(null)
    world.must(given!)
    expect(said(denied!)).toEqual(told(EtcdErrors.permissionDenied))
  })

  test('so are those of who is to be root', () => {
    const world = new GuardedWorld()
    const { anna, root } = world.tokens
    world.replica.holds = true
    const waiting = world.addRole('of anna', anna)
    const held = world.replica.reads.splice(0)
    world.replica.holds = false
    world.must(world.grantRole('anna', 'root', root))
    for (const { done } of held) done(null)
    world.must(waiting)
  })
})

describe('users and roles', () => {
  test('are told to whom they are about, and to root', () => {
    const world = new GuardedWorld()
    const { anna, root } = world.tokens
    world.must(world.named(EtcdPaths.userGet, 'anna', anna), world.named(EtcdPaths.roleGet, 'a', anna))
    world.must(world.named(EtcdPaths.userGet, 'anna', root))
    for (const call of [
      world.named(EtcdPaths.userGet, 'root', anna),
      world.named(EtcdPaths.userGet, 'nobody', anna),
      world.named(EtcdPaths.roleGet, 'root', anna),
    ]) {
      expect(said(call)).toEqual(told(EtcdErrors.permissionDenied))
    }
  })
})

describe('a token', () => {
  test('is over when it was not used for its time, and not before; use prolongs it', () => {
    const world = new GuardedWorld()
    const { anna } = world.tokens
    world.replica.now = 200_000
    world.must(world.ask(EtcdPaths.range, range('a'), anna))
    world.clock.pass(1_000)
    world.replica.now = 499_999
    world.must(world.ask(EtcdPaths.range, range('a'), anna))
    world.replica.now = 500_000
    expect(said(world.ask(EtcdPaths.range, range('a'), anna))).toEqual(told(EtcdErrors.authTokenInvalid))
  })

  test('may come as a header of HTTP, with its kind before it', () => {
    const world = new GuardedWorld()
    for (const authorization of [world.tokens.anna, `Bearer ${world.tokens.anna}`]) {
      const call = world.call(EtcdPaths.range)
      const withHeader = Object.assign(call, {
        metadata: (name: string) => (name === 'authorization' ? authorization : undefined),
      })
      expect(world.begin(withHeader, range('a')).status).toBe(GrpcStatus.ok)
    }
  })

  test('of an entry that this member has yet to apply waits for it', () => {
    const world = new GuardedWorld()
    const ahead = `AAAAAAAAAAAAAAAA.${world.replica.status().appliedIndex + 1}`
    const { barriers } = world.replica
    expect(said(world.ask(EtcdPaths.put, put('a'), ahead))).toEqual(told(EtcdErrors.authTokenInvalid))
    expect(world.replica.barriers).toBe(barriers + 1)
  })

  test('is not needed by who has a certificate, and is believed before it', () => {
    const world = new GuardedWorld()
    const certified = (token?: string): FakeCall => {
      const call = world.call(EtcdPaths.put, token)
      call.certificateName = 'anna'
      return world.begin(call, put('a'))
    }
    expect(certified().status).toBe(GrpcStatus.ok)
    expect(said(certified('x'))).toEqual(told(EtcdErrors.authTokenInvalid))
    const stranger = world.call(EtcdPaths.put)
    stranger.certificateName = 'eve'
    expect(said(world.begin(stranger, put('a')))).toEqual(told(EtcdErrors.permissionDenied))
  })

  test('is needed where a JSON gateway asks for others, whose certificate it does not have', () => {
    const world = new GuardedWorld()
    const call = new FakeCall(EtcdPaths.put, undefined, { 'grpcgateway-accept': 'application/json' })
    call.certificateName = 'anna'
    expect(said(world.begin(call, put('a')))).toEqual(told(EtcdErrors.userEmpty))
  })

  test('ends with the password that it was given for', () => {
    const world = new GuardedWorld()
    world.must(world.changePassword('anna', 'other', world.tokens.root))
    const after = world.ask(EtcdPaths.range, range('a'), world.tokens.anna)
    expect(said(after)).toEqual(told(EtcdErrors.authTokenInvalid))
    expect(said(world.authenticate('anna', 'annapw'))).toEqual(told(EtcdErrors.authenticationFailed))
    world.must(world.authenticate('anna', 'other'))
  })
})

describe('guessing passwords', () => {
  const failed = told(EtcdErrors.authenticationFailed)

  test('tells nobody who exists, nor who has no password', () => {
    const world = new GuardedWorld()
    world.must(world.addUser('machine', '', world.tokens.root, true))
    for (const [name, password] of [
      ['anna', 'wrong'],
      ['nobody', 'wrong'],
      ['machine', ''],
      ['', ''],
    ] as const) {
      expect(said(world.authenticate(name, password))).toEqual(failed)
    }
  })

  test('is slowed down, for that user from that address alone, and forgotten with a right one', () => {
    const world = new GuardedWorld()
    for (let i = 0; i < FREE_FAILURES_PER_USER; i++) {
      expect(said(world.authenticate('anna', `wrong ${i}`, '10.0.0.1'))).toEqual(failed)
    }
    const slowed = world.authenticate('anna', 'annapw', '10.0.0.1')
    expect(slowed.ended).toBe(false)
    world.must(world.authenticate('anna', 'annapw', '10.0.0.2'))
    world.must(world.authenticate('root', 'rootpw', '10.0.0.1'))
    world.clock.pass(1_000)
    world.clock.settle()
    world.must(slowed)
    world.must(world.authenticate('anna', 'annapw', '10.0.0.1'))
  })

  test('gets ever slower', () => {
    let looks = 0
    const world = new GuardedWorld({
      passwordKey: (password, salt) => {
        looks++
        return quickPasswordKey(password, salt)
      },
    })
    const looksInMinute = (): number => {
      looks = 0
      for (let second = 0; second < 60; second++) {
        for (let i = 0; i < 5; i++) world.authenticate('anna', 'wrong', '10.0.0.1')
        world.clock.pass(1_000)
        world.clock.settle()
      }
      return looks
    }
    expect(looksInMinute()).toBeLessThan(FREE_FAILURES_PER_USER + 16)
    expect(looksInMinute()).toBeLessThanOrEqual(60_000 / GUESS_PAUSE_MS_MAX)
    world.must(world.authenticate('anna', 'annapw', '10.0.0.9'))
  })

  test('is refused at once where no answer could follow the wait', () => {
    const world = new GuardedWorld()
    const isRefusedWithin = (ms: number): boolean => {
      const deadline = addMs(world.clock.now(), ms)
      return world.authenticate('anna', 'annapw', '10.0.0.1', deadline).ended
    }
    for (let i = 0; i < FREE_FAILURES_PER_USER; i++) world.authenticate('anna', `wrong ${i}`, '10.0.0.1')
    expect(isRefusedWithin(GUESS_PAUSE_MS_MIN + GUESS_CHECK_MS / 2)).toBe(true)
    expect(isRefusedWithin(2 * (GUESS_PAUSE_MS_MIN + GUESS_CHECK_MS))).toBe(false)
  })

  test('locks nobody out: who is refused without a look takes no turn from whoever comes next', () => {
    const world = new GuardedWorld()
    // Another program of that user, at the same address, goes on with a password that was changed.
    for (let i = 0; i < 600; i++) {
      world.authenticate('anna', 'wrong', '10.0.0.1')
      world.clock.pass(100)
      world.clock.settle()
    }
    const late = Array.from({ length: 12 }, () => {
      const call = world.authenticate('anna', 'annapw', '10.0.0.1')
      world.clock.pass(1_000)
      world.clock.settle()
      return call
    })
    expect(late.filter(({ status }) => status === GrpcStatus.ok)).not.toEqual([])
  })

  test('is not done while authentication is off', () => {
    expect(new World().methods.has(EtcdPaths.authenticate)).toBe(true)
    const world = new GuardedWorld()
    world.must(world.ask(EtcdPaths.authDisable, NONE, world.tokens.root))
    expect(said(world.authenticate('anna', 'annapw'))).toEqual(told(EtcdErrors.authenticationNotEnabled))
    world.must(world.ask(EtcdPaths.put, put('z')))
  })
})

describe('a watch', () => {
  function watch(world: GuardedWorld, key: string, rangeEnd: string | Uint8Array, token?: string) {
    const call = world.call(EtcdPaths.watch, token)
    const end = typeof rangeEnd === 'string' ? bytes(rangeEnd) : rangeEnd
    const create = { ...WATCH_CREATE_DEFAULTS, key: bytes(key), rangeEnd: end }
    world.open(call).send(encode({ kind: 'create', create } as const, writeWatchRequest))
    world.clock.settle()
    return {
      call,
      responses: () => call.sent.map(message => decode(message, from => readWatchResponse(from))),
    }
  }
  const denied = 'rpc error: code = PermissionDenied desc = etcdserver: permission denied'

  test('GHSA-xg4h-6gfc-h4m8: from a key on is more than that key', () => {
    const world = new GuardedWorld()
    const { anna, root } = world.tokens
    world.must(world.permit('a', 'k', '', root))
    expect(watch(world, 'k', '', anna).responses()).toMatchObject([{ created: true, canceled: false }])
    for (const [key, end] of [
      ['k', '\0'],
      ['a', '\0'],
      ['', '\0'],
      ['a', 'b\0'],
    ] as const) {
      expect(watch(world, key, end, anna).responses()).toMatchObject([
        { created: true, canceled: true, cancelReason: denied },
      ])
    }
    expect(watch(world, 'a', prefixEnd(bytes('a')), anna).responses()).toMatchObject([{ canceled: false }])
  })

  test('needs somebody, with the reason by which clients log in again', () => {
    const world = new GuardedWorld()
    expect(watch(world, 'a', '').responses()).toMatchObject([
      {
        canceled: true,
        cancelReason: 'rpc error: code = InvalidArgument desc = etcdserver: user name is empty',
      },
    ])
    expect(watch(world, 'a', '', 'x').responses()).toMatchObject([
      {
        canceled: true,
        cancelReason: 'rpc error: code = Unauthenticated desc = etcdserver: invalid auth token',
      },
    ])
  })

  test('ends when its permission is taken away, before it tells anything more', () => {
    const world = new GuardedWorld()
    const { anna, root } = world.tokens
    const quiet = watch(world, 'a', 'b', anna)
    const stays = watch(world, 'a', 'b', root)
    world.must(world.addRole('other', root))
    world.must(world.ask(EtcdPaths.put, put('a1'), root))
    expect(quiet.responses().at(-1)).toMatchObject({ canceled: false, events: [{}] })
    world.must(world.revokeRole('anna', 'a', root))
    expect(quiet.responses().at(-1)).toMatchObject({ canceled: true, cancelReason: denied })
    world.must(world.ask(EtcdPaths.put, put('a2'), root))
    expect(quiet.responses()).toHaveLength(3)
    expect(stays.responses().at(-1)).toMatchObject({ canceled: false, events: [{}] })
  })

  test('of before authentication was turned on ends then', () => {
    const world = new GuardedWorld()
    const { root } = world.tokens
    world.must(world.ask(EtcdPaths.authDisable, NONE, root))
    const open = watch(world, 'z', '')
    expect(open.responses()).toMatchObject([{ canceled: false }])
    world.must(world.ask(EtcdPaths.authEnable, NONE))
    expect(open.responses().at(-1)).toMatchObject({ canceled: true })
  })
})
