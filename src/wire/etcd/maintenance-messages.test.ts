/** Messages of the Maintenance service against the oracle, but for Status, HashKV and Snapshot. */
import fc from 'fast-check'
import {
  type AlarmMember,
  readAlarmRequest,
  readAlarmResponse,
  writeAlarmRequest,
  writeAlarmResponse,
} from './alarm.ts'
import {
  readDowngradeRequest,
  readDowngradeResponse,
  writeDowngradeRequest,
  writeDowngradeResponse,
} from './downgrade.ts'
import { readHashResponse, writeHashResponse } from './hash.ts'
import { conform, messageCase, parts } from './message-case.conformance.ts'
import { header, headerInit, text, uint64 } from './random-messages.conformance.ts'

const alarmMember: fc.Arbitrary<AlarmMember> = fc.record({ memberId: uint64, alarm: fc.nat(2) })
const alarmInit = ({ memberId, alarm }: AlarmMember) => ({ memberID: memberId, alarm })

conform([
  messageCase({
    name: 'AlarmRequest',
    arbitrary: fc.record({ action: fc.nat(2), memberId: uint64, alarm: fc.nat(2) }),
    init: ({ action, memberId, alarm }) => ({ action, memberID: memberId, alarm }),
    write: writeAlarmRequest,
    read: from => readAlarmRequest(from),
  }),
  messageCase({
    name: 'AlarmResponse',
    arbitrary: fc.record({ header, alarms: fc.array(alarmMember, { maxLength: 4 }) }),
    init: ({ header, alarms }) => ({ header: headerInit(header), alarms: alarms.map(alarmInit) }),
    write: (to, { header, alarms }) => writeAlarmResponse(to, parts(header), alarms),
    read: from => {
      const { header, alarms } = readAlarmResponse(from)
      return { header, alarms: [...alarms] }
    },
  }),
  messageCase({
    name: 'DowngradeRequest',
    arbitrary: fc.record({ action: fc.nat(2), version: text }),
    init: request => request,
    write: writeDowngradeRequest,
    read: from => readDowngradeRequest(from),
  }),
  messageCase({
    name: 'DowngradeResponse',
    arbitrary: fc.record({ header, version: text }),
    init: ({ header, version }) => ({ header: headerInit(header), version }),
    write: (to, { header, version }) => writeDowngradeResponse(to, parts(header), version),
    read: from => readDowngradeResponse(from),
  }),
  messageCase({
    name: 'HashResponse',
    arbitrary: fc.record({ header, hash: fc.nat(2 ** 32 - 1) }),
    init: ({ header, hash }) => ({ header: headerInit(header), hash }),
    write: (to, { header, hash }) => writeHashResponse(to, parts(header), hash),
    read: from => readHashResponse(from),
  }),
])
