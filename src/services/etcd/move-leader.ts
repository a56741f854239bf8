/** `Maintenance/MoveLeader`: asked of the leader, for a voter. Answered once the other one leads. */
import type { NodeId } from '../../core/ids.ts'
import { readMoveLeaderRequest } from '../../wire/etcd/move-leader.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { EtcdErrors } from './errors.ts'
import type { Responder } from './responder.ts'

export function answerMoveLeader(responder: Responder, call: GrpcCall, message: Uint8Array): void {
  const { replica, clock } = responder.options
  const to = decode(message, readMoveLeaderRequest).targetId as NodeId
  const { role, leader, membership } = replica.status()
  if (role !== 'leader') return responder.fail(call, EtcdErrors.notLeader)
  if (!membership.voters.includes(to)) return responder.fail(call, EtcdErrors.badTransferee)
  if (to === leader) return responder.succeed(call, responder.writer())
  const deadline = responder.deadline(call)
  const end = (): void => {
    timer.clear()
    forget()
  }
  const timer = clock.timer(() => {
    if (responder.gaveUp(call, deadline)) end()
  })
  const forget = replica.onRole(() => {
    if (replica.status().leader !== to) return
    end()
    if (call.ended) responder.dropped(call)
    else responder.succeed(call, responder.writer())
  })
  timer.set(deadline)
  replica.transferLeader(to)
}
