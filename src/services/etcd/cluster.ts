/** `Cluster/MemberList`. Its header names no revision: membership is not part of the store. */
import { readMemberListRequest, writeMemberListResponse } from '../../wire/etcd/cluster.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import type { Responder } from './responder.ts'

export function answerMemberList(responder: Responder, call: GrpcCall, message: Uint8Array): void {
  const { linearizable } = decode(message, readMemberListRequest)
  if (!linearizable) return answer(responder, call)
  responder.behindBarrier(call, responder.deadline(call), () => answer(responder, call))
}

function answer(responder: Responder, call: GrpcCall): void {
  const response = responder.writer()
  writeMemberListResponse(response, responder.header(0), responder.options.members())
  responder.succeed(call, response)
}
