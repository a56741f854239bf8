/** Who there is besides nobody, in runs in which everybody has to say who they are; and how it comes to that. */
import type { AuthClient } from '../../client/auth-client.ts'
import type { ClientError } from '../../client/errors.ts'
import type { Credentials } from '../../client/login.ts'
import { EtcdErrors } from '../../services/etcd/errors.ts'

/** Whom all programs are but the guests. */
export const ROOT: Credentials = { username: 'root', password: 'of root' }

export const GUESTS: readonly Credentials[] = ['guest0', 'guest1'].map(username => ({
  username,
  password: `of ${username}`,
}))

/** The one role of a guest. */
export function roleOf({ username }: Credentials): string {
  return `role of ${username}`
}

/** One request of those that make users and roles, as often as it must be asked; what is there already is well. */
export type SettingUp = (auth: AuthClient) => Promise<void>

/** In this order; authentication is off until all of it is done. */
export const SETTING_UP: readonly SettingUp[] = [
  auth => auth.addUser(ROOT.username, ROOT.password, ONCE),
  auth => auth.addRole(ROOT.username, ONCE),
  auth => auth.grantRole(ROOT.username, ROOT.username, ONCE),
  ...GUESTS.flatMap((guest): SettingUp[] => [
    auth => auth.addUser(guest.username, guest.password, ONCE),
    auth => auth.addRole(roleOf(guest), ONCE),
  ]),
]

/** Each attempt is one operation, and its outcome is that of one. */
export const ONCE = { idempotent: false } as const

const THERE_ALREADY: ReadonlySet<string> = new Set([
  EtcdErrors.userExists.message,
  EtcdErrors.roleExists.message,
])

export function isThereAlready({ message }: ClientError): boolean {
  return THERE_ALREADY.has(message)
}
