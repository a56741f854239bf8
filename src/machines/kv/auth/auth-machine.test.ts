/** What becomes of users, roles and tokens, and that a command is checked again when it is applied. */
import { describe, expect, test } from 'vitest'
import {
  asked,
  auth,
  bytes,
  grant,
  put,
  read,
  remove,
  revoke,
} from '../../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../../test/harness/kv-replica.ts'
import { ChangeFeed } from '../change-feed.ts'
import { stateHash } from '../state-hash.ts'
import { ALL_TABLES } from '../store-keys.ts'
import type { KvCommand, KvResult } from '../types.ts'
import { authSettings, roleNamed, roleNames, tokenOf, userNamed, userNames } from './auth-store.ts'
import {
  PERMISSIONS_PER_ROLE_MAX,
  ROLES_MAX,
  ROLES_PER_USER_MAX,
  TOKENS_PER_USER_MAX,
  USERS_MAX,
} from './limits.ts'
import { type AuthOperation, type Permission, PermissionType, ROOT } from './types.ts'

const PASSWORD = bytes('derived')
const userAdd = (name: string, password = PASSWORD): AuthOperation => ({
  kind: 'userAdd',
  userAdd: { name, password },
})
const roleAdd = (name: string): AuthOperation => ({ kind: 'roleAdd', name })
const grantRole = (user: string, role: string): AuthOperation => ({
  kind: 'userGrantRole',
  userGrantRole: { user, role },
})
const revokeRole = (user: string, role: string): AuthOperation => ({
  kind: 'userRevokeRole',
  userRevokeRole: { user, role },
})
const permission = (type: number, key: string, rangeEnd = ''): Permission => ({
  type,
  key: bytes(key),
  rangeEnd: bytes(rangeEnd),
})
const permit = (role: string, permission: Permission): AuthOperation => ({
  kind: 'roleGrantPermission',
  roleGrantPermission: { role, permission },
})
const newToken = (user: string, authRevision: number, digest: string, ttlSeconds = 300): AuthOperation => ({
  kind: 'tokenAdd',
  tokenAdd: { user, authRevision, digest: bytes(digest), ttlSeconds },
})

class World {
  readonly feed = new ChangeFeed()
  readonly replica = new KvReplica(undefined, this.feed)

  get revision(): number {
    return this.feed.auth.revision
  }

  /** `ok`, or why not. */
  do(operation: AuthOperation): string {
    return outcome(this.replica.apply(auth(operation)))
  }

  /** As a user that was checked under the newest revision. */
  as(user: string, command: Exclude<KvCommand, { kind: 'asked' }>, authRevision = this.revision): string {
    return outcome(this.replica.apply(asked(user, authRevision, command)))
  }
}

function outcome(result: KvResult): string {
  return result.kind === 'refused' ? result.reason : 'ok'
}

/** Root, and `anna` who may write and read from `a` to `b`. */
function enabled(): World {
  const world = new World()
  for (const operation of [
    userAdd(ROOT),
    grantRole(ROOT, ROOT),
    userAdd('anna'),
    roleAdd('a'),
    permit('a', permission(PermissionType.readWrite, 'a', 'b')),
    grantRole('anna', 'a'),
    { kind: 'enable' } as const,
  ]) {
    expect(world.do(operation)).toBe('ok')
  }
  return world
}

describe('authentication', () => {
  test('is off at first, at auth revision 1, and turned on once there is a root that is root', () => {
    const world = new World()
    expect(authSettings(world.replica.store)).toEqual({ enabled: false, revision: 1 })
    expect(world.do({ kind: 'enable' })).toBe('rootUserMissing')
    world.do(userAdd(ROOT))
    expect(world.do({ kind: 'enable' })).toBe('rootRoleMissing')
    world.do(grantRole(ROOT, ROOT))
    expect(world.do({ kind: 'enable' })).toBe('ok')
    expect(world.feed.auth).toMatchObject({ enabled: true, revision: 3 })
  })

  test('is turned on and off by whoever is root, a second time without effect', () => {
    const world = enabled()
    const { revision } = world
    expect(world.as(ROOT, auth({ kind: 'enable' }))).toBe('ok')
    expect(world.revision).toBe(revision)
    expect(world.as('anna', auth({ kind: 'disable' }))).toBe('permissionDenied')
    expect(world.as(ROOT, auth({ kind: 'disable' }))).toBe('ok')
    expect(world.revision).toBe(revision + 1)
    expect(world.do({ kind: 'disable' })).toBe('ok')
    expect(world.revision).toBe(revision + 1)
  })

  test('takes no root from itself while it is on', () => {
    const world = enabled()
    expect(world.as(ROOT, auth({ kind: 'userDelete', name: ROOT }))).toBe('invalidAuthManagement')
    expect(world.as(ROOT, auth({ kind: 'roleDelete', name: ROOT }))).toBe('invalidAuthManagement')
    expect(world.as(ROOT, auth(revokeRole(ROOT, ROOT)))).toBe('invalidAuthManagement')
    world.as(ROOT, auth({ kind: 'disable' }))
    expect(world.do(revokeRole(ROOT, ROOT))).toBe('ok')
    expect(world.do({ kind: 'userDelete', name: ROOT })).toBe('ok')
  })
})

