/** Who may read and write which keys: unions of what roles allow, and every request that could reach past them. */
import { describe, expect, test } from 'vitest'
import {
  asked,
  auth,
  bytes,
  compareOf,
  get,
  grant,
  put,
  remove,
  revoke,
  txnOf,
} from '../../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../../test/harness/kv-replica.ts'
import { ChangeFeed } from '../change-feed.ts'
import type { PlainCommand, TxnOperation } from '../types.ts'
import { Access } from './access.ts'
import { PermissionType } from './types.ts'

const { read, write, readWrite } = PermissionType

/** `[type, key, rangeEnd]` of what the role `r` of the user `anna` allows. */
type Allowed = readonly (readonly [number, string, string?])[]

class World {
  readonly #feed = new ChangeFeed()
  readonly replica = new KvReplica(undefined, this.#feed)
  readonly #access = new Access(this.#feed.auth)

  /** A role for each permission: what is allowed is their union. */
  constructor(allowed: Allowed) {
    this.#do({ kind: 'userAdd', userAdd: { name: 'root', password: bytes('x') } })
    this.#do({ kind: 'userGrantRole', userGrantRole: { user: 'root', role: 'root' } })
    this.#do({ kind: 'userAdd', userAdd: { name: 'anna', password: bytes('x') } })
    for (const [i, [type, key, rangeEnd = '']] of allowed.entries()) {
      const role = `r${i}`
      const permission = { type, key: bytes(key), rangeEnd: bytes(rangeEnd) }
      this.#do({ kind: 'roleAdd', name: role })
      this.#do({ kind: 'roleGrantPermission', roleGrantPermission: { role, permission } })
      this.#do({ kind: 'userGrantRole', userGrantRole: { user: 'anna', role } })
    }
    this.#do({ kind: 'enable' })
  }

  may(command: PlainCommand, user = 'anna'): boolean {
    return this.#access.refusalOfCommand(this.replica.store, this.#asker(user), command) === undefined
  }

  mayRead(key: string, rangeEnd = '', user = 'anna'): boolean {
    const keys = { key: bytes(key), rangeEnd: bytes(rangeEnd) }
    return this.#access.refusalOfRead(this.replica.store, this.#asker(user), keys) === undefined
  }

  mayTxn(txn: { readonly txn: TxnOperation }): boolean {
    return this.#access.refusalOfTxn(this.replica.store, this.#asker('anna'), txn.txn) === undefined
  }

  mayListKeys(lease: bigint): boolean {
    return this.#access.refusalOfLeaseKeys(this.replica.store, this.#asker('anna'), lease) === undefined
  }

  /** Done by root. */
  done(...commands: PlainCommand[]): void {
    for (const command of commands) {
      expect(this.replica.apply(asked('root', this.#feed.auth.revision, command)).kind).not.toBe('refused')
    }
  }

  #asker(user: string) {
    return { user, authRevision: this.#feed.auth.revision }
  }

  #do(operation: Parameters<typeof auth>[0]): void {
    expect(this.replica.apply(auth(operation)).kind).toBe('auth')
  }
}

test('a range is allowed if all of its keys are, by whichever roles', () => {
  const world = new World([
    [read, 'a', 'c'],
    [read, 'c', 'e'],
    [read, 'g'],
    [write, 'e', 'g'],
  ])
  expect(world.mayRead('a', 'e')).toBe(true)
  expect(world.mayRead('b', 'd')).toBe(true)
  expect(world.mayRead('g')).toBe(true)
  expect(world.mayRead('g', 'g\0')).toBe(true)
})

test.each([
  ['one key too wide at its end', 'a', 'e\0'],
  ['one key too wide at its beginning', '`', 'b'],
  ['over a gap', 'a', 'h'],
  ['of a key and what is behind it', 'g', 'g\0\0'],
  ['of a key that may only be written', 'e', ''],
  ['that has no key', 'c', 'b'],
])('a range %s is not', (_what, key, rangeEnd) => {
  const world = new World([
    [read, 'a', 'c'],
    [read, 'c', 'e'],
    [read, 'g'],
    [write, 'e', 'f'],
  ])
  expect(world.mayRead(key, rangeEnd)).toBe(false)
})

describe('GHSA-xg4h-6gfc-h4m8: from a key on without an end', () => {
  const one = (): World => new World([[readWrite, 'k']])

  test('is more than that key, whoever asks for it in whatever way', () => {
    const world = one()
    expect(world.mayRead('k')).toBe(true)
    expect(world.mayRead('k', '\0')).toBe(false)
    expect(world.may(remove('k'))).toBe(true)
    expect(world.may(remove('k', '\0'))).toBe(false)
    expect(world.mayTxn(txnOf([], [get('k', '\0')]))).toBe(false)
    expect(world.mayTxn(txnOf([], [], [remove('k', '\0')]))).toBe(false)
    expect(world.mayTxn(txnOf([compareOf('k', 0, 1, 0, '\0')], []))).toBe(false)
    expect(world.mayTxn(txnOf([], [txnOf([compareOf('k', 0, 1, 0, '\0')], [])]))).toBe(false)
  })

  test('is allowed to whoever may do so from there, or from before there, on', () => {
    const world = new World([[read, 'b', '\0']])
    expect(world.mayRead('b', '\0')).toBe(true)
    expect(world.mayRead('c', '\0')).toBe(true)
    expect(world.mayRead('c', 'zzz')).toBe(true)
    expect(world.mayRead('a', '\0')).toBe(false)
    expect(world.may(put('c'))).toBe(false)
  })

  test('is not allowed by a permission that reaches as far as any key does', () => {
    expect(new World([[read, 'a', '\xff']]).mayRead('a', '\0')).toBe(false)
  })
})

describe('what a write reads needs the permission to read', () => {
  const writer = (): World => new World([[write, 'a', 'c']])

  test('of a put and of a deletion', () => {
    const world = writer()
    expect(world.may(put('a'))).toBe(true)
    expect(world.may(put('a', '', { prevKv: true }))).toBe(false)
    expect(world.may(remove('a', 'c'))).toBe(true)
    expect(world.may(remove('a', 'c', true))).toBe(false)
    expect(world.may(remove('a', 'd'))).toBe(false)
    expect(world.may(put('c'))).toBe(false)
  })

  test('of a transaction, in both branches, however deep, and in its conditions', () => {
    const world = writer()
    const inner = txnOf([], [put('a')], [put('b', '', { prevKv: true })])
    expect(world.mayTxn(txnOf([], [put('a')], [remove('b')]))).toBe(true)
    expect(world.mayTxn(txnOf([], [put('a')], [put('c')]))).toBe(false)
    expect(world.mayTxn(txnOf([], [put('c')], [put('a')]))).toBe(false)
    expect(world.mayTxn(txnOf([], [inner]))).toBe(false)
    expect(world.mayTxn(txnOf([], [txnOf([], [put('a')])]))).toBe(true)
    expect(world.mayTxn(txnOf([compareOf('a', 0, 0, 0)], []))).toBe(false)
    expect(world.mayTxn(txnOf([], [get('a')]))).toBe(false)
  })
})

describe('a lease is ended, and keys are attached to it, by who may write all keys that go with it', () => {
  const shared = (): World => {
    const world = new World([
      [write, 'a', 'c'],
      [write, 'x'],
      [read, 'a', 'b'],
    ])
    world.done(grant(1n), grant(2n), grant(3n), put('a', '', { lease: 1n }), put('b', '', { lease: 1n }))
    world.done(put('x', '', { lease: 1n }), put('a1', '', { lease: 2n }), put('m', '', { lease: 2n }))
    return world
  }

  test('all of them, whichever permissions that takes', () => {
    const world = shared()
    expect(world.may(revoke(1n))).toBe(true)
    expect(world.may(put('b', '', { lease: 1n }))).toBe(true)
    expect(world.may(revoke(2n))).toBe(false)
    expect(world.may(put('b', '', { lease: 2n }))).toBe(false)
    expect(world.mayTxn(txnOf([], [put('b', '', { lease: 2n })]))).toBe(false)
    expect(world.may(revoke(3n))).toBe(true)
    expect(world.may(revoke(9n))).toBe(true)
  })

  test('and its keys are told to who may read all of them', () => {
    const world = shared()
    expect(world.mayListKeys(1n)).toBe(false)
    expect(world.mayListKeys(3n)).toBe(true)
    world.done(grant(4n), put('a2', '', { lease: 4n }))
    expect(world.mayListKeys(4n)).toBe(true)
  })

  test('an open permission reaches to the last key of the lease', () => {
    const world = new World([[write, 'b', '\0']])
    world.done(grant(5n), grant(6n), put('z', '', { lease: 5n }), put('a', '', { lease: 6n }))
    expect(world.may(revoke(5n))).toBe(true)
    expect(world.may(revoke(6n))).toBe(false)
  })
})

test('root may do everything', () => {
  const world = new World([])
  expect(world.may(remove('\0', '\0', true), 'root')).toBe(true)
  expect(world.mayRead('\0', '\0', 'root')).toBe(true)
  expect(world.mayRead('a', '', 'nobody')).toBe(false)
})
