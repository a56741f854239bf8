/** The upkeep of a cluster: its alarms, and the files and hashes of whichever node answers. */
import { EMPTY } from '../core/bytes.ts'
import {
  AlarmAction,
  type AlarmMember,
  AlarmType,
  readAlarmResponse,
  writeAlarmRequest,
} from '../wire/etcd/alarm.ts'
import { type HashKvResponse, readHashKvResponse, writeHashKvRequest } from '../wire/etcd/maintenance.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import type { RequestOptions } from './failover.ts'
import type { Requests } from './requests.ts'

export type { AlarmMember }

/** Long enough for the files of a large store to be merged, if nothing else is said. */
const DEFRAGMENT_MS = 600_000

export class MaintenanceClient {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** What is wrong with which member; empty if nothing is. */
  async alarms(options: RequestOptions = {}): Promise<readonly AlarmMember[]> {
    const request = { action: AlarmAction.get, memberId: 0n, alarm: AlarmType.none }
    return this.#alarm(encode(request, writeAlarmRequest), { ...options, isRead: true })
  }

  /** Lifts an alarm, whoever raised it; if its reason is still there, its member raises it again. */
  disarm(alarm: AlarmMember, options: RequestOptions = {}): Promise<readonly AlarmMember[]> {
    return this.#alarm(encode({ action: AlarmAction.deactivate, ...alarm }, writeAlarmRequest), options)
  }

  /** Of a client of one endpoint: merges the files of that node's store while it serves; returns when it is done. */
  async defragment({ timeoutMs = DEFRAGMENT_MS, ...options }: RequestOptions = {}): Promise<void> {
    await this.#requests.ask('Maintenance/Defragment', EMPTY, () => EMPTY, { ...options, timeoutMs })
  }

  /** Of a client of one endpoint: what the history of that node up to a revision hashes to (0: the newest). */
  hashKv(revision = 0, options: RequestOptions = {}): Promise<HashKvResponse> {
    const message = encode({ revision }, writeHashKvRequest)
    return this.#requests.ask('Maintenance/HashKV', message, readHashKvResponse, { ...options, isRead: true })
  }

  async #alarm(message: Uint8Array, options: RequestOptions & { isRead?: boolean }) {
    const { alarms } = await this.#requests.ask('Maintenance/Alarm', message, readAlarmResponse, options)
    return alarms
  }
}
