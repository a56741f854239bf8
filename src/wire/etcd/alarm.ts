/** Messages of Maintenance/Alarm: what is wrong with which member, and its being raised and lifted. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export const AlarmAction = { get: 0, activate: 1, deactivate: 2 } as const
export const AlarmType = { none: 0, noSpace: 1, corrupt: 2 } as const

export interface AlarmMember {
  readonly memberId: bigint
  readonly alarm: number
}

export interface AlarmRequest extends AlarmMember {
  readonly action: number
}

export interface AlarmResponse {
  readonly header: ResponseHeader
  readonly alarms: readonly AlarmMember[]
}

export function readAlarmRequest(
  from: ProtobufReader,
  before: AlarmRequest = { action: 0, memberId: 0n, alarm: 0 },
): AlarmRequest {
  let { action, memberId, alarm } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) action = from.enumeration()
    else if (tag === varintTag(2)) memberId = from.uint64big()
    else if (tag === varintTag(3)) alarm = from.enumeration()
    else from.skip(tag)
  }
  return { action, memberId, alarm }
}

export function writeAlarmRequest(to: ProtobufWriter, { action, memberId, alarm }: AlarmRequest): void {
  to.enumeration(1, action)
  to.int64big(2, memberId)
  to.enumeration(3, alarm)
}

export function writeAlarmResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  alarms: readonly AlarmMember[],
): void {
  writeHeader(to, header)
  for (const { memberId, alarm } of alarms) {
    const start = to.begin(2)
    to.int64big(1, memberId)
    to.enumeration(2, alarm)
    to.end(start)
  }
}

export function readAlarmResponse(
  from: ProtobufReader,
  before: AlarmResponse = { header: NO_HEADER, alarms: [] },
): AlarmResponse {
  let { header } = before
  const alarms = [...before.alarms]
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) alarms.push(from.message(readAlarmMember))
    else from.skip(tag)
  }
  return { header, alarms }
}

function readAlarmMember(from: ProtobufReader): AlarmMember {
  let memberId = 0n
  let alarm = 0
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) memberId = from.uint64big()
    else if (tag === varintTag(2)) alarm = from.enumeration()
    else from.skip(tag)
  }
  return { memberId, alarm }
}

/** As etcd prints it, down to the space at its end: tools look for it in a member's status. */
export function alarmText({ memberId, alarm }: AlarmMember): string {
  return `memberID:${memberId} alarm:${alarmName(alarm)} `
}

export function alarmName(alarm: number): string {
  const names: Readonly<Record<number, string>> = { 0: 'NONE', 1: 'NOSPACE', 2: 'CORRUPT' }
  return names[alarm] ?? String(alarm)
}
