/** The service with authentication on: root, and `anna` who may read and write from `a` to `b`. */
import { EMPTY } from '../../../core/bytes.ts'
import type { Instant } from '../../../core/time.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import { PermissionType } from '../../../machines/kv/auth/types.ts'
import { writeAuthRoleGrantPermissionRequest } from '../../../wire/etcd/auth-role.ts'
import { readAuthenticateResponse, writeAuthenticateRequest } from '../../../wire/etcd/auth-token.ts'
import {
  writeAuthNameRequest,
  writeAuthUserAddRequest,
  writeAuthUserChangePasswordRequest,
  writeAuthUserRoleRequest,
} from '../../../wire/etcd/auth-user.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../../wire/etcd/protobuf-writer.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import { EtcdPaths } from '../method-paths.ts'
import { FakeCall } from './fake-call.ts'
import { World } from './world.ts'

export class GuardedWorld extends World {
  /** Of root and of anna; empty before they logged in. */
  readonly tokens = { root: '', anna: '' }

  constructor(options: ConstructorParameters<typeof World>[0] = {}) {
    super(options)
    this.must(this.addUser('root', 'rootpw'), this.grantRole('root', 'root'))
    this.must(this.addUser('anna', 'annapw'), this.addRole('a'), this.permit('a', 'a', 'b'))
    this.must(this.grantRole('anna', 'a'), this.ask(EtcdPaths.authEnable, EMPTY))
    this.tokens.root = this.logIn('root', 'rootpw')
    this.tokens.anna = this.logIn('anna', 'annapw')
  }

  /** A call with a token, to be begun. */
  call(path: string, token?: string, deadline?: Instant): FakeCall {
    return new FakeCall(path, deadline, token === undefined ? {} : { token })
  }

  ask(path: string, message: Uint8Array, token?: string): FakeCall {
    const call = this.begin(this.call(path, token), message)
    this.clock.settle()
    return call
  }

  authenticate(name: string, password: string, remote = '', deadline?: Instant): FakeCall {
    const call = this.call(EtcdPaths.authenticate, undefined, deadline)
    call.remote = remote
    this.begin(call, encode({ name, password }, writeAuthenticateRequest))
    this.clock.settle()
    return call
  }

  /** The token that a name and a password get. */
  logIn(name: string, password: string): string {
    const call = this.authenticate(name, password)
    this.must(call)
    return decode(call.sent[0]!, from => readAuthenticateResponse(from)).token
  }

  addUser(name: string, password: string, token?: string, noPassword?: boolean): FakeCall {
    const request = { name, password, noPassword, hashedPassword: '' }
    return this.ask(EtcdPaths.userAdd, encode(request, writeAuthUserAddRequest), token)
  }

  changePassword(name: string, password: string, token?: string): FakeCall {
    const message = encode({ name, password, hashedPassword: '' }, writeAuthUserChangePasswordRequest)
    return this.ask(EtcdPaths.userChangePassword, message, token)
  }

  /** Of a method that takes a name and no more. */
  named(path: string, name: string, token?: string): FakeCall {
    return this.ask(path, encode({ name }, writeAuthNameRequest), token)
  }

  addRole(name: string, token?: string): FakeCall {
    return this.named(EtcdPaths.roleAdd, name, token)
  }

  grantRole(user: string, role: string, token?: string): FakeCall {
    return this.ask(EtcdPaths.userGrantRole, encode({ user, role }, writeAuthUserRoleRequest), token)
  }

  revokeRole(user: string, role: string, token?: string): FakeCall {
    return this.ask(EtcdPaths.userRevokeRole, encode({ user, role }, writeAuthUserRoleRequest), token)
  }

  permit(role: string, key: string, rangeEnd = '', token?: string): FakeCall {
    const permission = { type: PermissionType.readWrite, key: utf8Bytes(key), rangeEnd: utf8Bytes(rangeEnd) }
    const message = encode({ name: role, permission }, writeAuthRoleGrantPermissionRequest)
    return this.ask(EtcdPaths.roleGrantPermission, message, token)
  }

  must(...calls: readonly FakeCall[]): void {
    for (const { path, status, message } of calls) {
      if (status !== GrpcStatus.ok) throw new Error(`${path}: ${status} ${message}`)
    }
  }
}
