/**
 * Users, roles, tokens and the settings as the store holds them, and under which keys:
 *
 *     a r + role                              what it allows
 *     a s                                     whether authentication is on, and the auth revision
 *     a t + digest of a token                 whose it is, and when it is over
 *     a u + user                              its roles, and what its password is checked with
 *     a w + user's length + user + time + digest   the tokens of a user, the one that is over first coming first
 *
 * Names are UTF-8, and order as bytes do. A record that cannot be read is a broken invariant.
 */
import { ByteReader, ByteWriter, concatBytes, prefixEnd } from '../../../core/bytes.ts'
import type { ClusterTime } from '../../../core/time.ts'
import { utf8Bytes, utf8Text } from '../../../core/utf8.ts'
import type { KeyRange } from '../../../runtime/store.ts'
import { AUTH } from '../store-keys.ts'
import type { Permission } from './types.ts'

export interface UserRecord {
  /** In the order of their names. */
  readonly roles: readonly string[]
  /** Empty: nobody can log in as this user. */
  readonly password: Uint8Array
}

export interface RoleRecord {
  /** In the order of their keys, and then of their ends. */
  readonly permissions: readonly Permission[]
}

export interface TokenRecord {
  readonly user: string
  readonly overAt: ClusterTime
  /** Of the entry that made it. */
  readonly index: number
}

export interface AuthSettings {
  readonly enabled: boolean
  /** Grows with every change of users, roles and permissions. */
  readonly revision: number
}

/** Of a store in which nobody ever said anything of authentication; the revision is etcd's. */
export const FIRST_SETTINGS: AuthSettings = { enabled: false, revision: 1 }

const ROLE = 0x72
const SETTINGS = 0x73
const TOKEN = 0x74
const USER = 0x75
const TOKEN_OF_USER = 0x77

export const SETTINGS_KEY = Uint8Array.of(AUTH, SETTINGS)
export const USERS: KeyRange = { from: Uint8Array.of(AUTH, USER), to: Uint8Array.of(AUTH, USER + 1) }
export const ROLES: KeyRange = { from: Uint8Array.of(AUTH, ROLE), to: Uint8Array.of(AUTH, ROLE + 1) }

export function userKey(name: string): Uint8Array {
  return concatBytes([USERS.from, utf8Bytes(name)])
}

export function roleKey(name: string): Uint8Array {
  return concatBytes([ROLES.from, utf8Bytes(name)])
}

/** Of a user's key or a role's. */
export function nameOfKey(storeKey: Uint8Array): string {
  return utf8Text(storeKey.subarray(2))
}

export function tokenKey(digest: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(AUTH, TOKEN), digest])
}

/** Times are big-endian, so that bytes order as times do. */
export function userTokenKey(user: string, overAt: ClusterTime, digest: Uint8Array): Uint8Array {
  const time = new Uint8Array(8)
  const view = new DataView(time.buffer)
  view.setUint32(0, Math.floor(overAt / 2 ** 32))
  view.setUint32(4, overAt % 2 ** 32)
  return concatBytes([userTokensStart(user), time, digest])
}

export function userTokens(user: string): KeyRange {
  const from = userTokensStart(user)
  return { from, to: prefixEnd(from) }
}

export function tokenOfUserKey(
  user: string,
  storeKey: Uint8Array,
): { overAt: ClusterTime; digest: Uint8Array } {
  const at = userTokensStart(user).length
  const view = new DataView(storeKey.buffer, storeKey.byteOffset + at, 8)
  return {
    overAt: (view.getUint32(0) * 2 ** 32 + view.getUint32(4)) as ClusterTime,
    digest: storeKey.subarray(at + 8),
  }
}

function userTokensStart(user: string): Uint8Array {
  const to = new ByteWriter(64)
  to.u8(AUTH)
  to.u8(TOKEN_OF_USER)
  to.sizedBytes(utf8Bytes(user))
  return to.finish()
}

export function encodeSettings({ enabled, revision }: AuthSettings): Uint8Array {
  const to = new ByteWriter(16)
  to.u8(enabled ? 1 : 0)
  to.varint(revision)
  return to.finish()
}

export function decodeSettings(record: Uint8Array | undefined): AuthSettings {
  if (record === undefined) return FIRST_SETTINGS
  const from = new ByteReader(record)
  return { enabled: from.u8() === 1, revision: from.varint() }
}

export function encodeUser({ roles, password }: UserRecord): Uint8Array {
  const to = new ByteWriter(64)
  to.sizedBytes(password)
  to.varint(roles.length)
  for (const role of roles) to.sizedBytes(utf8Bytes(role))
  return to.finish()
}

export function decodeUser(record: Uint8Array): UserRecord {
  const from = new ByteReader(record)
  const password = from.sizedBytes()
  const roles = Array.from({ length: from.varint() }, () => utf8Text(from.sizedBytes()))
  return { roles, password }
}

export function encodeRole({ permissions }: RoleRecord): Uint8Array {
  const to = new ByteWriter(64)
  to.varint(permissions.length)
  for (const { type, key, rangeEnd } of permissions) {
    to.u8(type)
    to.sizedBytes(key)
    to.sizedBytes(rangeEnd)
  }
  return to.finish()
}

export function decodeRole(record: Uint8Array): RoleRecord {
  const from = new ByteReader(record)
  const permissions = Array.from({ length: from.varint() }, () => ({
    type: from.u8(),
    key: from.sizedBytes(),
    rangeEnd: from.sizedBytes(),
  }))
  return { permissions }
}

export function encodeToken({ user, overAt, index }: TokenRecord): Uint8Array {
  const to = new ByteWriter(64)
  to.sizedBytes(utf8Bytes(user))
  to.varint(overAt)
  to.varint(index)
  return to.finish()
}

export function decodeToken(record: Uint8Array): TokenRecord {
  const from = new ByteReader(record)
  return {
    user: utf8Text(from.sizedBytes()),
    overAt: from.varint() as ClusterTime,
    index: from.varint(),
  }
}