describe('users and roles', () => {
  test('have names of their own, in the order of bytes', () => {
    const world = new World()
    expect(world.do(userAdd(''))).toBe('userEmpty')
    expect(world.do(roleAdd(''))).toBe('roleEmpty')
    for (const name of ['z', '\u{1f600}', '\uffee', 'a']) expect(world.do(userAdd(name))).toBe('ok')
    expect(world.do(userAdd('z'))).toBe('userExists')
    expect(userNames(world.replica.store)).toEqual(['a', 'z', '\uffee', '\u{1f600}'])
    for (const name of ['\u{1f600}', '\uffee', 'b']) {
      expect(world.do(roleAdd(name))).toBe('ok')
      expect(world.do(grantRole('a', name))).toBe('ok')
    }
    expect(world.do(roleAdd('b'))).toBe('roleExists')
    expect(userNamed(world.replica.store, 'a')?.roles).toEqual(['b', '\uffee', '\u{1f600}'])
    expect(roleNames(world.replica.store)).toEqual(['b', '\uffee', '\u{1f600}'])
  })

  test('are not found where they are not', () => {
    const world = new World()
    world.do(userAdd('anna'))
    world.do(roleAdd('a'))
    expect(world.do({ kind: 'userDelete', name: 'x' })).toBe('userNotFound')
    expect(world.do({ kind: 'roleDelete', name: 'x' })).toBe('roleNotFound')
    expect(world.do(grantRole('x', 'a'))).toBe('userNotFound')
    expect(world.do(grantRole('anna', 'x'))).toBe('roleNotFound')
    expect(world.do(revokeRole('x', 'a'))).toBe('userNotFound')
    expect(world.do(revokeRole('anna', 'a'))).toBe('roleNotGranted')
    expect(world.do(permit('x', permission(0, 'k')))).toBe('roleNotFound')
    const nowhere = { role: 'a', key: bytes('k'), rangeEnd: bytes('') }
    expect(world.do({ kind: 'roleRevokePermission', roleRevokePermission: nowhere })).toBe(
      'permissionNotGranted',
    )
    const changed = { name: 'x', password: PASSWORD }
    expect(world.do({ kind: 'userChangePassword', userChangePassword: changed })).toBe('userNotFound')
  })

  test('make a new auth revision with every change, and none when nothing changes', () => {
    const world = enabled()
    const { revision } = world
    world.as(ROOT, auth(grantRole('anna', 'a')))
    expect(world.revision).toBe(revision)
    world.as(ROOT, auth(userAdd('anna')))
    expect(world.revision).toBe(revision)
    world.as(ROOT, auth(roleAdd('b')))
    expect(world.revision).toBe(revision + 1)
  })

  test('a role that is deleted is taken from everybody who had it', () => {
    const world = enabled()
    world.as(ROOT, auth(userAdd('bob')))
    world.as(ROOT, auth(grantRole('bob', 'a')))
    world.as(ROOT, auth({ kind: 'roleDelete', name: 'a' }))
    expect(userNamed(world.replica.store, 'anna')?.roles).toEqual([])
    expect(userNamed(world.replica.store, 'bob')?.roles).toEqual([])
    expect(world.as('anna', put('a'))).toBe('permissionDenied')
  })

  test('a permission for the same keys takes the place of the one before', () => {
    const world = enabled()
    world.as(ROOT, auth(permit('a', permission(PermissionType.read, 'a', 'b'))))
    world.as(ROOT, auth(permit('a', permission(PermissionType.write, 'a'))))
    expect(roleNamed(world.replica.store, 'a')?.permissions).toEqual([
      permission(PermissionType.write, 'a'),
      permission(PermissionType.read, 'a', 'b'),
    ])
  })

  test('a user without a password never gets one', () => {
    const world = new World()
    world.do(userAdd('machine', bytes('')))
    const userChangePassword = { name: 'machine', password: PASSWORD }
    expect(world.do({ kind: 'userChangePassword', userChangePassword })).toBe('ok')
    expect(userNamed(world.replica.store, 'machine')?.password).toEqual(bytes(''))
  })
})

