/**
 * Random programs against a plain model of who may do what: maps of users and roles, and a permission for a range
 * looked up key by key. It knows no intervals, no store and no memory of permissions.
 */
import { expect, test } from 'vitest'
import {
  asked,
  auth,
  bytes,
  get,
  grant,
  put,
  remove,
  text,
  txnOf,
} from '../../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../../test/harness/kv-replica.ts'
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import { ChangeFeed } from '../change-feed.ts'
import { decodeCommand, encodeCommand } from '../command-codec.ts'
import { stateHash } from '../state-hash.ts'
import type { KvCommand, KvResult, PlainCommand } from '../types.ts'
import { authSettings, roleNamed, roleNames, userNamed, userNames } from './auth-store.ts'
import { type AuthOperation, PermissionType, ROOT } from './types.ts'

interface ModelPermission {
  readonly type: number
  readonly key: string
  readonly rangeEnd: string
}

const KEYS = ['a', 'a\0', 'b', 'bb', 'c']
const ENDS = ['', '\0', ...KEYS, 'c\0']
const USERS = [ROOT, 'u1', 'u2', '']
const ROLES = [ROOT, 'r1', 'r2', 'r3', '']

class Model {
  enabled = false
  revision = 1
  readonly users = new Map<string, Set<string>>()
  readonly roles = new Map<string, Map<string, ModelPermission>>()

  /** `ok` or why not, as the machine says it. */
  apply(command: KvCommand): string {
    const plain = command.kind === 'asked' ? command.command : command
    const asker = command.kind === 'asked' ? command.asker : undefined
    if (this.enabled) {
      if (plain.kind === 'auth') {
        if (asker === undefined) return 'userEmpty'
        if (!this.users.get(asker.user)?.has(ROOT)) return 'permissionDenied'
      } else if (plain.kind !== 'leaseGrant') {
        if (asker === undefined) return 'userEmpty'
        if (asker.authRevision < this.revision) return 'authRevisionOld'
        if (!this.#may(asker.user, plain)) return 'permissionDenied'
      }
    }
    return plain.kind === 'auth' ? this.#change(plain.auth) : 'ok'
  }

  #may(user: string, command: PlainCommand): boolean {
    const roles = this.users.get(user)
    if (roles === undefined) return false
    if (roles.has(ROOT)) return true
    const needs: (readonly [number, string, string])[] = []
    collect(command, needs)
    return needs.every(([type, key, rangeEnd]) => this.#covers(roles, type, key, rangeEnd))
  }

  /** Every key at which anything begins or ends stands for those behind it, up to the next such key. */
  #covers(roles: ReadonlySet<string>, type: number, key: string, rangeEnd: string): boolean {
    const allowed = [...roles].flatMap(role => [...(this.roles.get(role)?.values() ?? [])])
    const fitting = allowed.filter(each => each.type === type || each.type === PermissionType.readWrite)
    const points = new Set([key])
    for (const each of fitting) {
      points.add(each.key)
      points.add(endOf(each) ?? each.key)
    }
    const wanted = [...points].filter(point => isWithin(point, key, rangeEnd))
    return (
      wanted.length > 0 &&
      wanted.every(point => fitting.some(each => isWithin(point, each.key, each.rangeEnd)))
    )
  }

