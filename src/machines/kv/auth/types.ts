/**
 * What the Auth service changes: users, roles, permissions, tokens. Passwords come as records that were derived from
 * them outside of the log (`PasswordRecord` of the service); the machine keeps them and never looks inside.
 */

export const PermissionType = { read: 0, write: 1, readWrite: 2 } as const

/** An empty `rangeEnd` is the single key; a single zero byte means "to the end". */
export interface Permission {
  /** One of `PermissionType`. */
  readonly type: number
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
}

/** Who asks for a command, and under which permissions it was checked before it was proposed. */
export interface Asker {
  readonly user: string
  readonly authRevision: number
}

export interface UserRole {
  readonly user: string
  readonly role: string
}

export interface UserPassword {
  readonly name: string
  /** Empty: nobody can log in as this user; a certificate names it. */
  readonly password: Uint8Array
}

export interface GrantedPermission {
  readonly role: string
  readonly permission: Permission
}

export interface RevokedPermission {
  readonly role: string
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
}

/** A token of which the log and the store hold the digest only. */
export interface NewToken {
  readonly user: string
  /** Under which the password was checked. */
  readonly authRevision: number
  readonly digest: Uint8Array
  readonly ttlSeconds: number
}

export interface RenewedTokens {
  readonly digests: readonly Uint8Array[]
  readonly ttlSeconds: number
}

export type AuthOperation =
  | { readonly kind: 'enable' }
  | { readonly kind: 'disable' }
  | { readonly kind: 'userAdd'; readonly userAdd: UserPassword }
  | { readonly kind: 'userDelete'; readonly name: string }
  | { readonly kind: 'userChangePassword'; readonly userChangePassword: UserPassword }
  | { readonly kind: 'userGrantRole'; readonly userGrantRole: UserRole }
  | { readonly kind: 'userRevokeRole'; readonly userRevokeRole: UserRole }
  | { readonly kind: 'roleAdd'; readonly name: string }
  | { readonly kind: 'roleDelete'; readonly name: string }
  | { readonly kind: 'roleGrantPermission'; readonly roleGrantPermission: GrantedPermission }
  | { readonly kind: 'roleRevokePermission'; readonly roleRevokePermission: RevokedPermission }
  | { readonly kind: 'tokenAdd'; readonly tokenAdd: NewToken }
  | { readonly kind: 'tokensRenew'; readonly tokensRenew: RenewedTokens }

export interface AuthResult {
  /** Of the key-value store, which none of this changes. */
  readonly revision: number
  /** Of the entry that did it. */
  readonly index: number
}

/** The service says each of them in etcd's words, under the same name. */
export type AuthRefusal =
  | 'userEmpty'
  | 'userExists'
  | 'userNotFound'
  | 'roleEmpty'
  | 'roleExists'
  | 'roleNotFound'
  | 'roleNotGranted'
  | 'permissionNotGranted'
  | 'invalidAuthManagement'
  | 'rootUserMissing'
  | 'rootRoleMissing'
  | 'authenticationNotEnabled'
  | 'authRevisionOld'
  | 'permissionDenied'
  /** There are too many of what one more was wanted of. */
  | 'authFull'

/** The one user that cannot be done without while authentication is on, and the role that may do everything. */
export const ROOT = 'root'