describe('a command is checked when it is applied', () => {
  test('by the permissions of then', () => {
    const world = enabled()
    expect(world.as('anna', put('a1', 'x'))).toBe('ok')
    expect(world.as('anna', put('b', 'x'))).toBe('permissionDenied')
    expect(world.as('nobody', put('a', 'x'))).toBe('permissionDenied')
    expect(outcome(world.replica.apply(put('a1', 'y')))).toBe('userEmpty')
    expect(read(world.replica.store, '\0', '\0').kvs).toHaveLength(1)
  })

  test('and refused if they have moved since it was checked, even to where it would be allowed', () => {
    const world = enabled()
    const { revision } = world
    world.as(ROOT, auth(roleAdd('b')))
    expect(world.as('anna', put('a'), revision)).toBe('authRevisionOld')
    expect(world.as('anna', remove('a'), revision)).toBe('authRevisionOld')
    expect(world.as(ROOT, put('a'), revision)).toBe('authRevisionOld')
    expect(world.as('anna', put('a'))).toBe('ok')
  })

  test('in the order of the log, within one batch', () => {
    const world = enabled()
    const { revision } = world
    const results = world.replica.applyAll([
      asked('anna', revision, put('a', '1')),
      asked(ROOT, revision, auth(revokeRole('anna', 'a'))),
      asked('anna', revision, put('a', '2')),
      asked('anna', revision + 1, put('a', '3')),
    ])
    expect(results.map(outcome)).toEqual(['ok', 'ok', 'authRevisionOld', 'permissionDenied'])
  })

  test('but for what a node does by itself, such as the end of leases', () => {
    const world = enabled()
    world.as('anna', grant(1n, 5))
    expect(world.as('anna', put('a', 'x', { lease: 1n }))).toBe('ok')
    expect(outcome(world.replica.apply(revoke(1n)))).toBe('userEmpty')
    world.replica.now = 5_000
    const result = world.replica.apply({ kind: 'leaseExpire', leaseExpire: { ids: [1n] } })
    expect(result).toMatchObject({ leaseExpire: { revoked: [{ id: 1n, keys: [bytes('a')] }] } })
  })

  test('changes of users and roles by who is root now, whatever the revision', () => {
    const world = enabled()
    expect(world.as(ROOT, auth(userAdd('bob')), 1)).toBe('ok')
    expect(world.as('anna', auth(userAdd('eve')))).toBe('permissionDenied')
    expect(world.do(userAdd('eve'))).toBe('userEmpty')
    expect(world.as('anna', { kind: 'compact', compact: { revision: 1 } })).toBe('permissionDenied')
  })

  test('and by nobody while authentication is off', () => {
    const world = new World()
    expect(world.as('nobody', put('a'), 0)).toBe('ok')
    expect(outcome(world.replica.apply(put('a')))).toBe('ok')
  })
})

describe('there are no more than so many', { timeout: 60_000 }, () => {
  const many = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i))

  test.each<[string, number, readonly AuthOperation[], (i: number) => AuthOperation]>([
    ['users', USERS_MAX, [], i => userAdd(`user${i}`)],
    ['roles', ROLES_MAX, [], i => roleAdd(`role${i}`)],
    [
      'roles of a user',
      ROLES_PER_USER_MAX,
      [userAdd('anna'), ...many(ROLES_PER_USER_MAX + 1, i => roleAdd(`role${i}`))],
      i => grantRole('anna', `role${i}`),
    ],
    [
      'permissions of a role',
      PERMISSIONS_PER_ROLE_MAX,
      [roleAdd('a')],
      i => permit('a', permission(PermissionType.read, `key${i}`)),
    ],
  ])('%s', (_what, max, before, one) => {
    const world = new World()
    world.replica.applyAll(before.map(auth))
    const made = world.replica.applyAll(many(max, one).map(auth)).map(outcome)
    expect(new Set(made)).toEqual(new Set(['ok']))
    expect(world.do(one(max))).toBe('authFull')
  })
})

