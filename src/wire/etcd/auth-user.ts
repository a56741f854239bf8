/** Messages of the Auth service about users. Passwords and names are text; who may do what is said of roles. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface AuthUserAddRequest {
  readonly name: string
  readonly password: string
  /** The user can only be known by a certificate. Undefined: the message says nothing of options. */
  readonly noPassword: boolean | undefined
  /** Between members of etcd: its servers overwrite what a client sends here. */
  readonly hashedPassword: string
}

export interface AuthUserChangePasswordRequest {
  readonly name: string
  readonly password: string
  readonly hashedPassword: string
}

/**
 * Requests that consist of a name: UserGet, UserDelete, RoleAdd, RoleGet and RoleDelete. The field has the same number
 * in all of them.
 */
export interface AuthNameRequest {
  readonly name: string
}

/** UserGrantRole and UserRevokeRole. */
export interface AuthUserRoleRequest {
  readonly user: string
  readonly role: string
}

/** Responses that list names: UserGet and RoleList have roles, UserList has users. */
export interface AuthNamesResponse {
  readonly header: ResponseHeader
  readonly names: readonly string[]
}

const NO_USER: AuthUserAddRequest = { name: '', password: '', noPassword: undefined, hashedPassword: '' }

export function readAuthUserAddRequest(
  from: ProtobufReader,
  before: AuthUserAddRequest = NO_USER,
): AuthUserAddRequest {
  let { name, password, noPassword, hashedPassword } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.string()
    else if (tag === bytesTag(2)) password = from.string()
    else if (tag === bytesTag(3)) noPassword = from.message(readOptions, noPassword)
    else if (tag === bytesTag(4)) hashedPassword = from.string()
    else from.skip(tag)
  }
  return { name, password, noPassword, hashedPassword }
}

/** Of `authpb.UserAddOptions` the one field there is. */
function readOptions(from: ProtobufReader, before = false): boolean {
  let noPassword = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) noPassword = from.bool()
    else from.skip(tag)
  }
  return noPassword
}

export function writeAuthUserAddRequest(to: ProtobufWriter, request: AuthUserAddRequest): void {
  to.string(1, request.name)
  to.string(2, request.password)
  if (request.noPassword !== undefined) {
    const start = to.begin(3)
    to.bool(1, request.noPassword)
    to.end(start)
  }
  to.string(4, request.hashedPassword)
}

export function readAuthUserChangePasswordRequest(
  from: ProtobufReader,
  before: AuthUserChangePasswordRequest = { name: '', password: '', hashedPassword: '' },
): AuthUserChangePasswordRequest {
  let { name, password, hashedPassword } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.string()
    else if (tag === bytesTag(2)) password = from.string()
    else if (tag === bytesTag(3)) hashedPassword = from.string()
    else from.skip(tag)
  }
  return { name, password, hashedPassword }
}

export function writeAuthUserChangePasswordRequest(
  to: ProtobufWriter,
  request: AuthUserChangePasswordRequest,
): void {
  to.string(1, request.name)
  to.string(2, request.password)
  to.string(3, request.hashedPassword)
}

export function readAuthNameRequest(
  from: ProtobufReader,
  before: AuthNameRequest = { name: '' },
): AuthNameRequest {
  let { name } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.string()
    else from.skip(tag)
  }
  return { name }
}

export function writeAuthNameRequest(to: ProtobufWriter, { name }: AuthNameRequest): void {
  to.string(1, name)
}

export function readAuthUserRoleRequest(
  from: ProtobufReader,
  before: AuthUserRoleRequest = { user: '', role: '' },
): AuthUserRoleRequest {
  let { user, role } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) user = from.string()
    else if (tag === bytesTag(2)) role = from.string()
    else from.skip(tag)
  }
  return { user, role }
}

export function writeAuthUserRoleRequest(to: ProtobufWriter, { user, role }: AuthUserRoleRequest): void {
  to.string(1, user)
  to.string(2, role)
}

export function writeAuthNamesResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  names: readonly string[],
): void {
  writeHeader(to, header)
  to.strings(2, names)
}

export function readAuthNamesResponse(
  from: ProtobufReader,
  before: AuthNamesResponse = { header: NO_HEADER, names: [] },
): AuthNamesResponse {
  let { header } = before
  const names = [...before.names]
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) names.push(from.string())
    else from.skip(tag)
  }
  return { header, names }
}
