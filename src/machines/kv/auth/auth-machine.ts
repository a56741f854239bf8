/**
 * The part of the key-value machine that knows users, roles and tokens: etcd's rules of what becomes of them. Whether
 * whoever asks may do so was looked at before (`access.ts`); here is looked at whether it makes sense.
 *
 * Every change but one of tokens makes a new auth revision: whatever was checked under an older one is checked again.
 */
import { compareBytes, EMPTY, equalBytes } from '../../../core/bytes.ts'
import type { Entry } from '../../../core/entry.ts'
import { bug } from '../../../core/seams.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import type { Store, StoreBatch } from '../../../runtime/store.ts'
import type { KvCommand } from '../types.ts'
import { Access } from './access.ts'
import type { AuthStanding } from './auth-standing.ts'
import { authSettings, roleNamed, userNamed, userNames } from './auth-store.ts'
import { PERMISSIONS_PER_ROLE_MAX, ROLES_MAX, ROLES_PER_USER_MAX, USERS_MAX } from './limits.ts'
import {
  encodeRole,
  encodeSettings,
  encodeUser,
  ROLES,
  type RoleRecord,
  roleKey,
  SETTINGS_KEY,
  USERS,
  type UserRecord,
  userKey,
} from './records.ts'
import { addToken, endAllTokens, endTokensOf, renewToken } from './tokens.ts'
import {
  type AuthOperation,
  type AuthRefusal,
  type GrantedPermission,
  type Permission,
  type RevokedPermission,
  ROOT,
  type UserPassword,
  type UserRole,
} from './types.ts'

/** Why not, if it was not done. */
type Outcome = AuthRefusal | undefined

export class AuthMachine {
  readonly #standing: AuthStanding
  readonly #access: Access

  constructor(standing: AuthStanding) {
    this.#standing = standing
    this.#access = new Access(standing)
  }

  open(store: Store): void {
    this.#standing.set(authSettings(store))
  }

  /** Looked at again: since the command was proposed everything may have changed. */
  refusalOf(command: KvCommand, batch: StoreBatch): AuthRefusal | undefined {
    if (!this.#standing.enabled) return undefined
    if (bug('revoked-permission-heeded')) return undefined
    if (command.kind !== 'asked') return this.#access.refusalOfCommand(batch, undefined, command)
    return this.#access.refusalOfCommand(batch, command.asker, command.command)
  }

  apply(operation: AuthOperation, entry: Pick<Entry, 'time' | 'index'>, batch: StoreBatch): Outcome {
    switch (operation.kind) {
      case 'enable':
        return this.#enable(batch)
      case 'disable':
        return this.#disable(batch)
      case 'userAdd':
        return this.#userAdd(operation.userAdd, batch)
      case 'userDelete':
        return this.#userDelete(operation.name, batch)
      case 'userChangePassword':
        return this.#userChangePassword(operation.userChangePassword, batch)
      case 'userGrantRole':
        return this.#userGrantRole(operation.userGrantRole, batch)
      case 'userRevokeRole':
        return this.#userRevokeRole(operation.userRevokeRole, batch)
      case 'roleAdd':
        return this.#roleAdd(operation.name, batch)
      case 'roleDelete':
        return this.#roleDelete(operation.name, batch)
      case 'roleGrantPermission':
        return this.#roleGrantPermission(operation.roleGrantPermission, batch)
      case 'roleRevokePermission':
        return this.#roleRevokePermission(operation.roleRevokePermission, batch)
      case 'tokenAdd': {
        const { user, authRevision } = operation.tokenAdd
        const refusal = this.#refusalOfToken(user, authRevision, batch)
        if (refusal === undefined) addToken(batch, operation.tokenAdd, entry)
        return refusal
      }
      case 'tokensRenew':
        for (const digest of operation.tokensRenew.digests) {
          renewToken(batch, digest, operation.tokensRenew.ttlSeconds, entry.time)
        }
        return undefined
    }
  }

  #enable(batch: StoreBatch): Outcome {
    if (this.#standing.enabled) return undefined
    const root = userNamed(batch, ROOT)
    if (root === undefined) return 'rootUserMissing'
    if (!root.roles.includes(ROOT)) return 'rootRoleMissing'
    return this.#settle(batch, true, this.#standing.revision)
  }

  #disable(batch: StoreBatch): Outcome {
    if (!this.#standing.enabled) return undefined
    endAllTokens(batch)
    return this.#settle(batch, false, this.#standing.revision + 1)
  }

  #userAdd({ name, password }: UserPassword, batch: StoreBatch): Outcome {
    if (name === '') return 'userEmpty'
    if (userNamed(batch, name) !== undefined) return 'userExists'
    if (batch.count(USERS) >= USERS_MAX) return 'authFull'
    return this.#putUser(batch, name, { roles: [], password })
  }

  #userDelete(name: string, batch: StoreBatch): Outcome {
    if (this.#standing.enabled && name === ROOT) return 'invalidAuthManagement'
    if (userNamed(batch, name) === undefined) return 'userNotFound'
    batch.delete(userKey(name), 'present')
    endTokensOf(batch, name)
    return this.#changed(batch)
  }