describe('a token', () => {
  const digest = bytes('t1')
  const token = (world: World) => tokenOf(world.replica.store, digest)

  test('is made for a user whose password was checked under the newest revision', () => {
    const world = enabled()
    world.replica.now = 1_000
    const { revision } = world
    expect(world.do(newToken('anna', revision - 1, 't1'))).toBe('authRevisionOld')
    expect(world.do(newToken('nobody', revision, 't1'))).toBe('userNotFound')
    const made = world.replica.apply(auth(newToken('anna', revision, 't1')))
    const index = made.kind === 'auth' ? made.auth.index : Number.NaN
    expect(token(world)).toEqual({ user: 'anna', overAt: 301_000, index })
    expect(new World().do(newToken('anna', 1, 't1'))).toBe('authenticationNotEnabled')
  })

  test('lives on when it is renewed in time, and not when it is over', () => {
    const world = enabled()
    world.do(newToken('anna', world.revision, 't1', 10))
    const renew: AuthOperation = {
      kind: 'tokensRenew',
      tokensRenew: { digests: [digest, bytes('unknown')], ttlSeconds: 10 },
    }
    world.replica.now = 9_999
    world.do(renew)
    expect(token(world)?.overAt).toBe(19_999)
    world.replica.now = 19_999
    world.do(renew)
    expect(token(world)?.overAt).toBe(19_999)
  })

  test('is never over sooner for being renewed', () => {
    const world = enabled()
    world.do(newToken('anna', world.revision, 't1', 300))
    world.do({ kind: 'tokensRenew', tokensRenew: { digests: [digest], ttlSeconds: 10 } })
    expect(token(world)?.overAt).toBe(300_000)
  })

  test.each([
    ['its user is deleted', { kind: 'userDelete', name: 'anna' }],
    [
      'the password changes',
      { kind: 'userChangePassword', userChangePassword: { name: 'anna', password: PASSWORD } },
    ],
    ['authentication is turned off', { kind: 'disable' }],
  ] as const)('ends when %s', (_when, operation) => {
    const world = enabled()
    world.do(newToken('anna', world.revision, 't1'))
    world.do(newToken(ROOT, world.revision, 't2'))
    const isAll = operation.kind === 'disable'
    expect(world.as(ROOT, auth(operation))).toBe('ok')
    expect(token(world)).toBeUndefined()
    expect(tokenOf(world.replica.store, bytes('t2')) === undefined).toBe(isAll)
  })

  test('leaves nothing behind when it ends, and makes no new revision', () => {
    const world = enabled()
    const before = { count: world.replica.store.count(ALL_TABLES), revision: world.revision }
    world.do(newToken('anna', world.revision, 't1'))
    world.do(newToken('anna', world.revision, 't1'))
    expect(world.revision).toBe(before.revision)
    world.as(ROOT, auth({ kind: 'userDelete', name: 'anna' }))
    expect(world.replica.store.count(ALL_TABLES)).toBe(before.count - 1)
  })

  test('that is over goes when its user gets another, and of too many the one that would be over first', () => {
    const world = enabled()
    world.do(newToken('anna', world.revision, 't1', 10))
    world.replica.now = 10_000
    world.do(newToken('anna', world.revision, 'last', 10_000))
    expect(token(world)).toBeUndefined()
    for (let i = 1; i < TOKENS_PER_USER_MAX; i++) {
      world.do(newToken('anna', world.revision, `token ${i}`, 100 + i))
    }
    expect(tokenOf(world.replica.store, bytes('token 1'))).toBeDefined()
    world.do(newToken('anna', world.revision, 'one more', 5_000))
    expect(tokenOf(world.replica.store, bytes('token 1'))).toBeUndefined()
    expect(tokenOf(world.replica.store, bytes('token 2'))).toBeDefined()
    expect(tokenOf(world.replica.store, bytes('last'))).toBeDefined()
  })
})

test('all of it is in the store: a restart knows the same, and so does another replica', () => {
  const world = enabled()
  world.do(newToken('anna', world.revision, 't1'))
  const { revision } = world
  const hash = stateHash(world.replica.store)
  world.replica.restart()
  expect(world.feed.auth).toMatchObject({ enabled: true, revision })
  expect(world.as('anna', put('b'))).toBe('permissionDenied')
  expect(stateHash(world.replica.store)).toBe(hash)
})