  #change(operation: AuthOperation): string {
    const { users, roles } = this
    switch (operation.kind) {
      case 'enable':
        if (this.enabled) return 'ok'
        if (!users.has(ROOT)) return 'rootUserMissing'
        if (!users.get(ROOT)!.has(ROOT)) return 'rootRoleMissing'
        this.enabled = true
        return 'ok'
      case 'disable':
        if (!this.enabled) return 'ok'
        this.enabled = false
        return this.#changed()
      case 'userAdd': {
        const { name } = operation.userAdd
        if (name === '') return 'userEmpty'
        if (users.has(name)) return 'userExists'
        users.set(name, new Set())
        return this.#changed()
      }
      case 'userDelete':
        if (this.enabled && operation.name === ROOT) return 'invalidAuthManagement'
        return users.delete(operation.name) ? this.#changed() : 'userNotFound'
      case 'userChangePassword':
        return users.has(operation.userChangePassword.name) ? this.#changed() : 'userNotFound'
      case 'userGrantRole': {
        const { user, role } = operation.userGrantRole
        if (!users.has(user)) return 'userNotFound'
        if (role !== ROOT && !roles.has(role)) return 'roleNotFound'
        if (users.get(user)!.has(role)) return 'ok'
        users.get(user)!.add(role)
        return this.#changed()
      }
      case 'userRevokeRole': {
        const { user, role } = operation.userRevokeRole
        if (this.enabled && user === ROOT && role === ROOT) return 'invalidAuthManagement'
        if (!users.has(user)) return 'userNotFound'
        return users.get(user)!.delete(role) ? this.#changed() : 'roleNotGranted'
      }
      case 'roleAdd':
        if (operation.name === '') return 'roleEmpty'
        if (roles.has(operation.name)) return 'roleExists'
        roles.set(operation.name, new Map())
        return this.#changed()
      case 'roleDelete':
        if (this.enabled && operation.name === ROOT) return 'invalidAuthManagement'
        if (!roles.delete(operation.name)) return 'roleNotFound'
        for (const granted of users.values()) granted.delete(operation.name)
        return this.#changed()
      case 'roleGrantPermission': {
        const { role, permission } = operation.roleGrantPermission
        if (!roles.has(role)) return 'roleNotFound'
        const key = text(permission.key)
        const rangeEnd = text(permission.rangeEnd)
        roles.get(role)!.set(`${key} ${rangeEnd}`, { type: permission.type, key, rangeEnd })
        return this.#changed()
      }
      case 'roleRevokePermission': {
        const { role, key, rangeEnd } = operation.roleRevokePermission
        if (!roles.has(role)) return 'roleNotFound'
        const isThere = roles.get(role)!.delete(`${text(key)} ${text(rangeEnd)}`)
        return isThere ? this.#changed() : 'permissionNotGranted'
      }
      default:
        return 'ok'
    }
  }

  #changed(): string {
    this.revision++
    return 'ok'
  }
}

/** What a command reads and writes. */
function collect(
  command: PlainCommand | ReturnType<typeof get>,
  needs: (readonly [number, string, string])[],
): void {
  const { read, write } = PermissionType
  switch (command.kind) {
    case 'put':
      needs.push([write, text(command.put.key), ''])
      if (command.put.prevKv) needs.push([read, text(command.put.key), ''])
      return
    case 'deleteRange': {
      const { key, rangeEnd, prevKv } = command.deleteRange
      needs.push([write, text(key), text(rangeEnd)])
      if (prevKv) needs.push([read, text(key), text(rangeEnd)])
      return
    }
    case 'range':
      needs.push([read, text(command.range.key), text(command.range.rangeEnd)])
      return
    case 'txn':
      for (const branch of [command.txn.success, command.txn.failure]) {
        for (const operation of branch) collect(operation as PlainCommand, needs)
      }
      return
    default:
      return
  }
}

function endOf({ key, rangeEnd }: { key: string; rangeEnd: string }): string | undefined {
  if (rangeEnd === '') return `${key}\0`
  return rangeEnd === '\0' ? undefined : rangeEnd
}

/** All of these keys are ASCII, so that text orders as bytes do. */
function isWithin(point: string, key: string, rangeEnd: string): boolean {
  const end = endOf({ key, rangeEnd })
  return point >= key && (end === undefined || point < end)
}

class Program {
  readonly #random: Random

  constructor(seed: number) {
    this.#random = randomFromSeed(seed)
  }

