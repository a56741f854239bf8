/**
 * The methods of the Auth service that change something: commands of the log, each answered with no more than that it
 * was done. A password is derived before it is proposed, so that the log never holds it.
 */
import { EMPTY } from '../../../core/bytes.ts'
import { type AuthOperation, PermissionType } from '../../../machines/kv/auth/types.ts'
import {
  readAuthRoleGrantPermissionRequest,
  readAuthRoleRevokePermissionRequest,
} from '../../../wire/etcd/auth-role.ts'
import {
  readAuthNameRequest,
  readAuthUserAddRequest,
  readAuthUserChangePasswordRequest,
  readAuthUserRoleRequest,
} from '../../../wire/etcd/auth-user.ts'
import { readEmpty } from '../../../wire/etcd/maintenance.ts'
import { decode, type ProtobufReader } from '../../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { type EtcdError, EtcdErrors } from '../errors.ts'
import { EtcdPaths } from '../method-paths.ts'
import type { Responder } from '../responder.ts'
import type { Writes } from '../writes.ts'
import { PASSWORD_CHARACTERS_MAX } from './limits.ts'
import type { Passwords } from './passwords.ts'

type Handle = (call: GrpcCall, message: Uint8Array) => void

/** Reads what is to be done out of a request; or why it makes no sense. */
type ReadOperation = (from: ProtobufReader) => AuthOperation | EtcdError

/** Those that need nothing but the request. */
const OPERATIONS: readonly (readonly [string, ReadOperation])[] = [
  [EtcdPaths.authEnable, from => empty(from, { kind: 'enable' })],
  [EtcdPaths.authDisable, from => empty(from, { kind: 'disable' })],
  [EtcdPaths.userDelete, from => ({ kind: 'userDelete', ...readAuthNameRequest(from) })],
  [
    EtcdPaths.userGrantRole,
    from => ({ kind: 'userGrantRole', userGrantRole: readAuthUserRoleRequest(from) }),
  ],
  [
    EtcdPaths.userRevokeRole,
    from => ({ kind: 'userRevokeRole', userRevokeRole: readAuthUserRoleRequest(from) }),
  ],
  [EtcdPaths.roleAdd, from => ({ kind: 'roleAdd', ...readAuthNameRequest(from) })],
  [EtcdPaths.roleDelete, from => ({ kind: 'roleDelete', ...readAuthNameRequest(from) })],
  [EtcdPaths.roleGrantPermission, roleGrantPermission],
  [
    EtcdPaths.roleRevokePermission,
    from => ({
      kind: 'roleRevokePermission',
      roleRevokePermission: readAuthRoleRevokePermissionRequest(from),
    }),
  ],
]

export class AuthChanges {
  readonly #responder: Responder
  readonly #writes: Writes
  readonly #passwords: Passwords

  constructor(responder: Responder, writes: Writes, passwords: Passwords) {
    this.#responder = responder
    this.#writes = writes
    this.#passwords = passwords
  }

  handlers(): readonly (readonly [string, Handle])[] {
    const plain = OPERATIONS.map(([path, read]): readonly [string, Handle] => [
      path,
      (call, message) => this.#change(call, message, read),
    ])
    return [
      ...plain,
      [EtcdPaths.userAdd, (call, message) => this.#userAdd(call, message)],
      [EtcdPaths.userChangePassword, (call, message) => this.#userChangePassword(call, message)],
    ]
  }

  #change(call: GrpcCall, message: Uint8Array, read: ReadOperation): void {
    const operation = decode(message, from => read(from))
    if ('code' in operation) this.#responder.fail(call, operation)
    else this.#writes.propose(call, message, { kind: 'auth', auth: operation })
  }

  #userAdd(call: GrpcCall, message: Uint8Array): void {
    const { name, password, noPassword } = decode(message, from => readAuthUserAddRequest(from))
    if (name === '') return this.#responder.fail(call, EtcdErrors.userEmpty)
    const propose = (record: Uint8Array): void => {
      const operation: AuthOperation = { kind: 'userAdd', userAdd: { name, password: record } }
      this.#writes.propose(call, EMPTY, { kind: 'auth', auth: operation })
    }
    if (noPassword === true) propose(EMPTY)
    else this.#withRecord(call, password, propose)
  }

  #userChangePassword(call: GrpcCall, message: Uint8Array): void {
    const { name, password } = decode(message, from => readAuthUserChangePasswordRequest(from))
    this.#withRecord(call, password, record => {
      const userChangePassword = { name, password: record }
      const operation: AuthOperation = { kind: 'userChangePassword', userChangePassword }
      this.#writes.propose(call, EMPTY, { kind: 'auth', auth: operation })
    })
  }

  #withRecord(call: GrpcCall, password: string, propose: (record: Uint8Array) => void): void {
    if (password.length > PASSWORD_CHARACTERS_MAX)
      return this.#responder.fail(call, EtcdErrors.requestTooLarge)
    const isTaken = this.#passwords.derive(password, record => {
      if (call.ended) this.#responder.dropped(call)
      else propose(record)
    })
    if (!isTaken) this.#responder.fail(call, EtcdErrors.tooManyRequests)
  }
}

function empty(from: ProtobufReader, operation: AuthOperation): AuthOperation {
  readEmpty(from)
  return operation
}

function roleGrantPermission(from: ProtobufReader): AuthOperation | EtcdError {
  const { name, permission } = readAuthRoleGrantPermissionRequest(from)
  if (permission === undefined) return EtcdErrors.permissionNotGiven
  const { type, key, rangeEnd } = permission
  if (type < 0 || type > PermissionType.readWrite) return EtcdErrors.permissionNotGiven
  return {
    kind: 'roleGrantPermission',
    roleGrantPermission: { role: name, permission: { type, key, rangeEnd } },
  }
}
