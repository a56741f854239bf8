/** Operations on users, roles and tokens, and who asks for a command, as the log carries them. */
import type { ByteReader, ByteWriter } from '../../../core/bytes.ts'
import { utf8Bytes, utf8Text } from '../../../core/utf8.ts'
import { TOKEN_TTL_SECONDS_MAX, TOKENS_PER_RENEWAL_MAX } from './limits.ts'
import { type Asker, type AuthOperation, type Permission, PermissionType, type UserRole } from './types.ts'

/** Append only: the numbers are the log's format. */
const Kind = {
  enable: 1,
  disable: 2,
  userAdd: 3,
  userDelete: 4,
  userChangePassword: 5,
  userGrantRole: 6,
  userRevokeRole: 7,
  roleAdd: 8,
  roleDelete: 9,
  roleGrantPermission: 10,
  roleRevokePermission: 11,
  tokenAdd: 12,
  tokensRenew: 13,
} as const

export function writeAsker(to: ByteWriter, { user, authRevision }: Asker): void {
  writeText(to, user)
  to.varint(authRevision)
}

export function readAsker(from: ByteReader): Asker {
  return { user: readText(from), authRevision: from.varint() }
}

export function writeAuthOperation(to: ByteWriter, operation: AuthOperation): void {
  to.u8(Kind[operation.kind])
  switch (operation.kind) {
    case 'enable':
    case 'disable':
      return
    case 'userAdd':
      writeText(to, operation.userAdd.name)
      return to.sizedBytes(operation.userAdd.password)
    case 'userChangePassword':
      writeText(to, operation.userChangePassword.name)
      return to.sizedBytes(operation.userChangePassword.password)
    case 'userDelete':
    case 'roleAdd':
    case 'roleDelete':
      return writeText(to, operation.name)
    case 'userGrantRole':
      return writeUserRole(to, operation.userGrantRole)
    case 'userRevokeRole':
      return writeUserRole(to, operation.userRevokeRole)
    case 'roleGrantPermission':
      writeText(to, operation.roleGrantPermission.role)
      return writePermission(to, operation.roleGrantPermission.permission)
    case 'roleRevokePermission': {
      const { role, key, rangeEnd } = operation.roleRevokePermission
      writeText(to, role)
      to.sizedBytes(key)
      return to.sizedBytes(rangeEnd)
    }
    case 'tokenAdd': {
      const { user, authRevision, digest, ttlSeconds } = operation.tokenAdd
      writeText(to, user)
      to.varint(authRevision)
      to.sizedBytes(digest)
      return to.varint(ttlSeconds)
    }
    case 'tokensRenew': {
      const { digests, ttlSeconds } = operation.tokensRenew
      to.varint(digests.length)
      for (const digest of digests) to.sizedBytes(digest)
      return to.varint(ttlSeconds)
    }
  }
}

export function readAuthOperation(from: ByteReader): AuthOperation {
  switch (from.u8()) {
    case Kind.enable:
      return { kind: 'enable' }
    case Kind.disable:
      return { kind: 'disable' }
    case Kind.userAdd:
      return { kind: 'userAdd', userAdd: { name: readText(from), password: from.sizedBytes() } }
    case Kind.userDelete:
      return { kind: 'userDelete', name: readText(from) }
    case Kind.userChangePassword: {
      const userChangePassword = { name: readText(from), password: from.sizedBytes() }
      return { kind: 'userChangePassword', userChangePassword }
    }
    case Kind.userGrantRole:
      return { kind: 'userGrantRole', userGrantRole: readUserRole(from) }
    case Kind.userRevokeRole:
      return { kind: 'userRevokeRole', userRevokeRole: readUserRole(from) }
    case Kind.roleAdd:
      return { kind: 'roleAdd', name: readText(from) }
    case Kind.roleDelete:
      return { kind: 'roleDelete', name: readText(from) }
    case Kind.roleGrantPermission: {
      const roleGrantPermission = { role: readText(from), permission: readPermission(from) }
      return { kind: 'roleGrantPermission', roleGrantPermission }
    }
    case Kind.roleRevokePermission: {
      const roleRevokePermission = {
        role: readText(from),
        key: from.sizedBytes(),
        rangeEnd: from.sizedBytes(),
      }
      return { kind: 'roleRevokePermission', roleRevokePermission }
    }
    case Kind.tokenAdd:
      return { kind: 'tokenAdd', tokenAdd: readNewToken(from) }
    case Kind.tokensRenew:
      return { kind: 'tokensRenew', tokensRenew: readRenewedTokens(from) }
    default:
      throw from.error('unknown kind of operation on users and roles')
  }
}

function readNewToken(from: ByteReader) {
  const user = readText(from)
  const authRevision = from.varint()
  return { user, authRevision, digest: from.sizedBytes(), ttlSeconds: readTtl(from) }
}

function readRenewedTokens(from: ByteReader) {
  const count = from.varint()
  if (count > TOKENS_PER_RENEWAL_MAX) throw from.error('too many tokens')
  const digests = Array.from({ length: count }, () => from.sizedBytes())
  return { digests, ttlSeconds: readTtl(from) }
}

function readTtl(from: ByteReader): number {
  const ttlSeconds = from.varint()
  if (ttlSeconds > TOKEN_TTL_SECONDS_MAX) throw from.error('a token that lives too long')
  return ttlSeconds
}

function writePermission(to: ByteWriter, { type, key, rangeEnd }: Permission): void {
  to.u8(type)
  to.sizedBytes(key)
  to.sizedBytes(rangeEnd)
}

function readPermission(from: ByteReader): Permission {
  const type = from.u8()
  if (type > PermissionType.readWrite) throw from.error('unknown type of permission')
  return { type, key: from.sizedBytes(), rangeEnd: from.sizedBytes() }
}

function writeUserRole(to: ByteWriter, { user, role }: UserRole): void {
  writeText(to, user)
  writeText(to, role)
}

function readUserRole(from: ByteReader): UserRole {
  return { user: readText(from), role: readText(from) }
}

function writeText(to: ByteWriter, text: string): void {
  to.sizedBytes(utf8Bytes(text))
}

function readText(from: ByteReader): string {
  return utf8Text(from.sizedBytes())
}
