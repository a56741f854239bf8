/** Messages of the Auth service for who it is that asks: Authenticate, and whether anybody has to say so. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface AuthenticateRequest {
  readonly name: string
  readonly password: string
}

export interface AuthenticateResponse {
  readonly header: ResponseHeader
  /** To be sent with requests, as metadata `token`. */
  readonly token: string
}

export interface AuthStatus {
  readonly enabled: boolean
  /** Grows with every change of users, roles and permissions. */
  readonly authRevision: number
}

export interface AuthStatusResponse extends AuthStatus {
  readonly header: ResponseHeader
}

export function readAuthenticateRequest(
  from: ProtobufReader,
  before: AuthenticateRequest = { name: '', password: '' },
): AuthenticateRequest {
  let { name, password } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.string()
    else if (tag === bytesTag(2)) password = from.string()
    else from.skip(tag)
  }
  return { name, password }
}

export function writeAuthenticateRequest(to: ProtobufWriter, { name, password }: AuthenticateRequest): void {
  to.string(1, name)
  to.string(2, password)
}

export function writeAuthenticateResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  token: string,
): void {
  writeHeader(to, header)
  to.string(2, token)
}

export function readAuthenticateResponse(
  from: ProtobufReader,
  before: AuthenticateResponse = { header: NO_HEADER, token: '' },
): AuthenticateResponse {
  let { header, token } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) token = from.string()
    else from.skip(tag)
  }
  return { header, token }
}

export function writeAuthStatusResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  status: AuthStatus,
): void {
  writeHeader(to, header)
  to.bool(2, status.enabled)
  to.int64(3, status.authRevision)
}

export function readAuthStatusResponse(
  from: ProtobufReader,
  before: AuthStatusResponse = { header: NO_HEADER, enabled: false, authRevision: 0 },
): AuthStatusResponse {
  let { header, enabled, authRevision } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === varintTag(2)) enabled = from.bool()
    else if (tag === varintTag(3)) authRevision = from.uint64()
    else from.skip(tag)
  }
  return { header, enabled, authRevision }
}
