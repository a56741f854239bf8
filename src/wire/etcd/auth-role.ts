/** Messages of the Auth service about roles, and `authpb.Permission`: what a role allows. */
import { EMPTY } from '../../core/bytes.ts'
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export const PermissionType = { read: 0, write: 1, readWrite: 2 } as const

/** An empty `rangeEnd` is the single key; a single zero byte means "to the end". */
export interface Permission {
  /** One of `PermissionType`, or whatever else came. */
  readonly type: number
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
}

export interface AuthRoleGrantPermissionRequest {
  readonly name: string
  readonly permission: Permission | undefined
}

export interface AuthRoleRevokePermissionRequest {
  readonly role: string
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
}

export interface AuthRoleGetResponse {
  readonly header: ResponseHeader
  readonly permissions: readonly Permission[]
}

const NO_PERMISSION: Permission = { type: 0, key: EMPTY, rangeEnd: EMPTY }
const NO_REVOCATION: AuthRoleRevokePermissionRequest = { role: '', key: EMPTY, rangeEnd: EMPTY }

function readPermission(from: ProtobufReader, before: Permission = NO_PERMISSION): Permission {
  let { type, key, rangeEnd } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) type = from.enumeration()
    else if (tag === bytesTag(2)) key = from.bytes()
    else if (tag === bytesTag(3)) rangeEnd = from.bytes()
    else from.skip(tag)
  }
  return { type, key, rangeEnd }
}

function writePermission(to: ProtobufWriter, { type, key, rangeEnd }: Permission): void {
  const start = to.begin(2)
  to.enumeration(1, type)
  to.bytes(2, key)
  to.bytes(3, rangeEnd)
  to.end(start)
}

export function readAuthRoleGrantPermissionRequest(
  from: ProtobufReader,
  before: AuthRoleGrantPermissionRequest = { name: '', permission: undefined },
): AuthRoleGrantPermissionRequest {
  let { name, permission } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.string()
    else if (tag === bytesTag(2)) permission = from.message(readPermission, permission)
    else from.skip(tag)
  }
  return { name, permission }
}

export function writeAuthRoleGrantPermissionRequest(
  to: ProtobufWriter,
  { name, permission }: AuthRoleGrantPermissionRequest,
): void {
  to.string(1, name)
  if (permission !== undefined) writePermission(to, permission)
}

export function readAuthRoleRevokePermissionRequest(
  from: ProtobufReader,
  before: AuthRoleRevokePermissionRequest = NO_REVOCATION,
): AuthRoleRevokePermissionRequest {
  let { role, key, rangeEnd } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) role = from.string()
    else if (tag === bytesTag(2)) key = from.bytes()
    else if (tag === bytesTag(3)) rangeEnd = from.bytes()
    else from.skip(tag)
  }
  return { role, key, rangeEnd }
}

export function writeAuthRoleRevokePermissionRequest(
  to: ProtobufWriter,
  request: AuthRoleRevokePermissionRequest,
): void {
  to.string(1, request.role)
  to.bytes(2, request.key)
  to.bytes(3, request.rangeEnd)
}

export function writeAuthRoleGetResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  permissions: readonly Permission[],
): void {
  writeHeader(to, header)
  for (const permission of permissions) writePermission(to, permission)
}

export function readAuthRoleGetResponse(
  from: ProtobufReader,
  before: AuthRoleGetResponse = { header: NO_HEADER, permissions: [] },
): AuthRoleGetResponse {
  let { header } = before
  const permissions = [...before.permissions]
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) permissions.push(from.message(readPermission))
    else from.skip(tag)
  }
  return { header, permissions }
}
