/** What the store tells of authentication: the settings, a user, a role, whose a token is. */
import type { StoreView } from '../../../runtime/store.ts'
import {
  type AuthSettings,
  decodeRole,
  decodeSettings,
  decodeToken,
  decodeUser,
  nameOfKey,
  ROLES,
  type RoleRecord,
  roleKey,
  SETTINGS_KEY,
  type TokenRecord,
  tokenKey,
  USERS,
  type UserRecord,
  userKey,
} from './records.ts'

export function authSettings(view: StoreView): AuthSettings {
  return decodeSettings(view.get(SETTINGS_KEY))
}

export function userNamed(view: StoreView, name: string): UserRecord | undefined {
  const record = view.get(userKey(name))
  return record === undefined ? undefined : decodeUser(record)
}

export function roleNamed(view: StoreView, name: string): RoleRecord | undefined {
  const record = view.get(roleKey(name))
  return record === undefined ? undefined : decodeRole(record)
}

/** Whether it is over is for the reader to say, who knows the time. */
export function tokenOf(view: StoreView, digest: Uint8Array): TokenRecord | undefined {
  const record = view.get(tokenKey(digest))
  return record === undefined ? undefined : decodeToken(record)
}

export function userNames(view: StoreView): string[] {
  return names(view, USERS)
}

export function roleNames(view: StoreView): string[] {
  return names(view, ROLES)
}

function names(view: StoreView, range: typeof USERS): string[] {
  const found: string[] = []
  const cursor = view.scan(range)
  while (cursor.next()) found.push(nameOfKey(cursor.key))
  return found
}