  /** A user that nobody can log in as stays one: its certificate is what names it. */
  #userChangePassword({ name, password }: UserPassword, batch: StoreBatch): Outcome {
    const user = userNamed(batch, name)
    if (user === undefined) return 'userNotFound'
    endTokensOf(batch, name)
    const isNameless = user.password.length === 0
    return this.#putUser(batch, name, { ...user, password: isNameless ? EMPTY : password })
  }

  #userGrantRole({ user: name, role }: UserRole, batch: StoreBatch): Outcome {
    const user = userNamed(batch, name)
    if (user === undefined) return 'userNotFound'
    // The role `root` means what it means whether or not there is a record of it.
    if (role !== ROOT && roleNamed(batch, role) === undefined) return 'roleNotFound'
    if (user.roles.includes(role)) return undefined
    if (user.roles.length >= ROLES_PER_USER_MAX) return 'authFull'
    return this.#putUser(batch, name, { ...user, roles: [...user.roles, role].sort(compareTexts) })
  }

  #userRevokeRole({ user: name, role }: UserRole, batch: StoreBatch): Outcome {
    if (this.#standing.enabled && name === ROOT && role === ROOT) return 'invalidAuthManagement'
    const user = userNamed(batch, name)
    if (user === undefined) return 'userNotFound'
    if (!user.roles.includes(role)) return 'roleNotGranted'
    return this.#putUser(batch, name, without(user, role))
  }

  #roleAdd(name: string, batch: StoreBatch): Outcome {
    if (name === '') return 'roleEmpty'
    if (roleNamed(batch, name) !== undefined) return 'roleExists'
    if (batch.count(ROLES) >= ROLES_MAX) return 'authFull'
    return this.#putRole(batch, name, { permissions: [] })
  }

  #roleDelete(name: string, batch: StoreBatch): Outcome {
    if (this.#standing.enabled && name === ROOT) return 'invalidAuthManagement'
    if (roleNamed(batch, name) === undefined) return 'roleNotFound'
    batch.delete(roleKey(name), 'present')
    for (const each of userNames(batch)) {
      const user = userNamed(batch, each)!
      if (user.roles.includes(name)) batch.put(userKey(each), encodeUser(without(user, name)), 'present')
    }
    return this.#changed(batch)
  }

  /** A permission for just these keys is replaced, if there is one. */
  #roleGrantPermission({ role: name, permission }: GrantedPermission, batch: StoreBatch): Outcome {
    const role = roleNamed(batch, name)
    if (role === undefined) return 'roleNotFound'
    const others = role.permissions.filter(each => !hasKeys(each, permission))
    if (others.length >= PERMISSIONS_PER_ROLE_MAX) return 'authFull'
    return this.#putRole(batch, name, { permissions: [...others, permission].sort(byKeys) })
  }

  #roleRevokePermission(revoked: RevokedPermission, batch: StoreBatch): Outcome {
    const role = roleNamed(batch, revoked.role)
    if (role === undefined) return 'roleNotFound'
    const permissions = role.permissions.filter(each => !hasKeys(each, revoked))
    if (permissions.length === role.permissions.length) return 'permissionNotGranted'
    return this.#putRole(batch, revoked.role, { permissions })
  }

  #refusalOfToken(user: string, authRevision: number, batch: StoreBatch): Outcome {
    if (!this.#standing.enabled) return 'authenticationNotEnabled'
    if (authRevision !== this.#standing.revision) return 'authRevisionOld'
    return userNamed(batch, user) === undefined ? 'userNotFound' : undefined
  }

  #putUser(batch: StoreBatch, name: string, user: UserRecord): Outcome {
    batch.put(userKey(name), encodeUser(user))
    return this.#changed(batch)
  }

  #putRole(batch: StoreBatch, name: string, role: RoleRecord): Outcome {
    batch.put(roleKey(name), encodeRole(role))
    return this.#changed(batch)
  }

  #changed(batch: StoreBatch): undefined {
    return this.#settle(batch, this.#standing.enabled, this.#standing.revision + 1)
  }

  #settle(batch: StoreBatch, enabled: boolean, revision: number): undefined {
    const settings = { enabled, revision }
    batch.put(SETTINGS_KEY, encodeSettings(settings))
    this.#standing.set(settings)
  }
}

function without(user: UserRecord, role: string): UserRecord {
  return { ...user, roles: user.roles.filter(each => each !== role) }
}

function hasKeys(permission: Permission, keys: { key: Uint8Array; rangeEnd: Uint8Array }): boolean {
  return equalBytes(permission.key, keys.key) && equalBytes(permission.rangeEnd, keys.rangeEnd)
}

function byKeys(a: Permission, b: Permission): number {
  return compareBytes(a.key, b.key) || compareBytes(a.rangeEnd, b.rangeEnd)
}

/** As bytes order: strings order otherwise beyond the basic plane. */
function compareTexts(a: string, b: string): number {
  return compareBytes(utf8Bytes(a), utf8Bytes(b))
}