  command(revision: number): KvCommand {
    const plain = this.#below(3) === 0 ? this.#keys(2) : auth(this.#operation())
    if (this.#below(8) === 0) return plain
    const isOld = this.#below(8) === 0
    return asked(this.#below(2) === 0 ? ROOT : this.#one(USERS), revision - (isOld ? 1 : 0), plain)
  }

  #keys(depth: number): PlainCommand {
    const key = this.#one(KEYS)
    switch (this.#below(depth > 0 ? 4 : 3)) {
      case 0:
        return put(key, 'v', { prevKv: this.#below(2) === 0 })
      case 1:
        return remove(key, this.#one(ENDS), this.#below(2) === 0)
      case 2:
        return txnOf([], [get(key, this.#one(ENDS))])
      default:
        return txnOf(
          [],
          [this.#keys(0) as ReturnType<typeof put>],
          [this.#keys(depth - 1) as ReturnType<typeof put>],
        )
    }
  }

  #operation(): AuthOperation {
    const user = this.#one(USERS)
    const role = this.#one(ROLES)
    const permission = { type: this.#below(3), key: bytes(this.#one(KEYS)), rangeEnd: bytes(this.#one(ENDS)) }
    switch (this.#below(24)) {
      case 0:
        return { kind: 'disable' }
      case 1:
      case 2:
        return { kind: 'enable' }
      case 3:
      case 4:
      case 5:
        return { kind: 'userAdd', userAdd: { name: user, password: bytes('p') } }
      case 6:
        return { kind: 'userDelete', name: user }
      case 7:
        return { kind: 'userChangePassword', userChangePassword: { name: user, password: bytes('q') } }
      case 8:
        return { kind: 'userRevokeRole', userRevokeRole: { user, role } }
      case 9:
      case 10:
      case 11:
        return { kind: 'roleAdd', name: role }
      case 12:
        return { kind: 'roleDelete', name: role }
      case 13: {
        const { key, rangeEnd } = permission
        return { kind: 'roleRevokePermission', roleRevokePermission: { role, key, rangeEnd } }
      }
      case 14:
      case 15:
      case 16:
      case 17:
        return { kind: 'userGrantRole', userGrantRole: { user, role: this.#below(3) === 0 ? ROOT : role } }
      default:
        return { kind: 'roleGrantPermission', roleGrantPermission: { role, permission } }
    }
  }

  #below(count: number): number {
    return this.#random.below(count)
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)]!
  }
}

function outcome(result: KvResult): string {
  return result.kind === 'refused' ? result.reason : 'ok'
}

function expectSame({ store }: KvReplica, model: Model): void {
  expect(authSettings(store)).toEqual({ enabled: model.enabled, revision: model.revision })
  expect(userNames(store)).toEqual([...model.users.keys()].sort())
  expect(roleNames(store)).toEqual([...model.roles.keys()].sort())
  for (const [name, roles] of model.users) expect(userNamed(store, name)?.roles).toEqual([...roles].sort())
  for (const [name, permissions] of model.roles) {
    const found = roleNamed(store, name)!.permissions
    const spelled = found.map(({ type, key, rangeEnd }) => `${text(key)} ${text(rangeEnd)}=${type}`)
    expect(spelled.sort()).toEqual([...permissions].map(([keys, { type }]) => `${keys}=${type}`).sort())
  }
}

test('random programs end as in the model, answer by answer', { timeout: 60_000 }, () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 400; seed++) {
    const feed = new ChangeFeed()
    const replica = new KvReplica(undefined, feed)
    const model = new Model()
    const program = new Program(seed)
    for (let i = 0; i < 60; i++) {
      const command = program.command(model.revision)
      const expected = model.apply(command)
      seen.add(expected)
      expect(outcome(replica.apply(command)), `seed ${seed}, command ${i}`).toBe(expected)
    }
    expectSame(replica, model)
    expect(feed.auth).toMatchObject({ enabled: model.enabled, revision: model.revision })
  }
  expect(seen).toEqual(
    new Set([
      'ok',
      'authRevisionOld',
      'invalidAuthManagement',
      'permissionDenied',
      'permissionNotGranted',
      'roleEmpty',
      'roleExists',
      'roleNotFound',
      'roleNotGranted',
      'rootRoleMissing',
      'rootUserMissing',
      'userEmpty',
      'userExists',
      'userNotFound',
    ]),
  )
})

test('whether entries come one by one or together, with restarts in between or not, is the same', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const program = new Program(seed)
    const model = new Model()
    const commands = Array.from({ length: 80 }, () => {
      const command = program.command(model.revision)
      model.apply(command)
      return command
    })
    const single = new KvReplica()
    const results = commands.map(command => {
      single.restart()
      return single.apply(command)
    })
    const together = new KvReplica()
    expect(together.applyAll(commands)).toEqual(results)
    expect(stateHash(together.store)).toBe(stateHash(single.store))
  }
})

test('what is asked survives the log', () => {
  const program = new Program(5)
  const commands = Array.from({ length: 2_000 }, () => program.command(300))
  const tokens: AuthOperation[] = [
    {
      kind: 'tokenAdd',
      tokenAdd: { user: 'u', authRevision: 2 ** 40, digest: bytes('d'), ttlSeconds: 300 },
    },
    { kind: 'tokensRenew', tokensRenew: { digests: [bytes('d'), bytes('e')], ttlSeconds: 1 } },
  ]
  const all: KvCommand[] = [...commands, ...tokens.map(auth), asked('é', 7, grant(1n))]
  expect(all.map(encodeCommand).map(decodeCommand)).toEqual(all)
})

test('a command that nobody has to ask for is as long as ever', () => {
  const plain = encodeCommand(put('key', 'value'))
  expect([...plain.subarray(0, 2)]).toEqual([1, 1])
  expect(encodeCommand(asked('anna', 9, put('key', 'value'))).length).toBe(plain.length + 1 + 5 + 1)
})
