/** Messages of the Auth service against the oracle. */
import fc from 'fast-check'
import {
  type AuthRoleRevokePermissionRequest,
  type Permission,
  readAuthRoleGetResponse,
  readAuthRoleGrantPermissionRequest,
  readAuthRoleRevokePermissionRequest,
  writeAuthRoleGetResponse,
  writeAuthRoleGrantPermissionRequest,
  writeAuthRoleRevokePermissionRequest,
} from './auth-role.ts'
import {
  readAuthenticateRequest,
  readAuthenticateResponse,
  readAuthStatusResponse,
  writeAuthenticateRequest,
  writeAuthenticateResponse,
  writeAuthStatusResponse,
} from './auth-token.ts'
import {
  readAuthNameRequest,
  readAuthNamesResponse,
  readAuthUserAddRequest,
  readAuthUserChangePasswordRequest,
  readAuthUserRoleRequest,
  writeAuthNameRequest,
  writeAuthNamesResponse,
  writeAuthUserAddRequest,
  writeAuthUserChangePasswordRequest,
  writeAuthUserRoleRequest,
} from './auth-user.ts'
import { readHeaderResponse, writeHeader } from './header.ts'
import { conform, messageCase, parts } from './message-case.conformance.ts'
import { big, bytes, header, headerInit, natural, text } from './random-messages.conformance.ts'

const permission: fc.Arbitrary<Permission> = fc.record({ type: fc.nat(2), key: bytes, rangeEnd: bytes })
const permissionInit = ({ type, key, rangeEnd }: Permission) => ({
  permType: type,
  key,
  rangeEnd,
})

const onlyName = (name: string, field: 'name' | 'role') =>
  messageCase({
    name,
    arbitrary: fc.record({ name: text }),
    init: ({ name }) => ({ [field]: name }),
    write: writeAuthNameRequest,
    read: from => readAuthNameRequest(from),
  })

const names = (name: string, field: 'roles' | 'users') =>
  messageCase({
    name,
    arbitrary: fc.record({ header, names: fc.array(text, { maxLength: 4 }) }),
    init: ({ header, names }) => ({ header: headerInit(header), [field]: names }),
    write: (to, { header, names }) => writeAuthNamesResponse(to, parts(header), names),
    read: from => {
      const { header, names } = readAuthNamesResponse(from)
      return { header, names: [...names] }
    },
  })

const userRole = (name: string, field: 'user' | 'name') =>
  messageCase({
    name,
    arbitrary: fc.record({ user: text, role: text }),
    init: ({ user, role }) => ({ [field]: user, role }),
    write: writeAuthUserRoleRequest,
    read: from => readAuthUserRoleRequest(from),
  })

const done = (name: string) =>
  messageCase({
    name,
    arbitrary: fc.record({ header }),
    init: ({ header }) => ({ header: headerInit(header) }),
    write: (to, { header }) => writeHeader(to, parts(header)),
    read: from => readHeaderResponse(from),
  })

conform([
  messageCase({
    name: 'AuthUserAddRequest',
    arbitrary: fc.record({
      name: text,
      password: text,
      noPassword: fc.option(fc.boolean(), { nil: undefined }),
      hashedPassword: text,
    }),
    init: ({ noPassword, ...request }) => ({
      ...request,
      ...(noPassword !== undefined && { options: { noPassword } }),
    }),
    write: writeAuthUserAddRequest,
    read: from => readAuthUserAddRequest(from),
  }),
  messageCase({
    name: 'AuthUserChangePasswordRequest',
    arbitrary: fc.record({ name: text, password: text, hashedPassword: text }),
    init: request => request,
    write: writeAuthUserChangePasswordRequest,
    read: from => readAuthUserChangePasswordRequest(from),
  }),
  onlyName('AuthUserGetRequest', 'name'),
  onlyName('AuthUserDeleteRequest', 'name'),
  onlyName('AuthRoleAddRequest', 'name'),
  onlyName('AuthRoleGetRequest', 'role'),
  onlyName('AuthRoleDeleteRequest', 'role'),
  userRole('AuthUserGrantRoleRequest', 'user'),
  userRole('AuthUserRevokeRoleRequest', 'name'),
  names('AuthUserGetResponse', 'roles'),
  names('AuthRoleListResponse', 'roles'),
  names('AuthUserListResponse', 'users'),
  done('AuthEnableResponse'),
  done('AuthRoleRevokePermissionResponse'),
  messageCase({
    name: 'AuthRoleGrantPermissionRequest',
    arbitrary: fc.record({ name: text, permission: fc.option(permission, { nil: undefined }) }),
    init: ({ name, permission }) => ({ name, ...(permission && { perm: permissionInit(permission) }) }),
    write: writeAuthRoleGrantPermissionRequest,
    read: from => readAuthRoleGrantPermissionRequest(from),
  }),
  messageCase({
    name: 'AuthRoleRevokePermissionRequest',
    arbitrary: fc.record<AuthRoleRevokePermissionRequest>({ role: text, key: bytes, rangeEnd: bytes }),
    init: request => request,
    write: writeAuthRoleRevokePermissionRequest,
    read: from => readAuthRoleRevokePermissionRequest(from),
  }),
  messageCase({
    name: 'AuthRoleGetResponse',
    arbitrary: fc.record({ header, permissions: fc.array(permission, { maxLength: 4 }) }),
    init: ({ header, permissions }) => ({
      header: headerInit(header),
      perm: permissions.map(permissionInit),
    }),
    write: (to, { header, permissions }) => writeAuthRoleGetResponse(to, parts(header), permissions),
    read: from => {
      const { header, permissions } = readAuthRoleGetResponse(from)
      return { header, permissions: [...permissions] }
    },
  }),
  messageCase({
    name: 'AuthenticateRequest',
    arbitrary: fc.record({ name: text, password: text }),
    init: request => request,
    write: writeAuthenticateRequest,
    read: from => readAuthenticateRequest(from),
  }),
  messageCase({
    name: 'AuthenticateResponse',
    arbitrary: fc.record({ header, token: text }),
    init: ({ header, token }) => ({ header: headerInit(header), token }),
    write: (to, { header, token }) => writeAuthenticateResponse(to, parts(header), token),
    read: from => readAuthenticateResponse(from),
  }),
  messageCase({
    name: 'AuthStatusResponse',
    arbitrary: fc.record({ header, enabled: fc.boolean(), authRevision: natural }),
    init: ({ header, enabled, authRevision }) => ({
      header: headerInit(header),
      enabled,
      authRevision: big(authRevision),
    }),
    write: (to, { header, ...status }) => writeAuthStatusResponse(to, parts(header), status),
    read: from => readAuthStatusResponse(from),
  }),
])
