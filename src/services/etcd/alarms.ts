/** `Maintenance/Alarm`: which alarms are on, behind a barrier; and raising and lifting them by hand, in the log. */
import { type Alarm, AlarmKind } from '../../machines/kv/alarms.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import {
  AlarmAction,
  type AlarmRequest,
  readAlarmRequest,
  writeAlarmResponse,
} from '../../wire/etcd/alarm.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { EtcdErrors } from './errors.ts'
import type { Responder } from './responder.ts'
import type { Writes } from './writes.ts'

export class Alarms {
  readonly #responder: Responder
  readonly #writes: Writes

  constructor(responder: Responder, writes: Writes) {
    this.#responder = responder
    this.#writes = writes
  }

  handle(call: GrpcCall, message: Uint8Array): void {
    const request = decode(message, readAlarmRequest)
    const kind = Object.values(AlarmKind).find(known => known === request.alarm)
    if (request.action === AlarmAction.get) return this.#list(call, request)
    // As etcd: what is neither an action nor an alarm does nothing, and is answered.
    const isChange = request.action === AlarmAction.activate || request.action === AlarmAction.deactivate
    if (!isChange || kind === undefined) return this.#answer(call, [])
    if (!this.#responder.mayPropose('alarm')) return this.#responder.fail(call, EtcdErrors.notCapable)
    const action = request.action === AlarmAction.activate ? 'raise' : 'lift'
    const alarm = { action, member: request.memberId, kind, isByHand: true } as const
    this.#writes.propose(call, message, { kind: 'alarm', alarm }, result => {
      if (result.kind !== 'alarm') return this.#writes.answer(call, result)
      const changed = result.alarm.alarm
      this.#answer(call, changed === undefined ? [] : [changed])
    })
  }

  /** As etcd: of one kind, whoever's it is, or all. */
  #list(call: GrpcCall, { alarm }: AlarmRequest): void {
    const deadline = this.#responder.deadline(call)
    this.#responder.behindBarrier(call, deadline, () => {
      const isAsked = ({ kind }: Alarm): boolean => alarm === 0 || kind === alarm
      this.#answer(call, this.#responder.alarms().filter(isAsked))
    })
  }

  #answer(call: GrpcCall, alarms: readonly Alarm[]): void {
    const { view } = this.#responder.options.replica
    const response = this.#responder.writer()
    const header = this.#responder.header(currentRevision(view))
    const told = alarms.map(({ member, kind }) => ({ memberId: member, alarm: kind }))
    writeAlarmResponse(response, header, told)
    this.#responder.succeed(call, response)
  }
}
