/**
 * Who may do what in the cluster: the Auth service. All but `status` is for root, once authentication is on.
 *
 * No change is asked for a second time when nobody knows what became of the first, not even where twice would be the
 * same as once: it may be taken back before the first arrives, and what was taken would be given again.
 */
import { EMPTY } from '../core/bytes.ts'
import {
  type AuthRoleGetResponse,
  type Permission,
  PermissionType,
  readAuthRoleGetResponse,
  writeAuthRoleGrantPermissionRequest,
  writeAuthRoleRevokePermissionRequest,
} from '../wire/etcd/auth-role.ts'
import { type AuthStatusResponse, readAuthStatusResponse } from '../wire/etcd/auth-token.ts'
import {
  readAuthNamesResponse,
  writeAuthNameRequest,
  writeAuthUserAddRequest,
  writeAuthUserChangePasswordRequest,
  writeAuthUserRoleRequest,
} from '../wire/etcd/auth-user.ts'
import { readHeaderResponse } from '../wire/etcd/header.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import type { RequestOptions } from './failover.ts'
import type { Requests } from './requests.ts'

export { type Permission, PermissionType }

export class AuthClient {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** Whether authentication is on; everybody may ask. */
  status(options: RequestOptions = {}): Promise<AuthStatusResponse> {
    const asked = { ...options, isRead: true }
    return this.#requests.ask('Auth/AuthStatus', EMPTY, readAuthStatusResponse, asked)
  }

  /** Needs a user `root` that has the role `root`. */
  enable(options: RequestOptions = {}): Promise<void> {
    return this.#change('AuthEnable', EMPTY, options)
  }

  disable(options: RequestOptions = {}): Promise<void> {
    return this.#change('AuthDisable', EMPTY, options)
  }

  /** Without a password nobody can log in as this user: a certificate names it. */
  addUser(name: string, password: string | undefined, options: RequestOptions = {}): Promise<void> {
    const noPassword = password === undefined ? true : undefined
    const request = { name, password: password ?? '', noPassword, hashedPassword: '' }
    return this.#change('UserAdd', encode(request, writeAuthUserAddRequest), options)
  }

  deleteUser(name: string, options: RequestOptions = {}): Promise<void> {
    return this.#change('UserDelete', encode({ name }, writeAuthNameRequest), options)
  }

  /** Ends the tokens that were given for the password before. */
  changePassword(name: string, password: string, options: RequestOptions = {}): Promise<void> {
    const message = encode({ name, password, hashedPassword: '' }, writeAuthUserChangePasswordRequest)
    return this.#change('UserChangePassword', message, options)
  }

  users(options: RequestOptions = {}): Promise<readonly string[]> {
    return this.#names('UserList', EMPTY, options)
  }

  /** Whoever asks may ask for itself. */
  rolesOf(user: string, options: RequestOptions = {}): Promise<readonly string[]> {
    return this.#names('UserGet', encode({ name: user }, writeAuthNameRequest), options)
  }

  grantRole(user: string, role: string, options: RequestOptions = {}): Promise<void> {
    return this.#change('UserGrantRole', encode({ user, role }, writeAuthUserRoleRequest), options)
  }

  revokeRole(user: string, role: string, options: RequestOptions = {}): Promise<void> {
    return this.#change('UserRevokeRole', encode({ user, role }, writeAuthUserRoleRequest), options)
  }

  addRole(name: string, options: RequestOptions = {}): Promise<void> {
    return this.#change('RoleAdd', encode({ name }, writeAuthNameRequest), options)
  }

  /** It is taken from everybody who has it. */
  deleteRole(name: string, options: RequestOptions = {}): Promise<void> {
    return this.#change('RoleDelete', encode({ name }, writeAuthNameRequest), options)
  }

  roles(options: RequestOptions = {}): Promise<readonly string[]> {
    return this.#names('RoleList', EMPTY, options)
  }

  /** What a role allows. Whoever has it may ask. */
  async permissionsOf(role: string, options: RequestOptions = {}): Promise<readonly Permission[]> {
    const message = encode({ name: role }, writeAuthNameRequest)
    const read = readAuthRoleGetResponse
    const asked = { ...options, isRead: true }
    const response: AuthRoleGetResponse = await this.#requests.ask('Auth/RoleGet', message, read, asked)
    return response.permissions
  }

  /** Takes the place of what the role allowed for just these keys. */
  grantPermission(role: string, permission: Permission, options: RequestOptions = {}): Promise<void> {
    const message = encode({ name: role, permission }, writeAuthRoleGrantPermissionRequest)
    return this.#change('RoleGrantPermission', message, options)
  }

  revokePermission(
    role: string,
    keys: Pick<Permission, 'key' | 'rangeEnd'>,
    options: RequestOptions = {},
  ): Promise<void> {
    const message = encode({ role, ...keys }, writeAuthRoleRevokePermissionRequest)
    return this.#change('RoleRevokePermission', message, options)
  }

  async #change(method: string, message: Uint8Array, options: RequestOptions): Promise<void> {
    await this.#requests.ask(`Auth/${method}`, message, readHeaderResponse, options)
  }

  async #names(method: string, message: Uint8Array, options: RequestOptions): Promise<readonly string[]> {
    const asked = { ...options, isRead: true }
    const read = readAuthNamesResponse
    return (await this.#requests.ask(`Auth/${method}`, message, from => read(from), asked)).names
  }
}
