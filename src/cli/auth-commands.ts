/** `quorate auth`, `quorate user` and `quorate role`: who may do what. */
import { type Permission, PermissionType } from '../client/auth-client.ts'
import type { Client } from '../client/client.ts'
import { prefixSpan } from '../client/client.ts'
import { QuorateError } from '../core/errors.ts'
import { utf8Bytes } from '../core/utf8.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { jsonBytes } from './json-pair.ts'
import { print } from './output.ts'
import { newPassword } from './password.ts'
import { formatTable } from './table.ts'

export interface AuthFlags {
  readonly json?: boolean
}

export interface PermissionFlags extends AuthFlags {
  readonly prefix?: boolean
  readonly fromKey?: boolean
}

export const PERMISSION_NAMES = ['read', 'write', 'readwrite'] as const
export type PermissionName = (typeof PERMISSION_NAMES)[number]

const TYPES: Readonly<Record<PermissionName, number>> = {
  read: PermissionType.read,
  write: PermissionType.write,
  readwrite: PermissionType.readWrite,
}

export async function authStatus(client: Client, { json }: AuthFlags): Promise<void> {
  const { enabled, authRevision } = await client.auth.status()
  if (json) return print(JSON.stringify({ enabled, authRevision }))
  print(`Authentication is ${enabled ? 'on' : 'off'}, at auth revision ${authRevision}`)
}

/** As etcdctl: the role `root` is made, and granted to the user `root`, if that is what is missing. */
export async function enableAuth(client: Client, flags: AuthFlags): Promise<void> {
  const [roles, granted] = [await client.auth.roles(), await client.auth.rolesOf('root')]
  if (!granted.includes('root')) {
    if (!roles.includes('root')) await client.auth.addRole('root')
    await client.auth.grantRole('root', 'root')
  }
  await client.auth.enable()
  tell(flags, 'Authentication is on')
}

export async function disableAuth(client: Client, flags: AuthFlags): Promise<void> {
  await client.auth.disable()
  tell(flags, 'Authentication is off')
}

/** @param name may bring its password, behind a colon */
export async function addUser(
  client: Client,
  name: string,
  flags: AuthFlags & { readonly noPassword?: boolean },
): Promise<void> {
  const at = name.indexOf(':')
  if (flags.noPassword === true) {
    await client.auth.addUser(name, undefined)
  } else if (at >= 0) {
    await client.auth.addUser(name.slice(0, at), name.slice(at + 1))
  } else {
    await client.auth.addUser(name, await newPassword(name))
  }
  tell(flags, `User ${at >= 0 && flags.noPassword !== true ? name.slice(0, at) : name} added`)
}

export async function deleteUser(client: Client, name: string, flags: AuthFlags): Promise<void> {
  await client.auth.deleteUser(name)
  tell(flags, `User ${name} deleted`)
}

export async function changePassword(client: Client, name: string, flags: AuthFlags): Promise<void> {
  await client.auth.changePassword(name, await newPassword(name))
  tell(flags, `Password of ${name} changed`)
}

export async function showUser(client: Client, name: string, { json }: AuthFlags): Promise<void> {
  const roles = await client.auth.rolesOf(name)
  if (json) return print(JSON.stringify({ user: name, roles }))
  print(`User ${name}: ${roles.length === 0 ? 'no roles' : roles.join(', ')}`)
}

export async function listUsers(client: Client, { json }: AuthFlags): Promise<void> {
  list(await client.auth.users(), json)
}

export async function grantRole(client: Client, user: string, role: string, flags: AuthFlags): Promise<void> {
  await client.auth.grantRole(user, role)
  tell(flags, `User ${user} has the role ${role}`)
}

export async function revokeRole(
  client: Client,
  user: string,
  role: string,
  flags: AuthFlags,
): Promise<void> {
  await client.auth.revokeRole(user, role)
  tell(flags, `User ${user} has the role ${role} no more`)
}

export async function addRole(client: Client, name: string, flags: AuthFlags): Promise<void> {
  await client.auth.addRole(name)
  tell(flags, `Role ${name} added`)
}

export async function deleteRole(client: Client, name: string, flags: AuthFlags): Promise<void> {
  await client.auth.deleteRole(name)
  tell(flags, `Role ${name} deleted, and taken from everybody who had it`)
}

export async function listRoles(client: Client, { json }: AuthFlags): Promise<void> {
  list(await client.auth.roles(), json)
}

export async function showRole(client: Client, name: string, { json }: AuthFlags): Promise<void> {
  const permissions = await client.auth.permissionsOf(name)
  if (json) return print(JSON.stringify({ role: name, permissions: permissions.map(toJson) }))
  if (name === 'root') return print('Role root allows everything')
  if (permissions.length === 0) return print(`Role ${name} allows nothing`)
  print(formatTable(['PERMISSION', 'FROM', 'TO'], permissions.map(toRow)))
}

export async function grantPermission(
  client: Client,
  role: string,
  type: PermissionName,
  keys: readonly [string, string | undefined],
  flags: PermissionFlags,
): Promise<void> {
  await client.auth.grantPermission(role, { type: TYPES[type], ...keysOf(keys, flags) })
  tell(flags, `Role ${role} allows ${type} there`)
}

export async function revokePermission(
  client: Client,
  role: string,
  keys: readonly [string, string | undefined],
  flags: PermissionFlags,
): Promise<void> {
  await client.auth.revokePermission(role, keysOf(keys, flags))
  tell(flags, `Role ${role} allows nothing there that it did not allow otherwise`)
}

function keysOf(
  [key, end]: readonly [string, string | undefined],
  { prefix, fromKey }: PermissionFlags,
): Pick<Permission, 'key' | 'rangeEnd'> {
  if (end !== undefined && (prefix === true || fromKey === true)) {
    throw new QuorateError(ConfigErrors.invalid, 'an end has no use with --prefix or --from-key', 'refused')
  }
  const from = utf8Bytes(key)
  const toTheEnd = Uint8Array.of(0)
  if (fromKey === true) return { key: from.length === 0 ? toTheEnd : from, rangeEnd: toTheEnd }
  if (prefix !== true) return { key: from, rangeEnd: utf8Bytes(end ?? '') }
  const span = prefixSpan(key)
  return { key: asBytes(span.from), rangeEnd: span.to === undefined ? toTheEnd : asBytes(span.to) }
}

function asBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? utf8Bytes(value) : value
}

function toRow({ type, key, rangeEnd }: Permission): string[] {
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0
  const end = rangeEnd.length === 0 ? '(this key)' : isOpen ? '(the end)' : shown(rangeEnd)
  return [nameOf(type), shown(key), end]
}

function toJson({ type, key, rangeEnd }: Permission): object {
  return { type: nameOf(type), ...jsonBytes('key', key), ...jsonBytes('rangeEnd', rangeEnd) }
}

function nameOf(type: number): string {
  return PERMISSION_NAMES.find(name => TYPES[name] === type) ?? String(type)
}

/** For a table: what is no letter is escaped. */
function shown(bytes: Uint8Array): string {
  return JSON.stringify(Buffer.from(bytes).toString()).slice(1, -1)
}

function list(names: readonly string[], json: boolean | undefined): void {
  if (json) return print(JSON.stringify(names))
  for (const name of names) print(name)
}

function tell({ json }: AuthFlags, sentence: string): void {
  print(json === true ? JSON.stringify({ done: true }) : sentence)
}
