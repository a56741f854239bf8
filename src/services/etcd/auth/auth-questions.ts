/** The methods of the Auth service that tell of users and roles, behind a read barrier: any member tells the truth. */
import {
  authSettings,
  roleNamed,
  roleNames,
  userNamed,
  userNames,
} from '../../../machines/kv/auth/auth-store.ts'
import { currentRevision } from '../../../machines/kv/revisions.ts'
import type { StoreView } from '../../../runtime/store.ts'
import { writeAuthRoleGetResponse } from '../../../wire/etcd/auth-role.ts'
import { writeAuthStatusResponse } from '../../../wire/etcd/auth-token.ts'
import { readAuthNameRequest, writeAuthNamesResponse } from '../../../wire/etcd/auth-user.ts'
import type { ResponseHeaderParts } from '../../../wire/etcd/header.ts'
import { readEmpty } from '../../../wire/etcd/maintenance.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import type { ProtobufWriter } from '../../../wire/etcd/protobuf-writer.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { type EtcdError, EtcdErrors } from '../errors.ts'
import { EtcdPaths } from '../method-paths.ts'
import type { Responder } from '../responder.ts'

type Handle = (call: GrpcCall, message: Uint8Array) => void

/** Writes the answer; or says why there is none. */
type Answer = (view: StoreView, to: ProtobufWriter, header: ResponseHeaderParts) => EtcdError | undefined

export class AuthQuestions {
  readonly #responder: Responder

  constructor(responder: Responder) {
    this.#responder = responder
  }

  handlers(): readonly (readonly [string, Handle])[] {
    return [
      [EtcdPaths.authStatus, (call, message) => this.#askOfAll(call, message, status)],
      [EtcdPaths.userList, (call, message) => this.#askOfAll(call, message, listOf(userNames))],
      [EtcdPaths.roleList, (call, message) => this.#askOfAll(call, message, listOf(roleNames))],
      [EtcdPaths.userGet, (call, message) => this.#userGet(call, message)],
      [EtcdPaths.roleGet, (call, message) => this.#roleGet(call, message)],
    ]
  }

  #askOfAll(call: GrpcCall, message: Uint8Array, answer: Answer): void {
    decode(message, readEmpty)
    this.#ask(call, answer)
  }

  #userGet(call: GrpcCall, message: Uint8Array): void {
    const { name } = decode(message, from => readAuthNameRequest(from))
    this.#ask(call, (view, to, header) => {
      const refusal = this.#responder.callers.refusalOfUser(call, name)
      if (refusal !== undefined) return refusal
      const user = userNamed(view, name)
      if (user === undefined) return EtcdErrors.userNotFound
      return void writeAuthNamesResponse(to, header, user.roles)
    })
  }

  #roleGet(call: GrpcCall, message: Uint8Array): void {
    const { name } = decode(message, from => readAuthNameRequest(from))
    this.#ask(call, (view, to, header) => {
      const refusal = this.#responder.callers.refusalOfRole(call, name)
      if (refusal !== undefined) return refusal
      const role = roleNamed(view, name)
      if (role === undefined) return EtcdErrors.roleNotFound
      return void writeAuthRoleGetResponse(to, header, role.permissions)
    })
  }

  #ask(call: GrpcCall, answer: Answer): void {
    const responder = this.#responder
    const { replica } = responder.options
    responder.behindBarrier(call, responder.deadline(call), () => {
      // The permissions may have moved while the call waited.
      const old = responder.callers.refusalOfCall(call)
      if (old !== undefined) return responder.fail(call, old)
      const response = responder.writer()
      const problem = answer(replica.view, response, responder.header(currentRevision(replica.view)))
      if (problem === undefined) responder.succeed(call, response)
      else responder.fail(call, problem)
    })
  }
}

function status(view: StoreView, to: ProtobufWriter, header: ResponseHeaderParts): undefined {
  const { enabled, revision } = authSettings(view)
  writeAuthStatusResponse(to, header, { enabled, authRevision: revision })
}

function listOf(names: (view: StoreView) => readonly string[]): Answer {
  return (view, to, header) => void writeAuthNamesResponse(to, header, names(view))
}
